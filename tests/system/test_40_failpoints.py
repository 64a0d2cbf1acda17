"""kill -9 at every named place between consume and commit; afterwards everything is as if nothing had happened."""
import pytest

from story import Outcome, assert_as_uninterrupted

IN_A_BATCH = ["after-consume", "after-decode", "after-load", "after-step", "mid-save", "before-save", "after-save", "after-begin",
              "after-produce", "before-commit", "after-commit"]
IN_A_CLAIM = ["before-prove", "after-prove", "mid-claim", "after-claim"]


def finish(story, uninterrupted):
    story.finish()
    assert_as_uninterrupted(Outcome(story), uninterrupted)


@pytest.mark.parametrize("failpoint", IN_A_BATCH)
def test_killed_in_a_batch(story, uninterrupted, failpoint):
    """On the first passage (before-commit: the very first commit there is) and in the middle of the replay."""
    story.killed_at(failpoint)
    story.killed_at(failpoint, 9)
    finish(story, uninterrupted)


@pytest.mark.parametrize("failpoint", IN_A_CLAIM)
def test_killed_in_a_claim(story, uninterrupted, failpoint):
    """The first claim of new sources, and a later one when there are marks and an outbox."""
    story.killed_at(failpoint)
    story.killed_at("after-produce", 9)
    assert story.outbox()
    story.killed_at(failpoint)
    finish(story, uninterrupted)


def test_killed_before_the_model_is_in_force(story, uninterrupted):
    story.killed_at("before-model")
    story.killed_at("before-model")
    finish(story, uninterrupted)


@pytest.mark.parametrize("passage", [1, 4])
def test_killed_between_the_calls_of_a_cut_share(new_story, uninterrupted, passage):
    """One bucket has more customers in a batch than one call may hold."""
    story = new_story(buckets=1, batch_orders_max=1000)
    story.produce()
    story.killed_at("between-calls", passage)
    finish(story, uninterrupted)


@pytest.mark.parametrize("failpoint", ["after-step", "after-save", pytest.param("after-produce", marks=pytest.mark.soak), "before-commit",
                                       pytest.param("after-commit", marks=pytest.mark.soak)])
def test_killed_with_a_dead_letter_found_in_the_step(new_story, uninterrupted, failpoint):
    """A ninth return or the cancellation of an order that has fallen out is found bad only against the state; the verdict is saved
    with its mark and reaches the dead letters once."""
    story = new_story(batch_orders_max=1000)
    story.produce()
    story.killed_at("after-commit", 2)
    story.killed_at(failpoint, 4)
    if failpoint != "after-step":
        assert any(value.startswith(b"d") and b"too_many_returns" in value for value in story.outbox().values())
    finish(story, uninterrupted)
