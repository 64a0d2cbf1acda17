"""Time through the control topic: ticks written and records read, a model whose due times are exact, and whole histories held
against the reference."""
import base64
import json
import os
import re
import zlib

import jsonschema

import small
from expected import DAY_MS, hold_events, hold_histories, hold_states, shown_states
from obek_process import PROJECT
from records import Reader, partitions_of
from redis_contents import hold_redis
from reference.order import parse_time
from reference.run import Run, expected_events
from waiting import wait_until

CUTS = (10, 20, 30, 40)           # days of recency
START_MS = parse_time("2018-01-01T00:00:00Z")


def recency_model(version="1", cuts=CUTS):
    """Five segments, fresh (r5) to gone (r1), by recency alone: a customer leaves one exactly 1 ms past a cut."""
    ids = [f"r{score}" for score in range(1, 6)]
    return {"obek_model": 1, "name": "recency", "version": version, "created": "2024-01-01T00:00:00Z", "currency": "TRY", "schemes": [{
        "name": "rfm", "type": "rfm", "table": [5 * [name] for name in ids], "segments": [{"id": name} for name in ids],
        "cuts": {"recency_days": list(cuts), "frequency": [1, 2, 3, 4], "monetary": [1, 2, 3, 4]}}]}


def days(n):
    """That many days after the start of these stories."""
    return START_MS + int(n * DAY_MS)


def due(last_ms, cut=CUTS[0]):
    """When a customer whose last order was then passes that cut."""
    return last_ms + cut * DAY_MS + 1


def write_model(folder, model):
    path = os.path.join(folder, f"{model['name']}-{model['version']}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(model, file)
    return path


# ---- the control topic --------------------------------------------------------------------------------------------------

def tick(up_to, customer=None, after=None):
    """A tick as it is written. up_to: ms, or a text."""
    more = {name: value for name, value in (("customer", customer), ("after", after)) if value is not None}
    return json.dumps({"type": "tick", "up_to": up_to, **more}, ensure_ascii=False).encode()


def schema():
    with open(os.path.join(PROJECT, "schemas", "control.schema.json"), encoding="utf-8") as file:
        return json.load(file)


def control_records(messages):
    """What obek has written to the control topic, as the reference takes it; each must be as its schema says. The pieces of the walk
    to a new model are {"type": "walk", "model": number, "last": is it the last one}."""
    checker, found = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker()), []
    for message in messages:
        record = json.loads(message.value())
        checker.validate(record)
        found.append({"offset": message.offset(), **as_control(record)})
    return found


def as_control(record):
    if record["type"] == "model":
        reached = record["time"]
        return {"type": "model", "model": json.loads(zlib.decompress(base64.b64decode(record["file"]))),
                "T": None if reached is None else parse_time(reached)}
    if "reevaluate" in record:
        return {"type": "walk", "model": record["model"], "last": record["reevaluate"]["to"] is None}
    return {"type": "tick", "up_to": parse_time(record["up_to"]), "customer": record.get("customer"), "after": record.get("after") or {}}


def ticks(topics):
    return [record for record in control_records(topics.read(topics.name("obek-control"))) if record["type"] == "tick"]


# ---- one obek, and what must come of it ---------------------------------------------------------------------------------

