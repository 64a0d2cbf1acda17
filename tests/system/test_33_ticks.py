"""Ticks that somebody else writes (clock = manual): early, late, twice, out of order, in slices of the customers, for orders that are
still to come, and such that are none. The reference is told the same in the same order."""
import json
import random

import pytest

from reference import flo, generate
from reference.model import DAY_MS
from reference.order import format_time
from timed import Timed, Told, days, due, hold_clean, tick


@pytest.fixture
def manual(obek, topics, folder):
    def make(**more):
        return Timed(obek, topics, folder, clock="manual", **more)
    return make


def moved(timed):
    return sorted(customer for customer, _, _ in timed.timed())


def generated(timed, feed, share):
    """The records of every partition between two shares of it, as Topics.produce takes them."""
    begin, end = share
    return [{"partition": partition, "key": record["value"]["customer_id"].encode(), "timestamp": record["timestamp"],
             "value": json.dumps(record["value"], ensure_ascii=False).encode()}
            for (_, partition), records in feed.partitions.items()
            for record in records[int(begin * len(records)):int(end * len(records))]]


def test_ticks_early_late_twice_and_out_of_order(manual, redis):
    """Generated orders in three parts; after each part ticks around the time that they have come to. A tick ahead of that is time that
    later orders come too late for."""
    feed, chance = generate.orders(seed=33, customers=150), random.Random(33)
    model = generate.kmeans_model(feed, 2, 0.1)
    model["schemes"].append(flo.rfm_scheme())
    timed = manual(model=model, partitions=4, buckets=2)
    timed.start()
    told = Told(timed)
    customers = sorted({record["value"]["customer_id"] for records in feed.partitions.values() for record in records})
    for share in ((0, 0.4), (0.4, 0.7), (0.7, 1)):
        told.orders(*generated(timed, feed, share))
        reached = min(told.run.watermarks.values())
        early, at, late = (reached + offset * DAY_MS for offset in (-100, 0, 60))
        told.ticks(tick(early), tick(format_time(at)), tick(at), tick(early, chance.choice(customers)), tick(late, chance.choice(customers)),
                   tick(late), tick(late - DAY_MS), tick(late))
    timed.stop()
    told.hold()
    hold_clean(timed, redis)
    assert len(timed.timed()) > 500


def test_a_crowd_with_one_due_time(manual):
    """More customers than a save call may hold, and more than ten times as many, in one bucket, due at one instant: not a millisecond
    early, then as many as the ticks name, each once. Ids are in the order of their bytes."""
    timed = manual(buckets=1)
    names = [f"c{n}" for n in range(1500)] + [f"ö/{n} %" for n in range(20)]
    timed.start()
    told = Told(timed)
    told.orders(*(timed.order(name, days(0)) for name in names))
    in_order = sorted(names, key=str.encode)
    at = due(days(0))
    told.ticks(tick(at - 1), tick(at, in_order[0]))
    assert moved(timed) == in_order[:1]
    told.ticks(tick(at, in_order[0]), tick(at, in_order[150]))
    assert moved(timed) == sorted(in_order[:151])
    told.ticks(tick(at, in_order[75]), tick(at, "a"), tick(at, in_order[150] + "\0"))
    assert moved(timed) == sorted(in_order[:151])
    told.ticks(tick(at), tick(at))
    assert moved(timed) == sorted(names) and {instant for _, _, instant in timed.timed()} == {at}
    told.ticks(tick(due(days(0), 40)))
    timed.stop()
    told.hold()


def test_a_tick_waits_for_its_orders(manual):
    """It names positions that are not reached yet: neither it nor a tick behind it moves anybody, while other orders go on. Then it
    comes after the orders, one of which prevents what would have been due."""
    timed = manual(partitions=2, buckets=4)
    timed.start()
    told = Told(timed)
    told.orders(timed.order("gone", days(0)), timed.order("stays", days(0)), timed.order("other", days(1), partition=1))
    waiting = [tick(days(12), after={f"{timed.orders}/0": 4, f"{timed.orders}/1": 1}), tick(days(13))]
    last = timed.put(*waiting)
    for n in range(3):
        told.orders(timed.order("other", days(2 + n), partition=1))
    told.orders(timed.order("new", days(3)))
    assert timed.timed() == [] and timed.control_committed() < last
    told.orders(timed.order("stays", days(9)), timed.order("new", days(12)))
    timed.wait_ticked(last)
    told.live(*waiting)
    assert timed.timed() == [("gone", "r4", due(days(0)))]
    told.orders(timed.order("gone", days(14)), timed.order("other", days(20), partition=1))
    timed.stop()
    told.hold()


def test_ticks_before_the_first_model(manual):
    """Orders wait for the model, so nobody is there whom such a tick could reach; and it does not wait for orders itself."""
    timed = manual(buckets=4)
    timed.put(tick(days(11), after={f"{timed.orders}/0": 2}), tick(days(40)))
    records = [timed.order("a", days(0)), timed.order("b", days(2)), timed.order("a", days(15))]
    places = timed.produce(*records)
    timed.program.run_to_end()
    told = Told(timed)
    told.read(records, places)
    told.hold()
    later = tick(days(16), after={f"{timed.orders}/0": 3})
    timed.put(later)
    timed.program.run_to_end()
    told.live(later)
    told.hold()


GARBAGE = [
    b"", b"tick", b"[]", b"{}", b"\xff\xfe", b'{"type":"tick"}', b'{"type":"tock","up_to":5}', b'{"type":"tick","up_to":null}',
    b'{"type":"tick","up_to":"soon"}', b'{"type":"tick","up_to":1.5}', b'{"type":"tick","up_to":true}',
    b'{"type":"tick","up_to":99999999999999999999}', b'{"type":"tick","up_to":"2024-13-01T00:00:00Z"}', b'{"type":"tick","up_to":1} x',
    b'{"type":"tick","up_to":1717200000000,"customer":7}', b'{"type":"tick","up_to":1717200000000,"customer":""}',
    b'{"type":"tick","up_to":1717200000000,"customer":"%s"}' % (256 * b"c"), b'{"type":"tick","up_to":1717200000000,"after":[]}',
    b'{"type":"tick","up_to":1717200000000,"after":{"orders/0":-1}}', b'{"type":"tick","up_to":1717200000000,"after":{"orders/0":"1"}}',
    b'{"type":"tick","model":0}', b'{"type":"tick","model":0,"reevaluate":{"from":[1],"to":null}}',
    b'{"type":"tick","model":-1,"reevaluate":{"from":null,"to":null}}',
]


def test_what_is_no_tick_is_a_dead_letter(manual, topics):
    """Byte for byte, with its place; the ticks and orders around it go on."""
    timed = manual(dead_letter_share_max=1)
    timed.start()
    told = Told(timed)
    told.orders(timed.order("a", days(0)), timed.order("b", days(1)))
    told.ticks(tick(due(days(0))))
    last = timed.put(*GARBAGE)
    told.orders(timed.order("c", days(11)))
    told.ticks(tick(due(days(1))))
    told.orders(timed.order("a", days(12)))
    timed.stop()
    told.hold()
    dead = topics.read(topics.name("orders-dead"))
    places = []
    for letter in dead:
        headers = dict(letter.headers())
        assert headers["__connect.errors.topic"].decode() == timed.control
        assert headers["__connect.errors.class.name"].decode() == "bad_control_record"
        places.append((int(headers["__connect.errors.offset"]), letter.value() or b""))
    assert sorted(places) == list(zip(range(last - len(GARBAGE) + 1, last + 1), GARBAGE))
