"""Time comes no further than the slowest partition: whatever keeps a partition's orders from being read, nobody lapses before it is
certain that no order prevents it; afterwards everybody does, in order, at the very instant."""
import re
import statistics
import threading
import time

import pytest
from confluent_kafka import Producer

from reference.model import DAY_MS
from reference.order import format_time, parse_time
from small import now_ms
from timed import Timed, Told, days, due, recency_model, tick, ticks
from topics import send
from waiting import wait_until


@pytest.fixture
def by_events(obek, topics, folder):
    def make(**more):
        return Timed(obek, topics, folder, clock="event", **more)
    return make


@pytest.fixture
def by_the_wall(obek, topics, folder):
    def make(**more):
        return Timed(obek, topics, folder, clock="wall", time_grace_ms=500, **more)
    return make


def lapsing_in(seconds):
    """When the last order of a customer must have been who lapses so many seconds from now."""
    return now_ms() - 10 * DAY_MS + int(seconds * 1000)


UNALIGNED = {"align_ms": 10 ** 12}  # else partitions wait some seconds for one that has records and does not deliver them


class OpenTransaction:
    """Orders in a transaction that nobody has ended yet: readers see nothing of them."""

    def __init__(self, timed, *records):
        self._producer = Producer({"bootstrap.servers": timed.topics.bootstrap, "transactional.id": f"open-{time.monotonic_ns()}",
                                   "transaction.timeout.ms": 120000})
        self._producer.init_transactions(30)
        self._producer.begin_transaction()
        self.places = send(self._producer, timed.orders, records)

    def commit(self):
        self._producer.commit_transaction(30)


def hold_ticks(timed):
    """No tick was ahead of an order that had not been saved: where the sources were when it was written, they had come to its time."""
    reached = watermarks(timed.records())
    written = ticks(timed.topics)
    for record in written:
        for source, position in record["after"].items():
            if position > 0:
                assert max(at for offset, at in reached[source.replace(timed.orders, "orders")] if offset < position) >= record["up_to"]
    assert written and all(record["after"] for record in written)


def watermarks(records):
    """"<topic>/<partition>" -> (offset, occurred_at) of its orders."""
    return {f"{topic}/{partition}": [(record["offset"], record["value"]["occurred_at"]) for record in of_source]
            for (topic, partition), of_source in records.items()}


def test_an_open_transaction(by_events):
    """A partition of which some cannot be read holds everything back, also the run to the end: one of its orders prevents what would be
    due. An aborted transaction at the end of a log does not."""
    timed = by_events(partitions=2, clock_event_until=format_time(days(100)), **UNALIGNED)
    timed.produce(timed.order("a", days(0)), timed.order("b", days(0)), timed.order("a", days(50)), timed.order("c", days(1), 1))
    timed.topics.produce_transaction(timed.orders, [timed.order("b", days(60))], abort=True)
    opened = OpenTransaction(timed, timed.order("c", days(9), 1), timed.order("d", days(9), 1))
    process = timed.start("--exit-at-end")
    timed.wait_held_back(f"{timed.orders}/1")
    timed.wait_committed((0, 2), (1, 0))
    assert ticks(timed.topics) == [] and [event["cause"] for event in timed.events() if event["customer_id"] == "b"] == ["ORDER"]
    opened.commit()
    assert process.wait(60) == 0, process.log_tail()
    timed.hold(days(100))


@pytest.mark.soak
def test_a_partition_of_which_nothing_can_be_read(by_events):
    """It is not empty, so it holds everything back."""
    timed = by_events(partitions=2, clock_event_until=format_time(days(100)))
    timed.produce(timed.order("a", days(0)), timed.order("a", days(50)))
    opened = OpenTransaction(timed, timed.order("c", days(1), 1), timed.order("c", days(9), 1))
    process = timed.start("--exit-at-end")
    timed.wait_held_back(f"{timed.orders}/1")
    assert ticks(timed.topics) == []
    opened.commit()
    assert process.wait(60) == 0, process.log_tail()
    timed.hold(days(100))


def test_an_open_transaction_by_the_wall(by_the_wall):
    """The clock goes on, and still nobody lapses who may have ordered in the open transaction. A partition that never had a record
    does not hold it back, nor does the mark at the end of the transaction."""
    timed = by_the_wall(partitions=3, **UNALIGNED)
    timed.start()
    timed.wait_committed(*timed.produce(timed.order("other", now_ms(), 1)))
    last = lapsing_in(2)
    timed.wait_committed(*timed.produce(timed.order("stays", last), timed.order("goes", last)))
    opened = OpenTransaction(timed, timed.order("stays", due(last) - 1))
    timed.wait(lambda: now_ms() > due(last) + 2500, "the wall clock to pass the instant by more than grace and a look at the clock")
    timed.wait_committed(*timed.produce(timed.order("other", now_ms(), 1)))
    assert timed.timed() == []
    opened.commit()
    timed.wait_events(4)
    timed.stop()
    timed.hold(now_ms())


