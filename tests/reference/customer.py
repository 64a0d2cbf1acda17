"""One customer's state and the step of design, section 3."""
import copy
from dataclasses import dataclass
from urllib.parse import quote

from .ledger import APPLIED, BAD, DUPLICATE, Ledger, fnv1a64
from .model import HORIZON_MS, Model
from .order import format_time


@dataclass(frozen=True)
class InForce:
    """A model and the control record that put it in force."""
    model: Model
    n: int = 0                    # offset of the control record
    t: int | None = None          # the time reached that it carries


@dataclass(frozen=True)
class Source:
    """Where an order record came from."""
    feed: str
    topic: str
    partition: int
    offset: int


class Membership:
    """The customer's place in one scheme."""

    def __init__(self, scheme):
        self.scheme = scheme
        self.index = None         # None: not in any segment
        self.segment = None       # its id; kept when the model that knew it is gone
        self.since = None
        self.margin = None
        self.coming_from = None   # what an import says of somebody who is in no segment
        self.forget()

    def present(self):
        known = self.index is None and self.coming_from in self.scheme.ids
        return self.scheme.ids.index(self.coming_from) if known else self.index

    def forget(self):
        """The ledger, the model or the segment changed: nothing is known of the future."""
        self.due = None           # known first change
        self.clear_until = None   # known: no change up to here

    def next_change(self, totals, as_of, until):
        """First change in (as_of, until], or None."""
        if self.index is None:
            return None
        if self.due is None:
            start = as_of if self.clear_until is None else max(as_of, self.clear_until)
            if start < until:
                self.due = self.scheme.first_change(totals, self.index, start, until)
                if self.due is None:
                    self.clear_until = until
        return self.due if self.due is not None and self.due <= until else None


