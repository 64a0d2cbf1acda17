"""The ledger: a ring of the newest K orders, a base of what fell out, placeholders that wait (design, section 3)."""
import bisect
from dataclasses import dataclass, field, replace

PLACEHOLDERS_MAX = 8
RETURNS_MAX = 8
WHOLE = 1 << 200                  # the sum of waiting returns when one of them took everything
VALUE_MAX = (1 << 63) - 1

APPLIED, DUPLICATE, BAD = "applied", "duplicate", "bad"


def fnv1a64(data):
    h = 0xcbf29ce484222325
    for byte in data:
        h = ((h ^ byte) * 0x100000001b3) & 0xffffffffffffffff
    return h


@dataclass
class Entry:
    """An order in the ring, live or voided."""
    time: int
    id_hash: int
    amount: int
    offline: bool
    categories: tuple = ()
    returned: int = 0             # <= amount
    returns: frozenset = frozenset()
    voided: bool = False

    @property
    def key(self):
        return (self.time, self.id_hash)


@dataclass
class Placeholder:
    """A cancellation or returns that came before their order."""
    returned: int = 0
    returns: frozenset = frozenset()
    voided: bool = False


@dataclass
class Totals:
    """What the features are functions of. Times are None without such an order."""
    n_online: int = 0
    n_offline: int = 0
    v_online: int = 0             # minor units, net of returns
    v_offline: int = 0
    first_online: int | None = None
    last_online: int | None = None
    first_offline: int | None = None
    last_offline: int | None = None

    @property
    def n(self):
        return self.n_online + self.n_offline

    @property
    def value(self):
        return self.v_online + self.v_offline

    @property
    def first(self):
        return min((t for t in (self.first_online, self.first_offline) if t is not None), default=None)

    @property
    def last(self):
        return max((t for t in (self.last_online, self.last_offline) if t is not None), default=None)

    def add(self, entry):
        if entry.voided:
            return
        if entry.offline:
            self.n_offline += 1
            self.v_offline += entry.amount - entry.returned
            self.first_offline = least(self.first_offline, entry.time)
            self.last_offline = greatest(self.last_offline, entry.time)
        else:
            self.n_online += 1
            self.v_online += entry.amount - entry.returned
            self.first_online = least(self.first_online, entry.time)
            self.last_online = greatest(self.last_online, entry.time)


def least(a, b):
    return b if a is None or b < a else a


def greatest(a, b):
    return b if a is None or b > a else a


@dataclass
class Ledger:
    size: int = 32
    base: Totals = field(default_factory=Totals)
    base_categories: dict = field(default_factory=dict)   # category -> last time, of orders fallen out
    fallen: bool = False                                  # anything, voided included, has fallen out
    ring: list = field(default_factory=list)              # by (time, id hash), ascending
    waiting: dict = field(default_factory=dict)           # id hash -> Placeholder

    def totals(self):
        totals = replace(self.base)
        for entry in self.ring:
            totals.add(entry)
        return totals

    def find(self, id_hash):
        for entry in self.ring:
            if entry.id_hash == id_hash:
                return entry
        return None

    def judge(self, order):
        """(APPLIED | DUPLICATE | BAD, reason): what `apply` would do. Changes nothing."""
        h = fnv1a64(order.order_id.encode())
        entry = self.find(h)
        if order.kind == "ORDER":
            if entry:
                return DUPLICATE, None
            waiting = self.waiting.get(h, Placeholder())
            net = 0 if waiting.voided else order.amount - min(order.amount, waiting.returned)
            if self.totals().value + net > VALUE_MAX:
                return BAD, "value out of range"
            return APPLIED, None
        known = entry or self.waiting.get(h)
        if known is None:
            if self.fallen:
                return BAD, "order not in the ledger"
            if len(self.waiting) >= PLACEHOLDERS_MAX:
                return BAD, "too many records wait for their orders"
            return APPLIED, None
        if order.kind == "CANCELLATION":
            return (DUPLICATE, None) if known.voided else (APPLIED, None)
        if order.return_key in known.returns:
            return DUPLICATE, None
        if len(known.returns) >= RETURNS_MAX:
            return BAD, "too many returns of one order"
        return APPLIED, None

    def apply(self, order):
        """Takes an order that `judge` called applied."""
        h = fnv1a64(order.order_id.encode())
        if order.kind == "ORDER":
            waiting = self.waiting.pop(h, Placeholder())
            self._insert(Entry(order.occurred_at, h, order.amount, order.offline, order.categories,
                               min(order.amount, waiting.returned), waiting.returns, waiting.voided))
            return
        entry = self.find(h)
        known = entry or self.waiting.setdefault(h, Placeholder())
        if order.kind == "CANCELLATION":
            known.voided = True
            return
        limit = entry.amount if entry else WHOLE
        back = limit if order.amount is None else order.amount
        known.returned = min(limit, known.returned + back)
        known.returns = known.returns | {order.return_key}

    def take(self, told, until, erased_at=None):
        """An import: up to `until` the ledger is what was told, and nothing that was erased comes back. False: what should give way,
        or stay out, is summed up in a base with what should not."""
        if self.base.last is not None and self.base.last > until:
            return False
        if None not in (erased_at, told.base.first) and told.base.first <= erased_at:
            return False
        entries = [replace(entry) for entry in told.ring if erased_at is None or entry.time > erased_at]
        for entry in entries:
            waiting = self.waiting.pop(entry.id_hash, Placeholder())
            entry.voided |= waiting.voided
            if not entry.returns & waiting.returns and len(entry.returns | waiting.returns) <= RETURNS_MAX:
                entry.returned = min(entry.amount, entry.returned + waiting.returned)
                entry.returns |= waiting.returns
        known = {entry.id_hash for entry in entries}
        later = [entry for entry in self.ring if entry.time > until and entry.id_hash not in known]
        self.base, self.base_categories, self.fallen, self.ring = replace(told.base), dict(told.base_categories), told.fallen, []
        for entry in entries + later:
            self._insert(entry)
        return True

    def forget(self, at):
        """An erasure: of all there is, only orders of the ring that occurred later stay."""
        self.base, self.base_categories, self.fallen, self.waiting = Totals(), {}, False, {}
        self.ring = [entry for entry in self.ring if entry.time > at]

    @property
    def empty(self):
        return not (self.ring or self.waiting or self.fallen)

    def _insert(self, entry):
        bisect.insort(self.ring, entry, key=lambda e: e.key)
        if len(self.ring) <= self.size:
            return
        oldest = self.ring.pop(0)
        self.fallen = True
        self.base.add(oldest)
        if not oldest.voided:
            for category in oldest.categories:
                self.base_categories[category] = greatest(self.base_categories.get(category), oldest.time)
