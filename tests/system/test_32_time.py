"""Time as the orders tell it (clock = event), on to an instant after the last of them: what a customer lives through depends on their
records alone, not on when, how often, in what order between partitions and by whom they were read."""
import json
import random

import pytest
from expected import hold_events, hold_histories, hold_segments_at, hold_states, shown_states
from obek_process import PROJECT
from pair import Pair, replay_with_kills
from records import Reader, json_bytes
from redis_contents import hold_redis
from reference import flo
from story import UNALIGNED, Data, Outcome, assert_as_reference, assert_as_uninterrupted, assert_spread, shuffled_weeks
from timed import write_model


@pytest.fixture(scope="module")
def spread_timed():
    return Data(seed=10, customers=120, spread=True, timed=True)


def feed_by_partitions(story, order):
    """obek runs while the records come to it one partition after the other, once each has its first one: until then it would not
    count, and its customers would meet a time that has gone on without them. Time does not run on beyond the records yet."""
    process = story.obek.start(overrides={"clock.event.until": ""})
    parts = {partition: [record for record in story.data.records() if record["partition"] == partition] for partition in order}
    for begin, end in ((0, 1), (1, None)):
        for partition in order:
            story.topics.produce(story.orders, parts[partition][begin:end])
            story.wait_committed(partition, len(parts[partition][:end]), process)
    assert process.terminate() == 0, process.log_tail()
    story.finish()


def test_fed_one_partition_after_the_other(new_story, timed_data, timed_uninterrupted):
    story = new_story(data=timed_data)
    feed_by_partitions(story, (2, 0, 3, 1))
    assert_as_uninterrupted(Outcome(story), timed_uninterrupted)


@pytest.mark.soak
def test_customers_in_all_partitions_fed_one_after_the_other(new_story, spread_timed):
    """The ledgers, and without hysteresis the segments at the end, are what they must be."""
    story = new_story(data=spread_timed)
    feed_by_partitions(story, (2, 0, 3, 1))
    assert_spread(Outcome(story), spread_timed)


def test_weeks_in_any_order(new_story):
    """The records of each week come in any order, and two instances are killed over and over."""
    data = Data(seed=11, customers=120, timed=True, shuffled=True)
    story = new_story(data=data, batch_orders_max=40, **UNALIGNED)
    story.produce()
    replay_with_kills(story, 4, seed=32)
    assert_as_reference(Outcome(story), data)


# ---- FLO, at length; its plain run is in test_31_flo.py -------------------------------------------------------------------

SHARED = flo.shared()
UNTIL = "2021-06-01T00:00:00Z"
CUSTOMERS = 19_945


def at_length(test):
    for mark in (pytest.mark.soak, pytest.mark.limit(1800),
                 pytest.mark.skipif(SHARED is None, reason="FLO DATA ABSENT: ../shared or OBEK_SHARED not found")):
        test = mark(test)
    return test


class Flo:
    """Two instances with models as they are delivered (or without hysteresis), and a topic of four partitions."""

    def __init__(self, obek, topics, folder, *schemes, **kmeans):
        with open(f"{PROJECT}/config/models/flo-all.json", encoding="utf-8") as file:
            self.model = json.load(file)
        self.model["schemes"] = [{**scheme, **(kmeans if scheme["name"] == "kmeans" else {})} for scheme in self.model["schemes"]
                                 if scheme["name"] in schemes]
        del self.model["probes"]
        self.model_path = write_model(folder, self.model)
        self.topics, self.orders = topics, topics.create("orders", partitions=4)
        settings = {"kafka.consumer.session.timeout.ms": 3000, "kafka.consumer.heartbeat.interval.ms": 300, "batch.orders.max": 1000,
                    "clock": "event"}
        self.instances = {name: obek(settings, name=name, model_file=self.model_path) for name in ("a", "b")}
        self.program = self.instances["a"]

    def produce(self, parts, *numbers):
        """Those partitions (or all), one after the other."""
        for number in numbers or range(4):
            self.topics.produce(self.orders, [
                {"partition": number, "key": record["value"]["customer_id"].encode(), "timestamp": record["timestamp"],
                 "value": json_bytes(record["value"])} for record in parts["orders", number]])

    def disturb(self, pair, chance, total):
        """Twelve times."""
        group = self.program.properties["group.id"]
        pair.disturb_at(sorted(chance.uniform(0, 0.97) for _ in range(12)), lambda: 1 - self.topics.lag(group, self.orders) / total, 300)

    def until(self):
        """From now on time runs on when everything is read."""
        for instance in self.instances.values():
            instance.write_config(clock_event_until=UNTIL)

    def states(self):
        states = shown_states(self.program)
        assert len(states) == CUSTOMERS and flo.mismatches(SHARED, states) == []
        return states


# are weeks shuffled; are two instances killed over and over, while the partitions come in another order
FLO_CASES = {"as it is": (False, False), "weeks in any order": (True, False), "killed at random": (False, True), "both": (True, True)}


@at_length
@pytest.mark.parametrize("case", FLO_CASES)
def test_flo(obek, topics, redis, folder, references, case):
    shuffled, killed = FLO_CASES[case]
    parts, _ = flo.partitions(SHARED)
    if shuffled:
        parts = {source: shuffled_weeks(records, 32) for source, records in parts.items()}
    run = Flo(obek, topics, folder, "kmeans", "rfm", "cltv")
    reference = references.start(run.model_path, {source: [{**record, "offset": offset} for offset, record in enumerate(records)]
                                                  for source, records in parts.items()}, flo.ANALYSIS_MS)
    if killed:
        chance = random.Random(32)
        run.produce(parts, 3, 1)
        pair = Pair(run.instances, chance)
        run.produce(parts, 0, 2)
        run.disturb(pair, chance, sum(map(len, parts.values())))
        run.until()
        pair.finish(600)
    else:
        run.produce(parts)
        run.until()
        run.program.run_to_end(limit_s=300)
    states, changes = run.states(), topics.read(topics.name("segment-changes"))
    reference.wait(600)
    events = reference.by_customer()
    assert hold_events(changes, Reader(parse_float=float), events, {"orders": run.orders}, 2 if killed else 1) == len(changes)
    assert hold_states(states, reference.states()) == CUSTOMERS
    hold_histories(states, events)
    hold_redis(redis.client, states)


@at_length
def test_flo_with_customers_in_all_partitions(obek, topics, redis, folder):
    """Killed over and over: the ledgers, and without hysteresis the segments of an offline evaluation."""
    run, chance = Flo(obek, topics, folder, "kmeans", "rfm", hysteresis=0.0), random.Random(33)
    rows = sorted((record for part in flo.partitions(SHARED)[0].values() for record in part), key=lambda record: record["timestamp"])
    topics.produce(run.orders, [{"partition": number % 4, "timestamp": record["timestamp"], "value": json_bytes(record["value"])}
                                for number, record in enumerate(rows)])
    pair = Pair(run.instances, chance)
    run.disturb(pair, chance, len(rows))
    run.until()
    pair.finish(600)
    states = run.states()
    assert hold_segments_at(states, run.model, flo.ANALYSIS_MS) == CUSTOMERS
    hold_redis(redis.client, states)