def test_an_hour_behind_and_partitions_that_are_added(by_events):
    """The time of events is that of the slowest partition that has had a record; one that is added while obek runs counts from its
    first record on."""
    timed = by_events(partitions=2)
    timed.start()
    timed.wait_committed(*timed.produce(timed.order("a", days(0)), timed.order("b", days(0.5)), timed.order("b", days(11))))
    timed.wait(lambda: len(timed.timed()) >= 2, "the first ones to lapse")
    assert sorted(timed.timed()) == [("a", "r4", due(days(0))), ("b", "r4", due(days(0.5)))]
    timed.topics.add_partitions(timed.orders, 3)
    timed.wait_committed(*timed.produce(timed.order("late", days(2), 2), timed.order("later", days(2), 2)))
    timed.wait_committed(*timed.produce(timed.order("c", days(41))))
    timed.wait_committed(*timed.produce(timed.order("late", due(days(0), 30) - 3_600_000, 2)))
    timed.wait(lambda: ("a", "r3", due(days(0), 20)) in timed.timed(), "the time to go on")
    timed.wait_committed(*timed.produce(timed.order("late", due(days(0), 30), 2)))
    timed.wait(lambda: ("a", "r2", due(days(0), 30)) in timed.timed(), "the time to go on")
    timed.stop()
    timed.hold(due(days(0), 30))
    hold_ticks(timed)


def test_a_feed_that_has_ended(by_events):
    """It holds time back for ever, unless it is said that it has ended (idle.after). Should an order come all the same, it is lived
    through as any that is late."""
    timed = by_events(feeds=("web", "old"))
    told = Told(timed)
    for feed, records in {"web": [timed.order("w", days(0)), timed.order("x", days(45))], "old": [timed.order("o", days(1))]}.items():
        told.read(records, timed.produce(*records, feed=feed), feed)
    timed.program.run_to_end()
    assert ticks(timed.topics) == [] and timed.timed() == []
    process = timed.start(overrides={"feed.old.idle.after": "1s"})
    timed.wait_events(3 + 4 + 4)
    assert re.search(rf"event=\S*idle\S* .*source={timed.names['old']}/0", process.log())
    told.live(tick(days(45)))
    told.orders(timed.order("o", days(2)), feed="old")
    told.orders(timed.order("w", days(60)), feed="web")
    timed.wait(lambda: {("x", "r4", due(days(45))), ("o", "r1", due(days(2), 40))} <= set(timed.timed()), "time to go on")
    timed.stop()
    told.live(tick(days(60)))
    told.hold()


class LiveOrders(threading.Thread):
    """Another new customer's order every 50 ms, until it is told to end."""

    def __init__(self, timed, partition, at_ms):
        super().__init__(daemon=True)
        self._timed, self._partition, self._at_ms = timed, partition, at_ms
        self._over = threading.Event()
        self.sent = {}            # customer -> when

    def run(self):
        number = 0
        while not self._over.wait(0.05):
            customer = f"live-{number}"
            record = self._timed.order(customer, self._at_ms + number, self._partition)
            self.sent[customer] = now_ms()
            self._timed.produce(record)
            number += 1

    def end(self):
        self._over.set()
        self.join(60)


@pytest.mark.limit(120)
def test_a_crowd_is_spread(by_events):
    """3,000 customers lapse at one instant, at a pace that takes several ticks; the orders of others go on between them."""
    pace, crowd = 1000, 3000
    timed = by_events(partitions=2, time_events_per_second_max=pace)
    timed.produce(*(timed.order(f"c{n}", days(0)) for n in range(crowd)), timed.order("last", days(9)))
    timed.start()
    timed.wait_events(crowd + 1)
    live = LiveOrders(timed, 1, days(11))
    live.start()
    timed.wait(lambda: live.sent, "an order")
    timed.produce(timed.order("last", days(11)))
    timed.wait(lambda: len(timed.timed()) >= crowd, "the crowd to have lapsed", every_s=0.2)
    live.end()
    timed.wait_events(2 * crowd + 1 + len(live.sent))
    timed.stop()
    timed.hold(days(11))
    events = timed.events()
    lapsed = [event for event in events if event["cause"] == "TIME"]
    assert {parse_time(event["occurred_at"]) for event in lapsed} == {due(days(0))}
    published = sorted(parse_time(event["published_at"]) for event in lapsed)
    assert published[-1] - published[0] >= 1000 * (crowd / pace - 2)
    slices = [record for record in ticks(timed.topics) if record["up_to"] == due(days(0))]
    assert len(slices) >= crowd / pace
    took = {event["customer_id"]: parse_time(event["published_at"]) - live.sent[event["customer_id"]] for event in events
            if event["customer_id"] in live.sent and published[0] < parse_time(event["published_at"]) < published[-1]}
    assert len(took) >= 5 and statistics.median(took.values()) < (published[-1] - published[0]) / 2