class Timed:
    """One obek with a model of exact due times and the small orders that it is given; at the end its whole history is held against
    the reference's."""

    def __init__(self, obek, topics, folder, model=None, partitions=1, feeds=("orders",), **properties):
        self.topics, self.model = topics, model or recency_model()
        self.names = {feed: topics.create(feed, partitions=partitions) for feed in feeds}
        self.orders = self.names[feeds[0]]
        more = {} if feeds == ("orders",) else {
            "feeds": ", ".join(feeds), "feed.orders.topic": None, **{f"feed.{feed}.topic": name for feed, name in self.names.items()}}
        given = {"buckets": 8, "kafka.consumer.topic.metadata.refresh.interval.ms": 500, **more,
                 **{name.replace("_", "."): value for name, value in properties.items()}}
        self.program = obek(given, model_file=write_model(folder, self.model), variant="failpoints")
        self.group, self.control = self.program.properties["group.id"], self.program.properties["control.topic"]
        self.process, self._numbers = None, {}
        self._events, self._read_to = [], {}

    def start(self, *arguments, **more):
        self.process = self.program.start(*arguments, **more)
        return self.process

    def stop(self):
        assert self.process.terminate() == 0, self.process.log_tail()

    def order(self, customer, at_ms, partition=0, **more):
        """A record: the customer's next order."""
        number = self._numbers[customer] = self._numbers.get(customer, 0) + 1
        return small.order(f"{customer}-{number}", customer, "10", at_ms, partition, **more)

    def produce(self, *records, feed="orders"):
        return self.topics.produce(self.names[feed], records)

    def put(self, *ticks):
        """Writes ticks (or anything) to the control topic, which is made if need be; the last one's offset."""
        if not self.topics.exists(self.control):
            self.topics.create("obek-control")
        return self.topics.produce(self.control, [{"value": value} for value in ticks])[-1][1]

    def wait(self, condition, what, limit_s=60, every_s=0.05):
        def reached():
            assert self.process.running, f"it ended before:\n{self.process.log_tail()}"
            return condition()
        return wait_until(reached, limit_s, what, every_s=every_s)

    def wait_committed(self, *places, feed="orders", limit_s=60):
        """Until the records at these (partition, offset) are committed."""
        def reached():
            committed = self.topics.committed(self.group, self.names[feed])
            return all(partition in committed and committed[partition].offset > offset for partition, offset in places)
        self.wait(reached, f"{places[-1:]} of {feed} to be committed", limit_s)

    def control_committed(self):
        """The committed offset of the control topic."""
        committed = self.topics.committed(self.group, self.control) if self.topics.exists(self.control) else {}
        return committed[0].offset if committed else 0

    def wait_ticked(self, offset, limit_s=60):
        """Until the control record at the offset is committed."""
        self.wait(lambda: self.control_committed() > offset, f"control record {offset} to be committed", limit_s)

    def wait_held_back(self, source, limit_s=60):
        """Until the log names the source ("<topic>/<partition>") that holds time back, and how far behind it is."""
        self.wait(lambda: re.search(rf"event=time_held_back source={re.escape(source)} why=backlog lag_records=[1-9]", self.process.log()),
                  f"the log to say that {source} holds time back", limit_s)

    def events(self):
        """What has been published, a customer's events in their order."""
        topic = self.program.properties["campaign.topic"]
        if self.topics.exists(topic):
            for message in self.topics.read(topic, begin=self._read_to):
                self._read_to[message.partition()] = message.offset() + 1
                self._events.append(json.loads(message.value()))
        return self._events

    def wait_events(self, n, limit_s=60):
        """Until so many have been published."""
        self.wait(lambda: len(self.events()) >= n, f"{n} events", limit_s, every_s=0.1)

    def timed(self):
        """(customer, to_segment, occurred_at) of all events that time has caused."""
        return [(e["customer_id"], e["to_segment"], parse_time(e["occurred_at"])) for e in self.events() if e["cause"] == "TIME"]

    def records(self):
        """All orders, as the reference takes them."""
        found = {}
        for feed, name in self.names.items():
            found |= partitions_of(self.topics.read(name), Reader(), feed)
        return found

    def hold(self, up_to=None, arrival=None):
        """Every event and every state is the reference's, time having run on to up_to. arrival: for customers of several sources."""
        self.hold_result(expected_events(self.model, self.records(), arrival, up_to=up_to))

    def hold_result(self, result):
        changes = self.topics.read(self.program.properties["campaign.topic"])
        hold_events(changes, Reader(parse_float=float), result.by_customer, self.names)
        states = shown_states(self.program)
        hold_states(states, result.future_states())
        hold_histories(states, result.by_customer)


class Told:
    """The reference, told the same as obek in the same order: a step in it once obek has committed the same."""

    def __init__(self, timed):
        self.timed, self.run = timed, Run(timed.model)

    def orders(self, *records, feed="orders"):
        """Writes orders, and waits until they are committed."""
        places = self.timed.produce(*records, feed=feed)
        self.timed.wait_committed(*places, feed=feed)
        self.read(records, places, feed)

    def read(self, records, places, feed="orders"):
        for record, (partition, offset) in zip(records, places):
            value = json.loads(record["value"])
            self.run.read(feed, partition, offset, {"value": value, "timestamp": record.get("timestamp") or small.now_ms()})

    def ticks(self, *values):
        """Writes ticks, and waits until they are committed."""
        self.timed.wait_ticked(self.timed.put(*values))
        self.live(*values)

    def live(self, *values):
        for value in values:
            record = json.loads(value)
            self.run.tick(parse_time(record["up_to"]), record.get("customer"))

    def hold(self):
        self.timed.hold_result(self.run.finish())


def hold_clean(timed, redis):
    """What is beside the states agrees with them, and no outbox holds anything any more."""
    hold_redis(redis.client, shown_states(timed.program), buckets=int(timed.program.properties["buckets"]))

