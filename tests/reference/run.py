"""Partitions of records -> events, states, verdicts.

    result = expected_events(model_json, {("orders", 0): [{"value": {...}, "timestamp": ms}, ...]}, arrival)
    result.events               all events, in the order in which the steps made them
    result.by_customer[id]      those of one customer, by sequence
    result.states[id]           final state (customer.Customer.state)
    result.verdicts[(topic, partition, offset)]   ("applied" | "duplicate" | "bad", reason)

A control topic is one more partition, by default ("obek-control", 0), whose records are
    {"type": "tick", "up_to": ms, "customer": id or None}
    {"type": "model", "model": model_json, "T": ms}
    {"type": "reevaluate"}      everybody, in the order of their ids
    {"type": "import", "until": ms, "time": ms or None, "publish": bool, "ledgers": {customer id: ledger.Ledger},
     "segments": {customer id: {scheme: segment}}}
    {"type": "erase", "customer": id, "at": ms}
`arrival` lists (topic, partition, offset) in the order in which they are stepped.
"""
import argparse
import gc
import json
import sys
from dataclasses import dataclass, field

from .customer import Customer, InForce, Source
from .ledger import APPLIED, Ledger
from .model import Model
from .order import Bad, Money, decode, parse_json

CONTROL = ("obek-control", 0)


@dataclass
class Result:
    events: list = field(default_factory=list)
    by_customer: dict = field(default_factory=dict)
    states: dict = field(default_factory=dict)
    verdicts: dict = field(default_factory=dict)
    customers: dict = field(default_factory=dict)   # the Customer objects, to go on with

    def future_states(self):
        """The states, with when each scheme's answer changes next if nothing happens."""
        return {name: {**state, "next_changes": self.customers[name].next_changes()} for name, state in self.states.items()}


def offsets(records):
    """Offset -> record: a record's own "offset", else its place in the list."""
    return {record.get("offset", n): record for n, record in enumerate(records)}


def arrival_by_time(partitions):
    """Some interleaving: by Kafka timestamp, each partition in its own order."""
    keyed = []
    for (topic, partition), records in partitions.items():
        latest = 0
        for offset, record in sorted(offsets(records).items()):
            latest = max(latest, record.get("timestamp", 0))
            keyed.append((latest, topic, partition, offset))
    return [(topic, partition, offset) for _, topic, partition, offset in sorted(keyed)]


class Run:
    def __init__(self, model_json, *, money=Money(), offline=("Offline", "Store"), feeds=None, ring=32,
                 control=CONTROL):
        self.money, self.offline, self.ring, self.control = money, frozenset(offline), ring, control
        self.feeds = feeds or {}                    # topic -> {"name": ..., "channel": ...}
        # None: the first model comes by the control topic, before the first order
        self.in_force = None if model_json is None else InForce(self._model(model_json), n=-1)
        self.watermarks = {}
        self.result = Result()

    def _model(self, model_json):
        return Model(model_json, self.money.minor_digits())

    def read(self, topic, partition, offset, record):
        if (topic, partition) == self.control:
            self._control(offset, record)
            return
        if self.in_force is None:
            raise ValueError("an order before the first model: it would wait")
        accepted = self.accept(topic, partition, offset, record)
        if accepted is None:
            return
        order, source, watermark = accepted
        customer = self.result.customers.get(order.customer_id) or Customer(order.customer_id, self.ring)
        verdict, reason, events = customer.step(order, source, watermark, self.in_force)
        self.result.verdicts[source.topic, source.partition, source.offset] = (verdict, reason)
        if verdict == "applied":
            self.result.customers[customer.id] = customer
        self._keep(events)

    def accept(self, topic, partition, offset, record):
        """What comes of a record before any step: (order, source, W before it), or None for a bad one."""
        feed = self.feeds.get(topic, {"name": "orders" if topic == "orders" else topic})
        try:
            order = decode(record["value"], record["timestamp"], money=self.money, offline=self.offline,
                           channel=feed.get("channel"))
        except Bad as bad:
            self.result.verdicts[topic, partition, offset] = ("bad", str(bad))
            return None
        watermark = self.watermarks.get((topic, partition))
        self.watermarks[topic, partition] = order.occurred_at if watermark is None \
            else max(watermark, order.occurred_at)
        return order, Source(feed["name"], topic, partition, offset), watermark

    def _control(self, offset, record):
        if record["type"] == "model":
            self.in_force = InForce(self._model(record["model"]), offset, record["T"])
        elif record["type"] == "tick":
            self.tick(record["up_to"], record.get("customer"))
        elif record["type"] == "reevaluate":
            for name in sorted(self.result.customers, key=str.encode):
                self._keep(self.result.customers[name].meet(self.in_force))
        elif record["type"] == "import":
            for name, told in record["ledgers"].items():
                self._keep(self._customer(name).take(told, record["until"], record.get("time"), record["publish"], self.in_force, offset,
                                                     record.get("segments", {}).get(name)))
        elif record["type"] == "erase":
            self._keep(self._customer(record["customer"]).erase(record["at"], self.in_force, offset))
        else:
            raise ValueError(f"control record {record['type']}")

    def _customer(self, name):
        return self.result.customers.setdefault(name, Customer(name, self.ring))

    def told(self, records):
        """Order records -> {customer id: Ledger}, as somebody who tells them all at once would."""
        ledgers = {}
        for record in records:
            order = decode(record["value"], record["timestamp"], money=self.money, offline=self.offline)
            ledger = ledgers.setdefault(order.customer_id, Ledger(self.ring))
            if ledger.judge(order)[0] == APPLIED:
                ledger.apply(order)
        return ledgers

    def tick(self, up_to, last=None):
        """Everybody whose (due, id) is at or before (up_to, last) lives through their transitions up to up_to."""
        for name in sorted(self.result.customers, key=str.encode):
            customer = self.result.customers[name]
            due = customer.due()
            if due is None or due > up_to:
                continue
            if due == up_to and last is not None and name.encode() > last.encode():
                continue
            self._keep(customer.live_until(up_to, self.in_force))

    def live_until(self, up_to, customer_id=None):
        """Time alone, for one customer or for all: what is due up to `up_to`, at its own instant."""
        names = [customer_id] if customer_id is not None else sorted(self.result.customers, key=str.encode)
        for name in names:
            self._keep(self.result.customers[name].live_until(up_to, self.in_force))

    def _keep(self, events):
        for event in events:
            self.result.events.append(event)
            self.result.by_customer.setdefault(event["customer_id"], []).append(event)

    def finish(self):
        self.result.states = {name: c.state() for name, c in self.result.customers.items() if not c.is_tombstone()}
        return self.result