class Customer:
    def __init__(self, customer_id, ring=32):
        self.id = customer_id
        self.ledger = Ledger(ring)
        self.totals = self.ledger.totals()
        self.as_of = None
        self.imported_until = self.erased_at = None   # order records that occurred by then are turned away
        self.sequence = 0
        self.in_force = None      # with which the state was evaluated
        self.members = {}         # scheme name -> Membership, in the model's order
        self.events = []          # of the step under way

    # --- the ways in ---

    def step(self, order, source, watermark, in_force):
        """An order record. `watermark`: W, None if nothing came before. -> (verdict, reason, events)"""
        verdict, reason = self._judge(order)
        if verdict != APPLIED:
            return verdict, reason, []
        now = max(t for t in (order.occurred_at, self.as_of, watermark) if t is not None)
        self._meet(in_force)
        self._live(now)
        self.ledger.apply(order)
        self.totals = self.ledger.totals()
        self.as_of = now
        for member in self.members.values():
            member.forget()
        self._evaluate_all(now, order.kind, f"order/{source.topic}/{source.partition}/{source.offset}",
                           {"order_id": order.order_id, "feed": source.feed, "topic": source.topic,
                            "partition": source.partition, "offset": source.offset})
        return verdict, reason, self._take()

    def live_until(self, up_to, in_force):
        """A tick reached this customer: the model, then the transitions due up to `up_to`. -> events"""
        self._meet(in_force)
        self._live(up_to)
        return self._take()

    def take(self, told, until, time, publish, in_force, offset, came_to=None):
        """An import: the ledger is what was told, up to `until`, and by it they came to these segments. -> events"""
        if self._is_past(until):
            return []
        past = self.ledger
        self.ledger = copy.deepcopy(past)
        if not self.ledger.take(told, until, self.erased_at):
            self.ledger = past
            return []
        now = max(t for t in (until, time) if t is not None)
        self._meet(in_force)
        self._live(now)
        before = self.sequence, len(self.events)
        self.imported_until = until
        for name, segment in (came_to or {}).items():
            if name in self.members and self.members[name].index is None:
                self.members[name].coming_from = segment
        self._evaluate_anew(max(t for t in (now, self.as_of) if t is not None), "IMPORT", offset)
        for member in self.members.values():
            member.coming_from = None
        if not publish:
            self.sequence = before[0]
            del self.events[before[1]:]
        return self._take()

    def erase(self, at, in_force, offset):
        """All that occurred by then is forgotten. -> events"""
        if self.erased_at is not None and at <= self.erased_at:
            return []
        self._meet(in_force)
        self._live(at)
        self.ledger.forget(at)
        self.erased_at = at
        if self.imported_until is not None and self.imported_until <= at:
            self.imported_until = None
        self._evaluate_anew(max(t for t in (at, self.as_of) if t is not None), "ERASE", offset)
        return self._take()

    def is_tombstone(self):
        return self.erased_at is not None and self.ledger.empty

    def meet(self, in_force):
        """Re-evaluation alone. -> events"""
        self._meet(in_force)
        return self._take()

    # --- what can be asked ---

    def due(self):
        """The first instant at which any scheme's answer changes; None: never, or in no segment."""
        return min((t for t in self.next_changes().values() if t is not None), default=None)

    def next_changes(self):
        """Scheme -> the first instant at which its answer changes; None: never, or in no segment."""
        return {name: None if self.as_of is None else m.next_change(self.totals, self.as_of, self.as_of + HORIZON_MS)
                for name, m in self.members.items()}

    def state(self):
        t = self.totals
        return {"orders_online": t.n_online, "orders_offline": t.n_offline,
                "value_online_minor": t.v_online, "value_offline_minor": t.v_offline,
                "first_online": t.first_online, "last_online": t.last_online,
                "first_offline": t.first_offline, "last_offline": t.last_offline,
                "segments": {name: m.segment for name, m in self.members.items()},
                "since": {name: m.since for name, m in self.members.items()},
                "margins": {name: self._margin(m) for name, m in self.members.items()},
                "sequence": self.sequence, "as_of": self.as_of,
                "ring": len(self.ledger.ring), "waiting": len(self.ledger.waiting), "fallen": self.ledger.fallen}

    def _margin(self, member):
        """As of `as_of`, also where it was another scheme that was evaluated then."""
        return None if member.index is None else member.scheme.answer(self.totals, self.as_of, member.index).margin

    # --- the parts of a step ---

    def _is_past(self, at):
        return any(until is not None and at <= until for until in (self.imported_until, self.erased_at))

    def _judge(self, order):
        if self._is_past(order.occurred_at):
            return DUPLICATE, None
        if self.erased_at is not None and order.kind != "ORDER":
            h = fnv1a64(order.order_id.encode())
            if self.ledger.find(h) is None and h not in self.ledger.waiting:
                return BAD, "order not in the ledger"      # it may be one that was erased
        return self.ledger.judge(order)

    def _evaluate_anew(self, now, cause, offset):
        self.totals = self.ledger.totals()
        self.as_of = now
        for member in self.members.values():
            member.forget()
        self._evaluate_all(now, cause, f"control/{offset}/{quote(self.id, safe='')}", None)

    def _take(self):
        events, self.events = self.events, []
        return events

    def _meet(self, in_force):
        """First, another model: evaluated under it at max(as_of, T), cause MODEL."""
        if self.in_force is not None and self.in_force.n == in_force.n:
            return
        first = self.in_force is None
        self.in_force = in_force
        old = self.members
        self.members = {scheme.name: Membership(scheme) for scheme in in_force.model.schemes}
        for name, member in self.members.items():
            if name in old:
                member.segment, member.since = old[name].segment, old[name].since
                if member.segment in member.scheme.ids:
                    member.index = member.scheme.ids.index(member.segment)
        if first:
            return
        self.as_of = max(t for t in (self.as_of, in_force.t) if t is not None)
        event_id = f"model/{in_force.n}/{quote(self.id, safe='')}"
        for name, member in old.items():          # schemes that are gone, before those that have come
            if name not in self.members and member.segment is not None:
                self._move(member, None, self.as_of, "MODEL", event_id, None)
        self._evaluate_all(self.as_of, "MODEL", event_id, None)

    def _live(self, up_to):
        """Then time transitions due in (as_of, up_to], each at its own due time, ascending."""
        if self.totals.n == 0:
            return
        while True:
            due = {name: m.next_change(self.totals, self.as_of, up_to) for name, m in self.members.items()}
            times = [t for t in due.values() if t is not None]
            if not times:
                return
            self.as_of = min(times)
            for name, member in self.members.items():
                if due[name] == self.as_of:
                    to = member.scheme.assign(self.totals, self.as_of, member.index)
                    self._move(member, to, self.as_of, "TIME",
                               f"time/{quote(self.id, safe='')}/{self.as_of}", None)

    def _evaluate_all(self, now, cause, event_id, order):
        for member in self.members.values():
            to = None
            if self.totals.n:
                to = member.scheme.assign(self.totals, now, member.present())
            target = None if to is None else member.scheme.ids[to]
            if target != member.segment:
                self._move(member, to, now, cause, event_id, order)
            elif to is not None:
                member.index = to
                member.margin = member.scheme.answer(self.totals, now, to).margin

    def _move(self, member, to, at, cause, event_id, order):
        """The transition: the state's and the event's side of it."""
        scheme, ids = member.scheme, member.scheme.ids
        from_segment, previous_since = member.segment, member.since
        member.forget()
        member.index = to
        member.segment = None if to is None else ids[to]
        member.since = None if to is None else at
        member.margin, features, runner_up, change, following = None, {}, None, None, None
        if to is not None:
            answer = scheme.answer(self.totals, at, to)
            member.margin, features = answer.margin, answer.features
            runner_up = None if answer.runner_up is None else ids[answer.runner_up]
            change = member.next_change(self.totals, at, at + HORIZON_MS)
            if change is not None:
                following = ids[scheme.assign(self.totals, change, to)]
            if type(scheme).__name__ == "Rfm":
                runner_up = following
        self.sequence += 1
        model = self.in_force.model
        self.events.append({
            "event_id": f"{event_id}/{scheme.name}", "customer_id": self.id, "scheme": scheme.name,
            "from_segment": from_segment, "to_segment": member.segment, "cause": cause,
            "occurred_at": format_time(at), "sequence": self.sequence,
            "model": {"name": model.name, "version": model.version}, "order": order,
            "previous_since": format_time(previous_since), "features": features,
            "margin": member.margin, "runner_up": runner_up,
            "next_change_at": format_time(change), "next_segment": following,
            "campaigns": [], "eligible": True, "holdout": False})
