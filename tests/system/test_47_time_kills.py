"""kill -9, and a Redis that lost its tail, while ticks are lived through and customers meet a new model: all is as if nothing had
happened."""
import json
import os
import random

import pytest

from expected import shown_states
from migrations import hold_migrations
from pair import Pair, replay_with_kills
from redis_contents import hold_redis
from story import ORDERS, UNALIGNED, Data, Outcome, assert_as_uninterrupted, assert_order_events_once, assert_spread
from timed import Timed, control_records, days, due, tick
from waiting import wait_until


def soak(*values):
    return pytest.param(*values, marks=pytest.mark.soak)


def put_ticks(story, number, begin=0.0, end=1.0):
    """Ticks beside those that obek writes: each for the time to which the orders have come at some place between two shares of every
    partition, and for which it waits. What is written behind them to the control topic waits as well."""
    values = []
    for n in range(1, number + 1):
        share = begin + (end - begin) * n / number
        places = {partition: max(1, int(len(marks) * share)) for partition, marks in story.data.watermarks.items()}
        up_to = min(story.data.watermarks[partition][place - 1] for partition, place in places.items())
        values.append(tick(up_to, after={f"{story.orders}/{partition}": place for partition, place in places.items()}))
    story.topics.produce(story.obek.properties["control.topic"], [{"value": value} for value in values])


@pytest.fixture
def ticking(new_story, timed_data):
    """A story with a model in force, some of the orders behind it, and from now on ticks for that share of the orders."""
    def make(data=timed_data, share=1.0, **properties):
        story = new_story(data=data, **properties)
        story.produce()
        story.killed_at("after-commit", 3)
        put_ticks(story, int(40 * share), 0.0, share)
        return story
    return make


# ---- ticks --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("failpoint", [
    soak("after-consume"), soak("after-decode"), soak("after-load"), soak("after-step"), soak("mid-save"), soak("before-save"), "after-save",
    soak("after-begin"), soak("after-produce"), "before-commit", soak("after-commit")])
def test_killed_at_a_tick(ticking, timed_uninterrupted, failpoint):
    story = ticking()
    story.killed_at(failpoint, 6)
    story.killed_at(failpoint, 15)
    story.finish()
    assert_as_uninterrupted(Outcome(story), timed_uninterrupted)


@pytest.mark.parametrize("kills, seed", [soak(6, 1), soak(40, 2), soak(40, 3)])
@pytest.mark.limit(1200)
def test_kills_at_random_among_ticks(ticking, timed_uninterrupted, kills, seed):
    story = ticking(batch_orders_max=40)
    replay_with_kills(story, kills, seed)
    assert_as_uninterrupted(Outcome(story), timed_uninterrupted)


@pytest.mark.soak
@pytest.mark.limit(1200)
def test_kills_at_random_with_customers_in_all_partitions(ticking):
    data = Data(seed=10, customers=120, spread=True, timed=True)
    story = ticking(data, batch_orders_max=40, buckets=2)
    replay_with_kills(story, 40, seed=4)
    assert_spread(Outcome(story), data)


@pytest.mark.parametrize("clock, failpoint, passage", [
    ("event", "after-save", 4), soak("event", "before-commit", 4), soak("manual", "mid-save", 2), soak("manual", "after-save", 2),
    soak("manual", "after-produce", 2)])
def test_killed_in_the_middle_of_a_crowd(obek, topics, folder, clock, failpoint, passage):
    """More customers of one bucket are due at one instant than a call may hold: obek's own ticks take them in slices, another's names
    them all."""
    timed = Timed(obek, topics, folder, clock=clock, buckets=1)
    timed.produce(*(timed.order(f"c{n}", days(0)) for n in range(800)), timed.order("last", days(9)))
    timed.program.run_to_end()
    if clock == "manual":
        timed.put(tick(days(11)))
    timed.produce(timed.order("last", days(11)))
    process = timed.program.start("--exit-at-end", env={"OBEK_FAILPOINT": f"{failpoint}:{passage}"})
    assert process.wait(60) == -9, process.log_tail()
    timed.program.run_to_end()
    timed.hold(days(11))


# ---- a new model --------------------------------------------------------------------------------------------------------

