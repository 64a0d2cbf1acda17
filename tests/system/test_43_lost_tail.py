"""A Redis that lost the tail of its append-only file, or everything (design, section 6)."""
import pytest

from story import Outcome, assert_as_uninterrupted, assert_ledgers, assert_order_events_once, raw_redis
from waiting import wait_until

# from where to where Redis is thrown back: (killed at, passage), each after more than the one before
BACK = [(("before-model", 1), ("after-commit", 9)), (("after-save", 3), ("before-commit", 12)),
        pytest.param(("mid-save", 7), ("after-save", 9), marks=pytest.mark.soak),
        pytest.param(("after-commit", 10), ("after-begin", 10), marks=pytest.mark.soak)]


@pytest.mark.parametrize("early, late", BACK)
def test_redis_restarts_with_a_shorter_file(story, uninterrupted, early, late):
    story.killed_at(*early)
    position = story.redis.aof_position()
    story.killed_at(*late)
    assert story.redis.cut_aof(to=position) > 0
    story.finish()
    assert_order_events_once(Outcome(story), uninterrupted)


def test_thrown_back_when_all_is_committed(story, uninterrupted):
    """--exit-at-end does not end before the states are made anew."""
    story.killed_at("after-commit", 9)
    position = story.redis.aof_position()
    story.finish()
    story.redis.cut_aof(to=position)
    story.finish()
    assert_as_uninterrupted(Outcome(story), uninterrupted)


def test_thrown_back_twice(story, uninterrupted):
    """The second time below where the first recovery had come to."""
    story.killed_at("after-commit", 4)
    position = story.redis.aof_position()
    story.killed_at("after-commit", 12)
    story.redis.cut_aof(to=position)
    story.killed_at("after-save", 4)
    position = story.redis.aof_position()
    story.killed_at("before-commit", 5)
    story.redis.cut_aof(to=position)
    story.finish()
    assert_order_events_once(Outcome(story), uninterrupted)


@pytest.mark.parametrize("failpoint", ["after-load", "after-save", "before-commit"])
def test_redis_loses_its_tail_while_obek_runs(story, uninterrupted, failpoint):
    """obek has states in memory and batches under way that are newer than what Redis has."""
    story.killed_at("after-save", 5)
    position = story.redis.aof_position()
    process = story.obek.start(env={"OBEK_FAILPOINT": f"{failpoint}:9:stop"})
    wait_until(process.is_stopped, 30, f"obek to stop at {failpoint}")
    assert story.redis.cut_aof(to=position) > 0
    process.resume()
    wait_until(lambda: story.all_committed() or not process.running, 60, "the rest to be committed")
    assert process.terminate() == 0, process.log_tail()
    assert "event=not_the_owner" in process.log()
    story.finish()
    assert_order_events_once(Outcome(story), uninterrupted)


def test_customers_of_several_partitions(new_story, spread_data):
    """Their ledgers are right; of their events more is not promised."""
    story = new_story(data=spread_data)
    story.produce()
    story.killed_at("after-commit", 4)
    position = story.redis.aof_position()
    story.killed_at("after-commit", 10)
    story.redis.cut_aof(to=position)
    story.finish()
    assert_ledgers(Outcome(story), spread_data)


def halted(process, reason):
    assert f" reason={reason} " in process.log() or f" reason={reason}\n" in process.log(), process.log_tail()


def offsets(story):
    return [story.topics.ends(story.obek.properties[name], committed=False)
            for name in ("campaign.topic", "dead.letter.topic", "control.topic")] + [
        {p: at.offset for p, at in story.topics.committed(story.obek.properties["group.id"], story.orders).items()}]


@pytest.mark.parametrize("how", ["empty", "replace_by_empty"])
def test_an_emptied_redis_halts_and_is_rebuilt(new_story, uninterrupted, how):
    """Nothing is changed by the halt; --rebuild makes the state anew from the logs, publishes nothing again, and what comes after
    it goes on as if nothing had happened."""
    story = new_story()
    story.produce(end=0.6)
    story.finish()
    before = Outcome(story)
    getattr(story.redis, how)()
    left = offsets(story)
    halted(story.obek.run_to_end(expect=3), "redis_emptied")
    assert story.redis.client.dbsize() == 0
    assert offsets(story) == left
    story.obek.run_to_end("--rebuild")
    assert_as_uninterrupted(Outcome(story), before)
    story.produce(begin=0.6)
    story.finish()
    assert_as_uninterrupted(Outcome(story), uninterrupted)


@pytest.mark.parametrize("failpoint", ["after-load", "before-save", "after-commit"])
def test_redis_is_emptied_while_obek_runs(story, uninterrupted, failpoint):
    process = story.obek.start(env={"OBEK_FAILPOINT": f"{failpoint}:9:stop"})
    wait_until(process.is_stopped, 30, f"obek to stop at {failpoint}")
    story.redis.empty()
    process.resume()
    assert process.wait(60) == 3, process.log_tail()
    halted(process, "incarnation")
    assert raw_redis(story.redis.client) == {}
    halted(story.obek.run_to_end(expect=3), "redis_emptied")
    story.obek.run_to_end("--rebuild")
    story.finish()
    assert_as_uninterrupted(Outcome(story), uninterrupted)


def test_a_rebuild_that_is_killed_goes_on(story, uninterrupted):
    story.killed_at("after-commit", 12)
    story.redis.empty()
    process = story.obek.start("--exit-at-end", "--rebuild", env={"OBEK_FAILPOINT": "after-save:6"})
    assert process.wait(60) == -9
    story.obek.run_to_end("--rebuild")
    assert_as_uninterrupted(Outcome(story), uninterrupted)


def test_a_rebuild_needs_logs_from_their_beginning(story):
    story.finish()
    story.topics.delete_before(story.orders, 1, 10)
    story.redis.empty()
    left = offsets(story)
    halted(story.obek.run_to_end("--rebuild", expect=3), "log_too_short")
    assert offsets(story) == left
