"""The packed state of a customer (docs/formats.md, "State record"), read and written: so that tests can plant what obek never writes."""
import struct

FLAGS = {"as_of": 1, "due": 2, "base": 4, "imported_until": 8, "erased_at": 16}
VOIDED, OFFLINE, WHOLE, RETURNS, CATEGORIES_SHIFT = 1, 2, 4, 8, 4
SIDES = ("online", "offline")


class Reader:
    def __init__(self, data):
        self.data, self.at, self.names, self.codes = data, 0, [], []

    def take(self, n):
        self.at += n
        assert self.at <= len(self.data)
        return self.data[self.at - n:self.at]

    def byte(self):
        return self.take(1)[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def zigzag(self):
        value = self.varint()
        return value >> 1 if value & 1 == 0 else -(value >> 1) - 1

    def name(self):
        reference = self.byte()
        if reference == len(self.names) + 1:
            self.names.append(self.take(self.byte()).decode())
        return self.names[reference - 1] if reference else None

    def code(self):
        reference = self.varint()
        if reference == len(self.codes) + 1:
            self.codes.append(int.from_bytes(self.take(4), "little"))
        return self.codes[reference - 1]

    def side(self, epoch):
        side = {"orders": self.varint()}
        if side["orders"]:
            side["value"] = self.varint()
            side["last_at"] = epoch - self.zigzag()
            side["first_at"] = side["last_at"] - self.varint()
        return side

    def entry(self, before, epoch, waiting=False):
        entry = {"hash": self.take(8), "flags": self.byte()}
        if not waiting:
            entry["time"] = epoch - self.zigzag() if before is None else before["time"] + self.varint()
            entry["amount"] = self.varint()
        if entry["flags"] & RETURNS:
            entry["returns"] = [self.take(8) for _ in range(self.byte())]
            entry["returned"] = self.varint()
        entry["categories"] = [self.code() for _ in range(entry["flags"] >> CATEGORIES_SHIFT)]
        return entry


def decode(data):
    r = Reader(data)
    state = {"revision": r.take(8), "version": r.byte()}
    flags = r.byte()
    state["sequence"], state["model"] = r.varint(), r.zigzag()
    epoch = state["as_of"] = r.zigzag() if flags & FLAGS["as_of"] else None
    epoch = epoch or 0
    state["due"] = epoch + r.varint() if flags & FLAGS["due"] else None
    for name in ("imported_until", "erased_at"):
        state[name] = epoch - r.zigzag() if flags & FLAGS[name] else None
    state["schemes"] = [{"scheme": r.name(), "segment": r.name(), "since": epoch - r.zigzag(), "margin": struct.unpack("<d", r.take(8))[0]}
                        for _ in range(r.byte())]
    state["history"], before = [], epoch
    for _ in range(r.byte()):
        past = {"scheme": r.name(), "from": r.name(), "to": r.name(), "cause": r.byte()}
        before = past["occurred_at"] = before + r.zigzag()
        state["history"].append(past)
    state["base"] = None
    if flags & FLAGS["base"]:
        state["base"] = {"fallen": r.varint(), **{side: r.side(epoch) for side in SIDES}}
        state["base"]["categories"] = [(r.code(), epoch - r.zigzag()) for _ in range(r.byte())]
    state["orders"] = []
    for _ in range(r.varint()):
        state["orders"].append(r.entry(state["orders"][-1] if state["orders"] else None, epoch))
    state["waiting"] = [r.entry(None, epoch, waiting=True) for _ in range(r.byte())]
    assert r.at == len(data)
    return state


class Writer:
    def __init__(self):
        self.data, self.names, self.codes = bytearray(), [], []

    def byte(self, value):
        self.data.append(value)

    def varint(self, value):
        assert value >= 0
        while value >= 0x80:
            self.byte(value & 0x7F | 0x80)
            value >>= 7
        self.byte(value)

    def zigzag(self, value):
        self.varint(value << 1 if value >= 0 else (-value << 1) - 1)

    def name(self, name):
        if name is None:
            return self.byte(0)
        new = name not in self.names
        self.names += [name] if new else []
        self.byte(self.names.index(name) + 1)
        if new:
            self.byte(len(name.encode()))
            self.data += name.encode()

    def code(self, code):
        new = code not in self.codes
        self.codes += [code] if new else []
        self.varint(self.codes.index(code) + 1)
        if new:
            self.data += code.to_bytes(4, "little")

    def side(self, side, epoch):
        self.varint(side["orders"])
        if side["orders"]:
            self.varint(side["value"])
            self.zigzag(epoch - side["last_at"])
            self.varint(side["last_at"] - side["first_at"])

    def entry(self, entry, before, epoch):
        self.data += entry["hash"]
        self.byte(entry["flags"])
        if "time" in entry:
            self.zigzag(epoch - entry["time"]) if before is None else self.varint(entry["time"] - before["time"])
            self.varint(entry["amount"])
        if entry["flags"] & RETURNS:
            self.byte(len(entry["returns"]))
            self.data += b"".join(entry["returns"])
            self.varint(entry["returned"])
        for code in entry["categories"]:
            self.code(code)


def encode(state):
    w = Writer()
    epoch = state["as_of"] or 0
    w.data += state["revision"]
    w.byte(state["version"])
    w.byte(sum(bit for name, bit in FLAGS.items() if state[name] is not None))
    w.varint(state["sequence"])
    w.zigzag(state["model"])
    if state["as_of"] is not None:
        w.zigzag(state["as_of"])
    if state["due"] is not None:
        w.varint(state["due"] - epoch)
    for name in ("imported_until", "erased_at"):
        if state[name] is not None:
            w.zigzag(epoch - state[name])
    w.byte(len(state["schemes"]))
    for scheme in state["schemes"]:
        w.name(scheme["scheme"])
        w.name(scheme["segment"])
        w.zigzag(epoch - scheme["since"])
        w.data += struct.pack("<d", scheme["margin"])
    w.byte(len(state["history"]))
    before = epoch
    for past in state["history"]:
        for name in ("scheme", "from", "to"):
            w.name(past[name])
        w.byte(past["cause"])
        w.zigzag(past["occurred_at"] - before)
        before = past["occurred_at"]
    if state["base"] is not None:
        w.varint(state["base"]["fallen"])
        for side in SIDES:
            w.side(state["base"][side], epoch)
        w.byte(len(state["base"]["categories"]))
        for code, last_at in state["base"]["categories"]:
            w.code(code)
            w.zigzag(epoch - last_at)
    w.varint(len(state["orders"]))
    for i, entry in enumerate(state["orders"]):
        w.entry(entry, state["orders"][i - 1] if i else None, epoch)
    w.byte(len(state["waiting"]))
    for entry in state["waiting"]:
        w.entry(entry, None, epoch)
    return bytes(w.data)
