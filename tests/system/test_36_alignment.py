"""Sources are read in event time, whatever the order in which they were written and fetched: no customer of two feeds lapses because
one of the feeds is read ahead of the other (align.ms)."""
import json
import random

import pytest
from confluent_kafka import Producer
from expected import DAY_MS, hold_events
from records import Reader, json_bytes, partitions_of
from reference.order import format_time, parse_time
from reference.run import expected_events
from topics import send
from waiting import wait_until

START = parse_time("2017-01-01T00:00:00Z")
YEARS = 4

# Whoever has not bought for 60 days has lapsed: nobody but those who pause, in either feed everybody again and again.
MODEL = {
    "obek_model": 1, "name": "lapses", "version": "1", "created": "2021-01-01T00:00:00Z", "currency": "TRY",
    "schemes": [{
        "name": "rfm", "type": "rfm",
        "cuts": {"recency_days": [20, 60, 150, 400], "frequency": [1, 5, 10, 20], "monetary": [10, 20, 30, 40]},
        "table": [["lost"] * 5, ["away"] * 5, ["lapsed"] * 5, ["active"] * 5, ["active"] * 5],
        "segments": [{"id": name} for name in ("lost", "away", "lapsed", "active")],
    }],
}


def feeds(customers, padding):
    """{"web": orders, "store": orders} by time: everybody buys now here and now there, 40 days apart; a pause now and then. No two
    orders of a customer are less than two days apart, so their order does not depend on what align.ms leaves open."""
    chance = random.Random(7)
    orders = {"web": [], "store": []}
    for n in range(customers):
        at, number = START + chance.randrange(60 * DAY_MS), 0
        while at < START + YEARS * 365 * DAY_MS:
            feed = ("web", "store")[number % 2]
            orders[feed].append({"order_id": f"{n}-{number}", "customer_id": f"c{n}", "occurred_at": at, "channel": feed.title(),
                                 "amount": f"{chance.randrange(1, 9000) / 100:.2f}", "note": "." * padding[feed]})
            at += chance.randrange(2 * DAY_MS, 55 * DAY_MS) if chance.random() > 0.03 else 170 * DAY_MS
            number += 1
    return {name: sorted(of, key=lambda order: order["occurred_at"]) for name, of in orders.items()}


def records(orders, partitions):
    return [{"key": order["customer_id"].encode(), "value": json_bytes(order), "timestamp": order["occurred_at"],
             "partition": int(order["customer_id"][1:]) % partitions} for order in orders]


@pytest.fixture
def two_feeds(obek, topics, folder):
    class TwoFeeds:
        web, store = topics.create("web", partitions=2), topics.create("store")

        def __init__(self):
            path = f"{folder}/model.json"
            with open(path, "w", encoding="utf-8") as file:
                json.dump(MODEL, file)
            self.program = obek({"feeds": "web, store", "feed.orders.topic": None, "feed.web.topic": self.web,
                                 "feed.store.topic": self.store}, model_file=path, clock="manual", align_ms=DAY_MS)

        def hold(self):
            """The histories are those of a reader to whom everything came in event time. How many lapses there were."""
            read = Reader()
            partitions = {**partitions_of(topics.read(self.web), read, "web"), **partitions_of(topics.read(self.store), read, "store")}
            arrival = sorted((record["value"]["occurred_at"], topic, partition, record["offset"])
                             for (topic, partition), of in partitions.items() for record in of)
            result = expected_events(MODEL, partitions, [place for _, *place in arrival])
            lapses = [event for event in result.events if event["cause"] == "TIME"]
            hold_events(topics.read(topics.name("segment-changes")), Reader(None, float), result.by_customer,
                        {"web": self.web, "store": self.store})
            return len(lapses)

    return TwoFeeds()


def test_two_feeds_that_are_fetched_at_different_speeds(two_feeds, topics):
    """The store's records are large, so the web's years are there long before the store's."""
    orders = feeds(customers=60, padding={"web": 0, "store": 9000})
    topics.produce(two_feeds.web, records(orders["web"], 2))
    topics.produce(two_feeds.store, records(orders["store"], 1))
    two_feeds.program.run_to_end()
    assert two_feeds.hold() > 50


def test_one_waits_for_the_other_no_further_ahead_than_align_ms(two_feeds, topics):
    """The second half of the store's orders is written, but in a transaction that is still open: the web waits for it, and goes on
    when it comes."""
    orders = feeds(customers=30, padding={"web": 0, "store": 0})
    half = len(orders["store"]) // 2
    topics.produce(two_feeds.web, records(orders["web"], 2))
    topics.produce(two_feeds.store, records(orders["store"][:half], 1))
    producer = Producer({"bootstrap.servers": topics.bootstrap, "transactional.id": topics.name("till")})
    producer.init_transactions(30)
    producer.begin_transaction()
    send(producer, two_feeds.store, records(orders["store"][half:], 1))

    process = two_feeds.program.start()
    limit = orders["store"][half - 1]["occurred_at"] + DAY_MS
    may_be_read = {partition: sum(int(order["customer_id"][1:]) % 2 == partition for order in orders["web"] if order["occurred_at"] <= limit)
                   for partition in (0, 1)}
    group = two_feeds.program.properties["group.id"]

    def read():
        return {partition: at.offset for partition, at in topics.committed(group, two_feeds.web).items()}

    def said():
        return [line for line in process.log().splitlines() if "event=source_waits" in line and f" for={two_feeds.store}/0 " in line]

    wait_until(lambda: read() == may_be_read, what=f"the web's orders up to {format_time(limit)}")
    wait_until(said, what="the log says who waits")
    assert f" source={two_feeds.web}/" in said()[0] and int(said()[0].rpartition(" ahead_ms=")[2]) > DAY_MS
    assert read() == may_be_read
    producer.commit_transaction(30)
    wait_until(lambda: topics.lag(group, two_feeds.web) == topics.lag(group, two_feeds.store) == 0, what="both are read to their ends")
    assert process.terminate() == 0
    assert two_feeds.hold() > 20
