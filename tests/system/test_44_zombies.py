"""An instance that is stopped past its session while another takes over: when it goes on, it writes nothing."""
import pytest

from story import Outcome, assert_as_uninterrupted, raw_redis
from waiting import wait_until


def soak(*values):
    return pytest.param(*values, marks=pytest.mark.soak)


@pytest.mark.parametrize("failpoint, passage", [
    soak("after-consume", 9), soak("after-load", 9), ("before-save", 9), soak("after-save", 9), ("after-begin", 9),
    soak("after-produce", 9), ("before-commit", 9), soak("after-commit", 9), ("after-prove", 1), soak("after-claim", 1)])
def test_a_zombie_writes_nothing(story, uninterrupted, failpoint, passage):
    heir = story.instance("b")
    story.killed_at("after-commit", 3)
    process = story.obek.start(env={"OBEK_FAILPOINT": f"{failpoint}:{passage}:stop"})
    wait_until(process.is_stopped, 30, f"obek to stop at {failpoint}")
    other = heir.start()
    wait_until(lambda: story.all_committed(), 60, "the other instance to take over and finish")
    wait_until(lambda: story.saved_share() == 1, 10, "all marks to be advanced")
    assert other.terminate() == 0, other.log_tail()  # a static member: it stays in the group until its session ends
    left = raw_redis(story.redis.client)
    outcome = Outcome(story)
    assert_as_uninterrupted(outcome, uninterrupted)
    process.resume()
    # it finds out, and joins again or ends
    wait_until(lambda: not process.running or process.log().count("event=assigned") > assigned_before(failpoint), 60,
               "the zombie to find out")
    process.terminate()
    assert raw_redis(story.redis.client) == left
    story.finish()
    assert_as_uninterrupted(Outcome(story), uninterrupted)


def assigned_before(failpoint):
    """How often it was assigned its sources before it was stopped."""
    return 0 if failpoint in ("after-prove", "after-claim") else 1
