"""A real Redis in a folder of its own, on a unix socket and a loopback port, that can be killed, emptied and made to lose the
tail of its append-only file."""
import os
import subprocess

import redis

from processes import Process, free_port
from waiting import wait_until


class Redis:
    def __init__(self, folder, **options):
        """folder: short, a unix socket's path has at most 107 bytes. options: further settings, `_` for `-`."""
        self.folder = folder
        self.log_path = os.path.join(folder, "redis.log")
        self.port = free_port()
        self.socket_path = os.path.join(folder, "redis.sock")
        self.url = f"redis://127.0.0.1:{self.port}"
        self.unix_url = f"unix://{self.socket_path}"
        self.client = redis.Redis(unix_socket_path=self.socket_path)
        self._process = None
        settings = {
            "dir": folder, "bind": "127.0.0.1", "port": self.port, "unixsocket": self.socket_path, "save": '""',
            "appendonly": "yes", "appendfsync": "everysec", "aof-load-truncated": "no", "auto-aof-rewrite-percentage": 0,
            "maxmemory-policy": "noeviction", **{name.replace("_", "-"): value for name, value in options.items()},
        }
        with open(os.path.join(folder, "redis.conf"), "w") as file:
            file.writelines(f"{name} {value}\n" for name, value in settings.items())

    def start(self, limit_s=30):
        assert not self.running
        self._process = Process(["redis-server", os.path.join(self.folder, "redis.conf")], self.log_path)
        wait_until(self._answers, limit_s, f"Redis to answer; its log is {self.log_path}")

    def _answers(self):
        assert self.running, f"Redis has ended:\n{self._process.log_tail()}"
        try:
            return self.client.ping()
        except redis.exceptions.RedisError:  # not listening yet, or loading
            return False

    @property
    def pid(self):
        return self._process.pid

    @property
    def running(self):
        return self._process is not None and self._process.running

    def stop(self):
        """SIGTERM: it saves what it has and ends."""
        if self.running:
            self._process.terminate()

    def kill(self):
        if self.running:
            self._process.kill()

    def pause(self):
        self._process.pause()

    def resume(self):
        self._process.resume()

    def empty(self):
        """All keys gone, the server stays: what FLUSHALL by mistake does."""
        self.client.flushall()

    def replace_by_empty(self):
        """Another, empty server at the same address."""
        self.kill()
        for path in self._aof_files():
            os.unlink(path)
        self.start()

    def _aof_files(self):
        folder = os.path.join(self.folder, "appendonlydir")
        return [os.path.join(folder, name) for name in os.listdir(folder)]

    def _aof_tail(self):
        return max((path for path in self._aof_files() if ".incr." in path), key=lambda path: int(path.split(".")[-3]))

    def aof_position(self):
        """The present end of the append-only file, once every write that has been answered is in it (with everysec, a write may
        wait for the fsync of an earlier one)."""
        wait_until(lambda: self.client.info("persistence")["aof_buffer_length"] == 0, 10, "Redis to write its AOF", every_s=0.001)
        return os.path.getsize(self._aof_tail())

    def cut_aof(self, to=None, by=None):
        """Kill -9, cut the append-only file to a position (of aof_position) or by a number of bytes, mend it as operators do
        (redis-check-aof --fix: back to the last whole command or MULTI/EXEC), start again. Returns how many bytes are gone; what
        Redis itself had not written yet is gone as well."""
        assert (to is None) != (by is None)
        self.kill()
        tail = self._aof_tail()
        before = os.path.getsize(tail)
        after = to if to is not None else before - by
        assert 0 <= after <= before
        os.truncate(tail, after)
        subprocess.run(["redis-check-aof", "--fix", tail], input=b"y\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
        mended = os.path.getsize(tail)
        self.start()
        return before - mended
