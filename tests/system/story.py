"""One replay that is disturbed, and what must come out of it all the same: the ledgers, segments, events and dead letters of an
uninterrupted run on the same records (design, section 6), which itself is held against the independent reference.

Records are written to the same partitions and offsets each time, so that only the topics' names differ between two runs."""
import json
import os
import random
import re
import sys
from collections import Counter, defaultdict

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from confluent_kafka import KafkaException  # noqa: E402

from reference.flo import cltv_scheme, rfm_scheme  # noqa: E402
from reference.generate import kmeans_model, orders  # noqa: E402
from reference.model import DAY_MS, Model  # noqa: E402
from reference.order import format_time, parse_time  # noqa: E402
from reference.run import Run, expected_events  # noqa: E402

from waiting import wait_until  # noqa: E402

ORDERS = "orders"
UNALIGNED = {"align.ms": 10 ** 12}  # instances that wait for each other take half a minute for these years; the soak lets them


class Data:
    """Records of one topic, a model, and what the reference makes of them."""

    def __init__(self, seed=7, customers=260, spread=False, timed=False, shuffled=False):
        """spread: a customer's records are in all partitions. timed: time goes by, also for a year after the last of the orders, and
        a second scheme knows its due times to the millisecond. shuffled: the records of a week come in any order."""
        feed = orders(seed=seed, customers=customers, partitions=4, years=3, spread=spread)
        self.ring = 128 if spread else 32
        self.model = kmeans_model(feed, moving=2, hysteresis=0.0 if spread else 0.1)
        self.model["schemes"].append(cltv_scheme())
        self.until = feed.end_ms + 365 * DAY_MS if timed else None
        if timed:
            self.model["schemes"].append(rfm_scheme())
        self.partitions = {partition: _with_bad_records(records) for (_, partition), records in feed.partitions.items()}
        if spread:
            self.partitions = _order_does_not_matter(self.partitions)
        else:
            for records in self.partitions.values():
                records += _too_late(records)
        if shuffled:
            self.partitions = {partition: shuffled_weeks(records, seed) for partition, records in self.partitions.items()}
        self.total = sum(map(len, self.partitions.values()))
        self.reference = expected_events(self.model, self.sources(), ring=self.ring, up_to=self.until)
        self.watermarks = {partition: _watermarks(records) for partition, records in self.partitions.items()}
        self.bad = {(partition, offset) for (_, partition, offset), (verdict, _) in self.reference.verdicts.items() if verdict == "bad"}

    def sources(self):
        """The records as the reference takes them."""
        return {(ORDERS, partition): records for partition, records in self.partitions.items()}

    def value(self, partition, offset):
        return json.dumps(self.partitions[partition][offset]["value"], ensure_ascii=False).encode()

    def records(self, begin=0.0, end=1.0):
        """Those between two shares of every partition, as Topics.produce takes them."""
        for partition, records in self.partitions.items():
            for offset in range(int(begin * len(records)), int(end * len(records))):
                record = records[offset]
                yield {"partition": partition, "key": record["value"]["customer_id"].encode(), "timestamp": record["timestamp"],
                       "value": self.value(partition, offset)}


def _with_bad_records(records):
    """Every hundredth record is followed by one that decoding refuses; the generator's own ninth returns are refused in the step."""
    result = []
    for n, record in enumerate(records):
        result.append(record)
        if n % 100 == 7:
            result.append({"value": {**record["value"], "order_id": f"bad-{n}", "kind": "ORDER", "amount": "-1"},
                           "timestamp": record["timestamp"]})
    return result


def _too_late(records):
    """Cancellations of orders that have fallen out of the ring of 32: refused in the step."""
    bought = Counter(record["value"]["customer_id"] for record in records if record["value"].get("kind", "ORDER") == "ORDER")
    return [{"value": {"order_id": f"{customer}-1", "customer_id": customer, "kind": "CANCELLATION",
                       "occurred_at": records[-1]["timestamp"]}, "timestamp": records[-1]["timestamp"]}
            for customer, number in sorted(bought.items()) if number > 50]


def _watermarks(records):
    """W after each of a partition's records."""
    run, source, found = Run({"obek_model": 1, "name": "none", "version": "0", "schemes": []}), (ORDERS, 0), []
    for offset, record in enumerate(records):
        run.accept(*source, offset, record)
        found.append(run.watermarks[source])
    return found