def expected_events(model_json, partitions, arrival=None, *, up_to=None, **options):
    """All of it at once. `up_to`: at the end, time runs on to there for everybody (clock.event.until)."""
    run = Run(model_json, **options)
    by_offset = {source: offsets(records) for source, records in partitions.items()}
    collecting = gc.isenabled()
    gc.disable()                                    # hundreds of thousands of events, and no cycles among them
    try:
        for topic, partition, offset in arrival if arrival is not None else arrival_by_time(partitions):
            run.read(topic, partition, offset, by_offset[topic, partition][offset])
        if up_to is not None:
            run.live_until(up_to)
    finally:
        if collecting:
            gc.enable()
    return run.finish()


def segments_at(model_json, result, at, **options):
    """An offline evaluation of the ledgers at one instant, without a past: {customer: {scheme: segment}}."""
    schemes = Model(model_json, options.get("money", Money()).minor_digits()).schemes
    return {name: {s.name: s.ids[s.assign(customer.totals, at, None)] if customer.totals.n else None for s in schemes}
            for name, customer in result.customers.items()}


def read_lines(lines):
    """JSON lines {"topic", "partition", "offset"?, "timestamp", "value"} -> partitions, arrival."""
    partitions, arrival = {}, []
    for line in lines:
        record = parse_json(line)
        source = (record["topic"], record["partition"])
        records = partitions.setdefault(source, [])
        record.setdefault("offset", len(records))
        records.append(record)
        arrival.append((*source, record["offset"]))
    return partitions, arrival


def main():
    words = argparse.ArgumentParser(description="expected segment changes of a file of records, as JSON lines")
    words.add_argument("model")
    words.add_argument("records", help='JSON lines {"topic", "partition", "offset"?, "timestamp", "value"}')
    words.add_argument("--currency", default="TRY")
    words.add_argument("--offline", default="Offline,Store")
    words.add_argument("--up-to", type=int, help="let time run on to here (ms) at the end")
    words.add_argument("--states", help="write the final states here, a JSON object by customer")
    words.add_argument("--verdicts", help="write the verdicts here, JSON lines")
    given = words.parse_args()
    with open(given.model, encoding="utf-8") as file:
        model_json = json.load(file)
    with open(given.records, encoding="utf-8") as file:
        partitions, arrival = read_lines(file)
    result = expected_events(model_json, partitions, arrival, up_to=given.up_to, money=Money(given.currency),
                             offline=given.offline.split(","))
    for event in result.events:
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    if given.states:
        with open(given.states, "w", encoding="utf-8") as file:
            json.dump(result.future_states(), file, ensure_ascii=False, indent=1)
    if given.verdicts:
        with open(given.verdicts, "w", encoding="utf-8") as file:
            for (topic, partition, offset), (verdict, reason) in result.verdicts.items():
                file.write(json.dumps({"topic": topic, "partition": partition, "offset": offset,
                                       "verdict": verdict, "reason": reason}) + "\n")


if __name__ == "__main__":
    main()
