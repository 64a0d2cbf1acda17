"""kill -9 at random moments of one replay with two instances that come and go (pair.py)."""
import pytest

from pair import replay_with_kills
from story import UNALIGNED, Outcome, assert_as_uninterrupted, assert_spread


def test_ten_kills_at_random(new_story, uninterrupted):
    story = new_story(batch_orders_max=40, **UNALIGNED)
    story.produce()
    replay_with_kills(story, 10, seed=1)
    assert_as_uninterrupted(Outcome(story), uninterrupted)


def test_ten_kills_with_customers_in_all_partitions(new_story, spread_data):
    """Both instances write the same customers: the compare-and-set keeps them apart."""
    story = new_story(data=spread_data, batch_orders_max=40, buckets=2, **UNALIGNED)
    story.produce()
    replay_with_kills(story, 10, seed=2)
    assert_spread(Outcome(story), spread_data)


@pytest.mark.soak
@pytest.mark.limit(1200)
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_fifty_kills_at_random(new_story, uninterrupted, seed):
    story = new_story(batch_orders_max=20)
    story.produce()
    replay_with_kills(story, 50, seed)
    assert_as_uninterrupted(Outcome(story), uninterrupted)


@pytest.mark.soak
@pytest.mark.limit(1200)
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_fifty_kills_with_customers_in_all_partitions(new_story, spread_data, seed):
    story = new_story(data=spread_data, batch_orders_max=20, buckets=2)
    story.produce()
    replay_with_kills(story, 50, seed)
    assert_spread(Outcome(story), spread_data)