def changed_model(story):
    """The path of another model: centroids elsewhere, some segments by other names, other cuts, other values expected."""
    model = json.loads(json.dumps(story.data.model))
    model["version"] = "2"
    kmeans, cltv, rfm = model["schemes"]
    for segment in kmeans["segments"]:
        segment["centroid"] = [0.8 * x for x in segment["centroid"]]
    for n in (0, 2, 4):
        kmeans["segments"][n]["id"] = f"new-{n}"
    rfm["cuts"]["recency_days"] = [20, 50, 100, 200]
    cltv["gamma_gamma"]["v"] *= 1.2
    path = os.path.join(story.obek.folder, "second.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(model, file)
    return path


def hold_story_migrations(story, models):
    """So many models were in force, one after the other, and every customer's history is one that these and the orders explain."""
    control = control_records(story.topics.read(story.obek.properties["control.topic"]))
    versions = [record["model"]["version"] for record in control if record["type"] == "model"]
    assert [version for n, version in enumerate(versions) if n == 0 or versions[n - 1] != version] == models
    states = shown_states(story.obek)
    met = hold_migrations(story.topics.read(story.obek.properties["campaign.topic"]), states, story.data.sources(), control,
                          story.data.until, {ORDERS: story.orders})
    hold_redis(story.redis.client, states, buckets=8)
    assert met > 20


def wait_met(story, processes):
    """Until all orders are committed and everybody has been evaluated under the model that is in force."""
    def met():
        assert all(process.running for process in processes), "\n".join(process.log_tail() for process in processes)
        number = json.loads(story.obek.call("segments", "-o", "json").stdout)["model"]["number"]
        shown = map(json.loads, story.obek.call("show", "--all", "-o", "json").stdout.splitlines())
        return story.all_committed() and all(state["model"]["number"] == number for state in shown)
    wait_until(met, 90, "everybody to meet the model", every_s=0.3)


@pytest.mark.parametrize("failpoint", ["after-save", soak("before-save"), soak("mid-save"), soak("after-produce"), soak("before-commit"),
                                       soak("after-commit"), soak("before-model")])
def test_killed_while_customers_meet_a_new_model(ticking, failpoint):
    """One instance is started with the new file, and killed as it puts it in force and in the walk; the other one has the old file
    still. Orders and ticks go on."""
    story = ticking(share=0.3, **UNALIGNED)
    second = story.instance("b", **{"model.file": changed_model(story)})
    for passage in (2, 6) if failpoint != "before-model" else (1, 1):
        process = second.start(env={"OBEK_FAILPOINT": f"{failpoint}:{passage}"})
        assert process.wait(60) == -9, process.log_tail()
    running = [story.obek.start(), second.start()]
    wait_met(story, running)
    assert [process.terminate() for process in running] == [0, 0]
    story.finish()
    hold_story_migrations(story, ["1", "2"])


@pytest.mark.soak
@pytest.mark.limit(1200)
@pytest.mark.parametrize("kills, seed", [(12, 5), (40, 6), (40, 7)])
def test_kills_while_a_model_comes_and_goes(ticking, kills, seed):
    """By command, once a third of the orders are saved, and the old one again after two thirds; two instances with the old file."""
    story, chance = ticking(share=0.3, batch_orders_max=40), random.Random(seed)
    paths = {0: changed_model(story), 1: story.obek.properties["model.file"]}
    pair = Pair({"a": story.obek, "b": story.instance("b")}, chance)
    shares = sorted(chance.uniform(0.05, 0.97) for _ in range(kills))
    for part in range(3):
        pair.disturb_at([share for share in shares if part / 3 <= share < (part + 1) / 3], story.saved_share)
        if part in paths:
            story.obek.call("model put", "--no-wait", paths[part])
            put_ticks(story, 12, (part + 1) / 3, (part + 2) / 3)
    pair.start_missing()
    wait_met(story, list(pair.running.values()))
    pair.finish()
    hold_story_migrations(story, ["1", "2", "1"])


# ---- a Redis that lost its tail -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("early, late", [(("after-save", 6), ("before-commit", 15)), soak(("mid-save", 9), ("after-save", 14)),
                                         soak(("after-commit", 4), ("after-begin", 18)), soak(("after-commit", 16), ("after-produce", 9))])