def test_stopped_while_time_goes_on(by_the_wall):
    """Customers lapse, three times each, while obek is stopped: at the next start that is made up for at the instants of then, after
    the orders that came before them, and before those that came after."""
    timed = by_the_wall(model=recency_model(cuts=(10, 10.00001, 10.00002, 40)))
    timed.start()
    timed.wait_committed(*timed.produce(timed.order("other", now_ms())))
    last = lapsing_in(1)
    timed.wait_committed(*timed.produce(*(timed.order(name, last) for name in ("lapses", "prevents", "returns", "too"))))
    timed.stop()
    timed.produce(timed.order("prevents", due(last) - 1))
    wait_until(lambda: now_ms() > due(last) + 2000, 30, "the instants to pass")
    timed.produce(timed.order("returns", due(last) + 1800))
    timed.start()
    timed.wait_events(1 + 4 + 3 * 3 + 1)
    timed.stop()
    timed.hold(now_ms())


def test_two_feeds_of_years_in_step(by_events):
    """Every customer orders once in eight days, by turns from two feeds, for four years; whoever reads one of them ahead of the other
    sees sixteen days between two orders, and lets customers lapse after ten. None does, until their last order."""
    little = {"kafka.consumer.max.partition.fetch.bytes": 20000, "kafka.consumer.queued.min.messages": 1}  # web's records are large
    timed = by_events(feeds=("web", "store"), clock_event_until=format_time(days(1600)), **little)
    sold = {"web": [], "store": []}
    for n in range(182 * 48):
        number, customer = divmod(n, 48)
        feed, more = ("web", {"note": 1500 * "x"}) if (number + customer) % 2 else ("store", {})
        sold[feed].append(timed.order(f"c{customer}", days(n / 6), **more))
    for feed, orders in sold.items():
        timed.produce(*orders, feed=feed)
    timed.program.run_to_end()
    timed.hold(days(1600), [place for _, *place in sorted(records_by_time(timed.records()))])
    assert len(timed.timed()) == 48 * 4


def records_by_time(records):
    for (topic, partition), of_source in records.items():
        for record in of_source:
            yield record["value"]["occurred_at"], topic, partition, record["offset"]


@pytest.mark.soak
def test_the_leader_is_away_for_twenty_seconds(by_the_wall, kafka):
    """An order is written that obek has not seen when the broker stops answering. What obek has known of the ends is too old then."""
    timed = by_the_wall(partitions=2)
    last = lapsing_in(8)
    process = timed.start()
    timed.wait_committed(*timed.produce(timed.order("stays", last), timed.order("goes", last, 1)))
    process.pause()
    timed.produce(timed.order("stays", due(last) - 1))
    kafka.pause()
    process.resume()
    began = time.monotonic()
    timed.wait(lambda: time.monotonic() - began > 20, "twenty seconds")
    assert now_ms() > due(last) + 5000
    kafka.resume()
    timed.wait_events(3, limit_s=120)
    timed.stop()
    timed.hold(now_ms())


@pytest.mark.soak
def test_a_partition_is_added_by_the_wall(by_the_wall):
    """It holds time back from when it is there until it has been read to its end, and not longer."""
    timed = by_the_wall(partitions=1)
    last = lapsing_in(4)
    timed.start()
    timed.wait_committed(*timed.produce(timed.order("a", last), timed.order("b", last + 5000)))
    timed.topics.add_partitions(timed.orders, 2)
    timed.produce(timed.order("c", last, 1), timed.order("c", due(last) - 1, 1), timed.order("d", last, 1))
    timed.wait_events(7)
    timed.stop()
    timed.hold(now_ms())


@pytest.mark.soak
def test_transactions_open_at_random(by_events):
    """Four partitions in which producers keep transactions open for a while: whatever could be read when, everybody lives the same."""
    timed, opened = by_events(partitions=4), []
    timed.start()
    for n in range(60):
        records = [timed.order(f"p{p}-{n % 7}", days(4 * n) + p, p) for p in range(4)]
        timed.produce(*records[:n % 4])
        opened.append(OpenTransaction(timed, *records[n % 4:]))
        if len(opened) > n % 3:
            opened.pop(0).commit()
    for rest in opened:
        rest.commit()
    timed.stop()
    timed.program.run_to_end()
    timed.hold(days(4 * 59))
    hold_ticks(timed)
