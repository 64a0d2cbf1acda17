"""Histories in which models came into force while orders were being read. Control topic and orders are read side by side, so where
between a customer's orders a model came is chance; but there is one such place, the same for all that befell the customer, and
everything else follows from it: the ticks before the model, the model (whoever brought it: an order, a tick or the walk), the rest."""
import copy
import json
from collections import defaultdict

from expected import event_differences, raise_if, renamed, state_differences
from reference.customer import Customer, InForce
from reference.model import Model
from reference.run import Run, offsets


class Phase:
    """A model, and the ticks between its record and the next model's. Unless its walk has come to the end by then, somebody whom
    nothing touched may never have met it."""

    def __init__(self, record):
        self.in_force = InForce(Model(record["model"]), record["offset"], record["T"])
        self._up_to, self._slices, self.is_met_by_all = None, [], False

    def add_tick(self, record):
        if record["customer"] is None:
            self._up_to = max(record["up_to"], self._up_to or record["up_to"])
        else:
            self._slices.append((record["up_to"], record["customer"].encode()))

    def live(self, customer):
        """The customer's events by the ticks of this phase; what one of them has lived through, another finds lived through."""
        due = customer.due()
        events = [] if None in (due, self._up_to) or due > self._up_to else customer.live_until(self._up_to, self.in_force)
        for up_to, last in self._slices:
            due = customer.due()
            if due is not None and (due, customer.id.encode()) <= (up_to, last):
                events += customer.live_until(up_to, self.in_force)
        return events

    def shared(self):
        """What copies of a customer need not copy."""
        return [self.in_force, *self.in_force.model.schemes]


def phases_of(control):
    """The same model proposed once more, by two instances at once, changes nothing."""
    phases, latest = [], None
    for record in control:
        if record["type"] == "model" and record["model"] != latest:
            latest = record["model"]
            phases.append(Phase(record))
        elif record["type"] == "tick" and phases:
            phases[-1].add_tick(record)
        elif record["type"] == "walk" and record["last"] and record["model"] == phases[-1].in_force.n:
            phases[-1].is_met_by_all = True
    return phases


def orders_of(partitions):
    """Customer -> [(order, source, W)] in the order of their partition."""
    run, found = Run({"obek_model": 1, "name": "none", "version": "0", "schemes": []}), defaultdict(list)
    for (topic, partition), records in partitions.items():
        for offset, record in sorted(offsets(records).items()):
            accepted = run.accept(topic, partition, offset, record)
            if accepted is not None:
                found[accepted[0].customer_id].append(accepted)
    return found


class Search:
    """For one customer: places at which the models may have come, given all events and the state at the end (None: no such customer)."""

    def __init__(self, phases, orders, events, state, until, names):
        self._phases, self._orders, self._events, self._until, self._names = phases, orders, events, until, names
        self._state = state
        self._shared = {id(thing): thing for phase in phases for thing in phase.shared()}
        self.farthest = 0         # events that could be explained
        self.differences = None   # of the state, where all events could be

    def explains(self, customer_id, ring):
        return self._from(Customer(customer_id, ring), 0, 0, 0)

    def _from(self, customer, place, phase, explained):
        while True:
            if phase + 1 < len(self._phases):
                ways = [True] if phase + 2 == len(self._phases) or self._phases[phase + 1].is_met_by_all else [True, False]
                if any(self._next_phase(copy.deepcopy(customer, dict(self._shared)), place, phase, explained, met) for met in ways):
                    return True
            if place == len(self._orders):
                return phase + 1 == len(self._phases) and self._end(customer, explained)
            order, source, watermark = self._orders[place]
            _, _, events = customer.step(order, source, watermark, self._phases[phase].in_force)
            place, explained = place + 1, self._explain(events, explained)
            if explained is None:
                return False

    def _next_phase(self, customer, place, phase, explained, met):
        events = []
        if customer.in_force is not None:
            events = self._phases[phase].live(customer) + (customer.meet(self._phases[phase + 1].in_force) if met else [])
        explained = self._explain(events, explained)
        return explained is not None and self._from(customer, place, phase + 1, explained)

    def _end(self, customer, explained):
        if customer.in_force is None:
            return self._state is None and not self._events
        events = customer.live_until(self._until, self._phases[-1].in_force)
        if self._explain(events, explained) != len(self._events):
            return False
        self.differences = "no state" if self._state is None else state_differences(
            self._state, {**customer.state(), "next_changes": customer.next_changes()})
        return not self.differences

    def _explain(self, events, explained):
        """How many of the events that were read are explained after these, or None."""
        for event in events:
            if explained == len(self._events) or event_differences(self._events[explained], renamed(event, self._names)):
                return None
            explained += 1
        self.farthest = max(self.farthest, explained)
        return explained


def hold_migrations(messages, states, partitions, control, until, names, ring=32):
    """Events and states of all customers can be explained by the control topic's records (timed.control_records) and the orders of
    their one partition each. How many customers met a model by an event."""
    phases, orders, events, wrong = phases_of(control), orders_of(partitions), defaultdict(list), []
    for message in messages:
        events[message.key().decode()].append(json.loads(message.value()))
    for name, own in orders.items():
        events[name].sort(key=lambda event: event["sequence"])
        search = Search(phases, own, events[name], states.get(name), until, names)
        if not search.explains(name, ring):
            wrong.append((name, f"{search.farthest} of {len(events[name])} events can be explained",
                          search.differences or events[name][search.farthest:search.farthest + 2]))
    assert events.keys() <= orders.keys()
    assert {name for name, state in states.items() if state["shown"]["model"]["number"] != phases[-1].in_force.n} == set()
    raise_if(wrong, len(orders))
    return sum(any(event["cause"] == "MODEL" for event in own) for own in events.values())