def test_redis_loses_its_tail_among_ticks(ticking, timed_uninterrupted, early, late):
    """No tick overtakes the orders that are applied again: nobody lapses who has ordered; ledgers and segments are right."""
    story = ticking()
    story.killed_at(*early)
    position = story.redis.aof_position()
    story.killed_at(*late)
    assert story.redis.cut_aof(to=position) > 0
    story.finish()
    assert_order_events_once(Outcome(story), timed_uninterrupted)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_redis_loses_its_tail_over_and_over(ticking, timed_uninterrupted, seed):
    story, chance = ticking(batch_orders_max=40), random.Random(seed)
    failpoints = ("after-consume", "mid-save", "after-save", "after-produce", "before-commit", "after-commit")

    def run_for_a_while():
        process = story.obek.start("--exit-at-end", env={"OBEK_FAILPOINT": f"{chance.choice(failpoints)}:{chance.randint(1, 20)}"})
        assert process.wait(60) in (-9, 0), process.log_tail()

    for _ in range(4):
        run_for_a_while()
        position = story.redis.aof_position()
        run_for_a_while()
        story.redis.cut_aof(to=position)
    story.finish()
    assert_order_events_once(Outcome(story), timed_uninterrupted)


def test_a_tick_waits_for_who_has_not_noticed(obek, topics, redis, folder):
    """Redis loses orders and a tick. The owner of the control topic lives through the tick again while the owner of the orders stands
    still, and does not know yet that they are gone from Redis: one of them prevents what the tick would make of the rest."""
    more = {"kafka.consumer.session.timeout.ms": 45000}
    timed = Timed(obek, topics, folder, partitions=2, clock="manual", buckets=1, **more)
    other = obek({**timed.program.properties, "instance.id": "other"}, variant="failpoints", name="other")
    timed.start()
    processes = {"obek": timed.process, "other": other.start()}
    timed.wait(lambda: sorted(len(sources_of(process)) for process in processes.values()) == [1, 2], "each to have its share")
    owner, writer = sorted(processes, key=lambda name: len(sources_of(processes[name])))
    timed.process = processes[owner]
    timed.wait_committed(*timed.produce(timed.order("a", days(0)), timed.order("x", days(0), 1), timed.order("y", days(0), 1)))
    position = redis.aof_position()
    timed.wait_committed(*timed.produce(timed.order("a", days(11)), timed.order("x", days(9), 1), timed.order("z", days(12), 1)))
    offset = timed.put(tick(days(11), after={f"{timed.orders}/0": 2, f"{timed.orders}/1": 4}))
    timed.wait_ticked(offset)
    processes[owner].pause()
    processes[writer].kill()
    assert redis.cut_aof(to=position) > 0
    timed.process = {"obek": timed.program, "other": other}[writer].start()
    timed.wait(lambda: "event=assigned" in timed.process.log(), "the writer to take up its sources")
    see_it_look(redis, [f"{timed.orders}/0", f"{timed.orders}/1"], times=20)
    assert lapsed(timed, "y") == lapsed(timed, "x") == "r5"
    processes[owner].resume()
    timed.wait(lambda: lapsed(timed, "y") == "r4", "the tick to go on")
    shown = json.loads(timed.program.call("show", "-o", "json", "x").stdout)
    assert (shown["orders"], shown["segments"]["rfm"]["segment"]) == (2, "r5")
    assert {customer for customer, _, at in timed.timed() if at == due(days(0))} == {"a", "y"}
    assert "x" not in {customer for customer, _, _ in timed.timed()}


def sources_of(process):
    """The sources that the process has taken up last."""
    taken = process.log().rpartition("event=assigned")[0].rpartition("event=assigned")[2]
    return {line.partition(" name=")[2].split()[0] for line in taken.splitlines() if "event=source " in line}


def see_it_look(redis, sources, times):
    """Until whoever owns the control topic has looked so often whether these have come as far as the tick says."""
    with redis.client.monitor() as seen:
        for _ in range(times):
            wait_until(lambda: seen.next_command()["command"].split()[2:] == sources, 60, "it to look whether the orders have come", 0)


def lapsed(timed, customer):
    return json.loads(timed.program.call("show", "-o", "json", customer).stdout)["segments"]["rfm"]["segment"]
