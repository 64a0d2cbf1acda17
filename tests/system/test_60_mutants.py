"""A test of the tests: each scenario passes with the program and fails with the one that lacks what the promise rests on
(tests/mutants/*.patch): the compare-and-set, the outbox, the rewind to the lowest mark, the rule never to commit backwards."""
import json
import re

import pytest

import small
from small import order
from waiting import wait_until

BATCHES = {"kafka.consumer.session.timeout.ms": 45000, "buckets": 16}


def both(mutant):
    """The test runs with the program (and must pass) and with the mutant (and must fail)."""
    broken = pytest.param(f"mutant {mutant}", marks=pytest.mark.mutant, id=mutant)
    return pytest.mark.parametrize("variant", [pytest.param("failpoints", id="real"), broken])


def verify(variant, outcome, expected):
    """The one assertion of each scenario: what came out of it."""
    if variant == "failpoints":
        assert outcome == expected
    else:
        with pytest.raises(AssertionError):
            assert outcome == expected


class Outcome:
    """What a scenario ended in: each customer's ledger and the published changes."""

    def __init__(self, one, topics, *customers):
        shown = [json.loads(one.call("show", "-o", "json", customer).stdout) for customer in customers]
        self.orders = {customer: told["orders"] for customer, told in zip(customers, shown)}
        self.moves = small.moves(topics)

    def __eq__(self, other):
        return (self.orders, self.moves) == other

    def __repr__(self):
        return repr((self.orders, self.moves))


@pytest.fixture
def begun(obek, topics, folder):
    """An obek of a variant whose model is in force, and its topic, still empty."""
    def begin(variant, partitions=1, **more):
        topic = topics.create("orders", partitions=partitions)
        one = obek({**BATCHES, **more}, variant=variant, model_file=small.model(folder))
        one.run_to_end()
        return one, topic
    return begin


@both("no-outbox")
def test_saved_and_killed_before_it_is_published(begun, topics, variant):
    one, topic = begun(variant)
    topics.produce(topic, [order("o-1", "c-1", "10"), order("o-2", "c-2", "2000")])
    one.run_to_end(env={"OBEK_FAILPOINT": "after-save"}, expect=-9)
    assert small.moves(topics) == []
    one.run_to_end()
    outcome = Outcome(one, topics, "c-1", "c-2")
    verify(variant, outcome, ({"c-1": 1, "c-2": 1}, [("c-1", "small", 1), ("c-2", "large", 1)]))


def lose_the_tail(one, topics, redis, topic):
    """Six committed orders of one customer, of which Redis then only knows the first two."""
    orders = [order(f"o-{n}", "c", amount) for n, amount in enumerate(("10", "2000", "1", "1", "1", "1"))]
    orders += [order(f"p-{n}", f"d-{n}", "10") for n in range(2)]
    topics.produce(topic, orders[:2])
    one.run_to_end()
    position = redis.aof_position()
    topics.produce(topic, orders[2:])
    one.run_to_end()
    redis.cut_aof(to=position)
    return {"c": 6, "d-0": 1, "d-1": 1}, [("c", "small", 1), ("c", "large", 2), ("d-0", "small", 1), ("d-1", "small", 1)]


@both("no-rewind")
def test_redis_has_lost_its_tail(begun, topics, redis, variant):
    one, topic = begun(variant)
    expected = lose_the_tail(one, topics, redis, topic)
    one.run_to_end()
    shown = {customer: one.call("show", "-o", "json", customer, expect=None) for customer in expected[0]}
    ledgers = {customer: json.loads(told.stdout)["orders"] for customer, told in shown.items() if told.returncode == 0}
    verify(variant, (ledgers, small.moves(topics)), expected)


@both("commit-backwards")
def test_killed_while_the_lost_tail_is_applied_again(begun, topics, redis, variant):
    one, topic = begun(variant, **{"batch.orders.max": 1})
    expected = lose_the_tail(one, topics, redis, topic)
    one.run_to_end(env={"OBEK_FAILPOINT": "after-commit"}, expect=-9)
    one.run_to_end()
    verify(variant, Outcome(one, topics, *expected[0]), expected)


def partitions_of(process, topic):
    """The topic's partitions that the process has taken up last."""
    taken = process.log().rpartition("event=assigned")[0].rpartition("event=assigned")[2]
    return {int(number) for number in re.findall(rf"event=source name={re.escape(topic)}/(\d+) ", taken)}


@both("no-compare")
def test_two_instances_step_the_same_customer(begun, obek, topics, variant):
    one, topic = begun(variant, partitions=2)
    other = obek({**one.properties, "instance.id": "other"}, variant=variant, name="other")
    slow = one.start(env={"OBEK_FAILPOINT": "before-save:1:stop"})
    fast = other.start()
    wait_until(lambda: {len(partitions_of(process, topic)) for process in (slow, fast)} == {1}
               and partitions_of(slow, topic) != partitions_of(fast, topic), 60, "a partition for each")
    topics.produce(topic, [order("o-slow", "c", "10", partition=min(partitions_of(slow, topic)))])
    wait_until(slow.is_stopped, 30, "the slow one to have stepped and not saved")
    topics.produce(topic, [order("o-fast", "c", "2000", partition=min(partitions_of(fast, topic)))])
    wait_until(lambda: topics.lag(topics.name("obek"), topic) == 1, 30, "the fast one to have committed")
    slow.resume()
    wait_until(lambda: topics.lag(topics.name("obek"), topic) == 0, 30, "the slow one to have committed")
    assert (slow.terminate(), fast.terminate()) == (0, 0)
    verify(variant, Outcome(one, topics, "c"), ({"c": 2}, [("c", "large", 1)]))