def shuffled_weeks(records, seed):
    """The same records, those of each week (by their timestamps) in any order."""
    weeks = defaultdict(list)
    for record in records:
        weeks[record["timestamp"] // (7 * DAY_MS)].append(record)
    chance = random.Random(seed)
    return [record for _, week in sorted(weeks.items()) for record in chance.sample(week, len(week))]


def _order_does_not_matter(partitions):
    """Without what makes a ledger depend on the order in which partitions are read: more than 8 returns of an order, and more than
    8 orders of a customer for which something may have to wait (design, section 3)."""
    returns, waiting = Counter(), defaultdict(set)

    def stays(value):
        if value.get("kind", "ORDER") == "ORDER":
            return True
        order = (value["customer_id"], value["order_id"])
        waiting[value["customer_id"]] |= {order} if len(waiting[value["customer_id"]]) < 8 else set()
        returns[order] += value["kind"] == "RETURN"
        return order in waiting[value["customer_id"]] and returns[order] <= 8
    return {partition: [record for record in records if stays(record["value"])] for partition, records in partitions.items()}


class Outcome:
    """What a run leaves behind, without the topics' names and the moments of publication."""

    def __init__(self, story):
        self.events = _events(story)
        self.dead = _dead_letters(story)
        self.states = _states(story)
        self.redis = redis_view(story.redis.client)


def _plain(name, story):
    return name.replace(story.orders, ORDERS)


def _events(story):
    """{customer: events in the order of their sequence}"""
    found = defaultdict(list)
    for message in story.topics.read(story.obek.properties["campaign.topic"]):
        event = json.loads(message.value())
        assert message.key().decode() == event["customer_id"]
        del event["published_at"]
        event["event_id"] = _plain(event["event_id"], story)
        if event["order"] is not None:
            event["order"]["topic"] = _plain(event["order"]["topic"], story)
        found[event["customer_id"]].append(event)
    return {customer: sorted(events, key=lambda event: event["sequence"]) for customer, events in found.items()}


def _dead_letters(story):
    found = []
    for message in story.topics.read(story.obek.properties["dead.letter.topic"]):
        headers = {name: value.decode() for name, value in message.headers()}
        place = (int(headers["__connect.errors.partition"]), int(headers["__connect.errors.offset"]))
        assert headers["__connect.errors.topic"] == story.orders
        assert message.value() == story.data.value(*place)
        found.append((*place, headers["__connect.errors.stage"], headers["__connect.errors.class.name"],
                      headers["__connect.errors.exception.message"]))
    return sorted(found)


def _states(story):
    states = {}
    for line in story.obek.call("show", "--all", "-o", "json").stdout.splitlines():
        state = json.loads(line)
        for name in ("revision", "bucket"):  # random, and a matter of the number of buckets
            del state[name]
        assert state["customer_id"] not in states
        states[state["customer_id"]] = state
    return states


def redis_view(client):
    """What obek keeps beside the states: due times, profiles and the sizes of segments, over all buckets."""
    due, profiles, sizes = {}, {}, Counter()
    for key in client.scan_iter(count=1000):
        kind, _, customer = key.partition(b"}:")[2].partition(b":")
        if kind == b"due":
            due.update(client.zrange(key, 0, -1, withscores=True))
        elif kind == b"profile":
            profiles[customer] = client.hgetall(key)
        elif kind == b"sizes":
            for name, number in client.hgetall(key).items():
                sizes[re.sub(rb"@\d+", b"@", name)] += int(number)  # a model's number is where in the control topic it came to stand
    return {"due": due, "profiles": profiles, "sizes": dict(sizes)}


def raw_redis(client):
    """All that a zombie could have changed, byte for byte: everything but who owns the sources, and the notes for the writer of
    ticks (obek:watermarks)."""
    found = {}
    for key in client.scan_iter(count=1000):
        kind = key.partition(b"}:")[2].partition(b":")[0]
        if kind in (b"customer",):
            found[key] = client.get(key)
        elif kind in (b"profile", b"sizes", b"outbox"):
            found[key] = client.hgetall(key)
        elif kind == b"due":
            found[key] = client.zrange(key, 0, -1, withscores=True)
        elif kind == b"marks":
            found[key] = {field: value.rpartition(b" ")[0] if b"/" in field else value
                          for field, value in client.hgetall(key).items()}
    return found


def clock(data):
    """The clock's settings for these data."""
    return {"clock": "manual"} if data.until is None else {"clock": "event", "clock.event.until": format_time(data.until)}


class Story:
    """The data, obek's configuration for one instance or several, and the check at the end."""

    def __init__(self, data, topics, redis, make_obek, folder, **properties):
        """properties: by names in which `_` may stand for `.`."""
        self.data, self.topics, self.redis = data, topics, redis
        self.orders = topics.create(ORDERS, partitions=len(data.partitions))
        model = os.path.join(folder, "model.json")
        with open(model, "w", encoding="utf-8") as file:
            json.dump(data.model, file)
        self._make = make_obek
        self._properties = {
            "model.file": model, **clock(data), "ledger.orders": data.ring, "buckets": 8, "batch.orders.max": 200,
            "kafka.consumer.session.timeout.ms": 3000, "kafka.consumer.heartbeat.interval.ms": 300,
            "kafka.producer.transaction.timeout.ms": 4000, **{name.replace("_", "."): value for name, value in properties.items()},
        }
        self.obek = self.instance("a")

    def instance(self, name, **more):
        """Another configuration of the same work."""
        return self._make({**self._properties, **more}, variant="failpoints", name=name)

    def produce(self, begin=0.0, end=1.0):
        self.topics.produce(self.orders, self.data.records(begin, end))

    def killed_at(self, failpoint, passage=1, limit_s=60):
        """A run that ends by kill -9 at the passage of the failpoint."""
        process = self.obek.start("--exit-at-end", env={"OBEK_FAILPOINT": f"{failpoint}:{passage}"})
        code = process.wait(limit_s)
        assert code == -9, f"failpoint {failpoint}:{passage} was not passed (exit code {code}):\n{process.log_tail()}"
        return process

    def saved(self):
        """The sum of all marks of the orders' sources: how far the states are."""
        total = 0
        for bucket in range(int(self._properties["buckets"])):
            for field, value in self.redis.client.hgetall(f"obek:{{{bucket}}}:marks").items():
                total += int(value.split()[0]) if field.startswith(self.orders.encode() + b"/") else 0
        return total

    def outbox(self):
        """All entries, of all buckets."""
        found = {}
        for bucket in range(int(self._properties["buckets"])):
            found.update(self.redis.client.hgetall(f"obek:{{{bucket}}}:outbox"))
        return found

    def saved_share(self):
        """0 to 1; marks of buckets without records of a source follow once a second."""
        return self.saved() / (self.data.total * int(self._properties["buckets"]))

    def wait_saved(self, share, process, limit_s=60):
        """Until that share of all effects is in Redis."""
        def reached():
            assert process.running, f"it ended before:\n{process.log_tail()}"
            return self.saved_share() >= share
        wait_until(reached, limit_s, f"{share:.0%} of the orders to be saved", every_s=0.005)

    def wait_committed(self, partition, offset, process, limit_s=60):
        """Until the group has committed the partition up to there."""
        def reached():
            assert process.running, f"it ended before:\n{process.log_tail()}"
            committed = self.topics.committed(self.obek.properties["group.id"], self.orders)
            return partition in committed and committed[partition].offset >= offset
        wait_until(reached, limit_s, f"{offset} records of partition {partition} to be committed")

    def all_committed(self):
        try:
            return self.topics.lag(self.obek.properties["group.id"], self.orders) == 0
        except KafkaException:  # a broker that was started a moment ago
            return False

    def finish(self, limit_s=90):
        return self.obek.run_to_end(limit_s=limit_s)


def assert_same(found, expected, what):
    """Equal dicts; else the first differences, by key."""
    missing, more = expected.keys() - found.keys(), found.keys() - expected.keys()
    assert not missing and not more, f"{what}: {len(missing)} missing, e.g. {sorted(missing)[:3]}; {len(more)} too many, e.g. {sorted(more)[:3]}"
    different = [key for key in expected if found[key] != expected[key]]
    if different:
        key = min(different)
        assert found[key] == expected[key], f"{what}: {len(different)} of {len(expected)} differ, first {key!r}"


def assert_sequences(events):
    """1, 2, 3 per customer without a gap; no event twice."""
    for customer, own in events.items():
        assert [event["sequence"] for event in own] == list(range(1, len(own) + 1)), customer
    twice = [name for name, n in Counter(event["event_id"] for own in events.values() for event in own).items() if n > 1]
    assert not twice, f"{len(twice)} events came twice, e.g. {twice[:3]}"


def assert_as_uninterrupted(outcome, uninterrupted):
    assert_sequences(outcome.events)
    assert_same(outcome.events, uninterrupted.events, "events")
    assert outcome.dead == uninterrupted.dead
    assert_same(outcome.states, uninterrupted.states, "states")
    for part in uninterrupted.redis:
        assert_same(outcome.redis[part], uninterrupted.redis[part], part)


def assert_order_events_once(outcome, uninterrupted):
    """After Redis lost its tail: order events exactly once; time events of the lost seconds may be missing or repeated, and
    `sequence` may repeat a number (design, section 6). Ledgers, and with them all else in Redis, are right."""
    def by_orders(events):
        return Counter(_without(event, "sequence") for own in events.values() for event in own if event["event_id"].startswith("order/"))
    assert by_orders(outcome.events) == by_orders(uninterrupted.events)
    known = {event["event_id"] for own in uninterrupted.events.values() for event in own}
    assert {event["event_id"] for own in outcome.events.values() for event in own} <= known
    assert outcome.dead == uninterrupted.dead
    assert_same(outcome.states, uninterrupted.states, "states")
    for part in uninterrupted.redis:
        assert_same(outcome.redis[part], uninterrupted.redis[part], part)


def _without(event, name):
    return json.dumps({key: value for key, value in event.items() if key != name}, sort_keys=True)


def assert_as_reference(outcome, data):
    """The uninterrupted run against the reference; a due instant may differ by 1 ms (design, section 4)."""
    expected = data.reference
    assert_same({c: len(own) for c, own in outcome.events.items()}, {c: len(own) for c, own in expected.by_customer.items()}, "events")
    for customer, own in outcome.events.items():
        for event, other in zip(own, expected.by_customer[customer], strict=True):
            same = ("scheme", "from_segment", "to_segment", "cause", "sequence", "order")
            assert {name: event[name] for name in same} == {name: other[name] for name in same}
            assert abs(parse_time(event["occurred_at"]) - parse_time(other["occurred_at"])) <= (1 if event["cause"] == "TIME" else 0)
            assert re.sub(r"^(time/.*/)\d+/", r"\1/", event["event_id"]) == re.sub(r"^(time/.*/)\d+/", r"\1/", other["event_id"])
    assert [place[:2] for place in outcome.dead] == sorted(data.bad)
    assert_ledgers(outcome, data)
    assert segments(outcome) == {customer: state["segments"] for customer, state in expected.states.items()}


def segments(outcome):
    return {customer: {scheme: of["segment"] for scheme, of in state["segments"].items()} for customer, state in outcome.states.items()}


def assert_ledgers(outcome, data):
    """Counts and values to the cent, as the reference has them."""
    names = ("orders_online", "orders_offline", "value_online", "value_offline")
    found = {customer: [round(float(state[name]) * (100 if name.startswith("value") else 1)) for name in names]
             for customer, state in outcome.states.items()}
    expected = {customer: [state[name + ("_minor" if name.startswith("value") else "")] for name in names]
                for customer, state in data.reference.states.items()}
    assert_same(found, expected, "ledgers")


def assert_spread(outcome, data):
    """What holds where a customer's records are in several partitions (design, section 3): the ledger, the last segments (there is no
    hysteresis) at the instant of the last evaluation, or to which time has run on, and events that lead there without a gap."""
    assert_sequences(outcome.events)
    assert_ledgers(outcome, data)
    assert [place[:2] for place in outcome.dead] == sorted(data.bad)
    schemes, found = Model(data.model, 2).schemes, segments(outcome)
    for name, customer in data.reference.customers.items():
        state, own = outcome.states[name], outcome.events.get(name, [])
        at = data.until or parse_time(state["as_of"])
        assert found[name] == {scheme.name: scheme.ids[scheme.assign(customer.totals, at, None)] if customer.totals.n else None
                               for scheme in schemes}, name
        assert len(own) == state["sequence"]
        for scheme, segment in found[name].items():
            path = [None, *(event["to_segment"] for event in own if event["scheme"] == scheme)]
            assert [event["from_segment"] for event in own if event["scheme"] == scheme] == path[:-1]
            assert path[-1] == segment
