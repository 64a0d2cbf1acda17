"""A proxy in front of Redis that counts commands and answers (RESP2, RESP3) and cuts the connection at a chosen place: in the middle of
a request, or when Redis has carried out a command whose answer is still to come."""
import os
import socket
import threading

from processes import free_port


class RespReader:
    """Splits a stream of bytes into whole RESP2 or RESP3 values."""

    def __init__(self):
        self._bytes = bytearray()

    def feed(self, data):
        """The values that are complete now, each with its own bytes."""
        self._bytes += data
        values = []
        while (end := self._value_end(0)) is not None:
            values.append(bytes(self._bytes[:end]))
            del self._bytes[:end]
        return values

    def _value_end(self, start):
        newline = self._bytes.find(b"\r\n", start)
        if newline < 0:
            return None
        kind, end = self._bytes[start:start + 1], newline + 2
        if kind in (b"$", b"=", b"!"):
            length = int(self._bytes[start + 1:newline])
            end += length + 2 if length >= 0 else 0
            return end if end <= len(self._bytes) else None
        if kind in (b"*", b"~", b">", b"%"):
            length = max(0, int(self._bytes[start + 1:newline])) * (2 if kind == b"%" else 1)
            for _ in range(length):
                end = self._value_end(end)
                if end is None:
                    return None
        return end


class Cut:
    """One cut that is still to come; `done` is set once it has happened."""

    def __init__(self, where, match, occurrence, request_bytes):
        self.where = where
        self.match = match
        self.left = occurrence
        self.request_bytes = request_bytes
        self.done = threading.Event()

    def hit(self, request):
        if self.done.is_set() or self.match not in request.upper():
            return False
        self.left -= 1
        return self.left == 0


class Proxy:
    """Forwards connections on `url` (TCP) and `unix_url` to a Redis's unix socket."""

    def __init__(self, folder, upstream):
        self.port = free_port()
        self.socket_path = os.path.join(folder, "proxy.sock")
        self.url = f"redis://127.0.0.1:{self.port}"
        self.unix_url = f"unix://{self.socket_path}"
        self.connections_made = 0
        self._upstream = upstream
        self._lock = threading.Lock()
        self._open = set()
        self._cut = None
        self._refusing = False
        self._listeners = [self._listen(socket.AF_INET, ("127.0.0.1", self.port)), self._listen(socket.AF_UNIX, self.socket_path)]

    def cut(self, where, match=b"EVALSHA", occurrence=1, request_bytes=16):
        """Cuts at the occurrence-th command from now on that contains `match` (upper case). where:
        "before_request": Redis never sees it; "mid_request": Redis gets its first request_bytes bytes;
        "before_answer": Redis has carried it out, earlier answers have been passed on, this one is not. Returns the Cut."""
        assert where in ("before_request", "mid_request", "before_answer")
        self._cut = Cut(where, match, occurrence, request_bytes)
        return self._cut

    def cut_now(self):
        """Cuts all connections."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            connection.close()

    def refuse(self, refusing=True):
        """New connections are closed at once (and the present ones cut) until refuse(False)."""
        self._refusing = refusing
        if refusing:
            self.cut_now()

    def close(self):
        self.refuse()
        for listener in self._listeners:
            _shut(listener)

    def _listen(self, family, address):
        listener = socket.socket(family)
        if family == socket.AF_INET:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(64)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # closed
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                if self._refusing:
                    raise ConnectionRefusedError
                server.connect(self._upstream)
            except OSError:  # Redis is down: as if there were nobody here
                _shut(client)
                _shut(server)
                continue
            self.connections_made += 1
            connection = _Connection(self, client, server)
            with self._lock:
                self._open.add(connection)
            connection.start()

    def _closed(self, connection):
        with self._lock:
            self._open.discard(connection)

    def _hit(self, request):
        with self._lock:
            cut = self._cut
            return cut if cut is not None and cut.hit(request) else None


class _Connection:
    def __init__(self, proxy, client, server):
        self._proxy = proxy
        self._client = client
        self._server = server
        self._requests = RespReader()
        self._answers = RespReader()
        self._sent = 0        # commands that Redis was given
        self._answered = 0    # answers that came back
        self._last = None     # (number of the command whose answer is withheld, its Cut)

    def start(self):
        for work in (self._forward_requests, self._forward_answers):
            threading.Thread(target=self._guarded, args=(work,), daemon=True).start()

    def close(self):
        self._proxy._closed(self)
        _shut(self._client)
        _shut(self._server)

    def _guarded(self, work):
        try:
            work()
        except OSError:  # the other side has gone
            pass
        finally:
            self.close()

    def _forward_requests(self):
        while data := self._client.recv(65536):
            for request in self._requests.feed(data):
                cut = self._proxy._hit(request)
                if cut is None:
                    self._sent += 1
                    self._server.sendall(request)
                elif cut.where == "before_answer":
                    self._last = (self._sent + 1, cut)
                    self._sent += 1
                    self._server.sendall(request)
                    cut.done.wait()
                    return
                else:
                    if cut.where == "mid_request":
                        self._server.sendall(request[:cut.request_bytes])
                    cut.done.set()
                    return

    def _forward_answers(self):
        while data := self._server.recv(65536):
            for answer in self._answers.feed(data):
                self._answered += not answer.startswith(b">")  # a push answers nothing
                if self._last is not None and self._answered == self._last[0]:
                    self._last[1].done.set()
                    return
                self._client.sendall(answer)


def _shut(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # not connected any more
        pass
    connection.close()
