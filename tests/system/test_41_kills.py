"""kill -9 at random moments of one replay with two instances that come and go. The moments are drawn from a fixed seed, as shares of
the work that is saved; where in the code they fall is chance."""
import random

import pytest

from story import Outcome, assert_as_uninterrupted, assert_spread

from waiting import wait_until


class Pair:
    """Two instances, static members of one group, of which at least one runs."""

    def __init__(self, story, chance):
        self.story, self.chance = story, chance
        self.instances = {"a": story.obek, "b": story.instance("b")}
        self.running = {}
        self.start_missing()

    def start_missing(self):
        for name, instance in self.instances.items():
            if name not in self.running:
                self.running[name] = instance.start()

    def disturb(self):
        """One is killed, or now and then told to leave as an operator would; it comes back at once, or its sources go to the
        other one when its session has ended."""
        name = self.chance.choice(sorted(self.running))
        process = self.running.pop(name)
        assert process.running, process.log_tail()
        if self.chance.random() < 0.2:
            wait_until(lambda: "event=start " in process.log(), 20, "the process to heed SIGTERM")
            assert process.terminate() == 0, process.log_tail()
            process = self.instances[name].start()
            self.running[name] = process
            name = self.chance.choice(sorted(self.running))
            process = self.running.pop(name)
        process.kill()
        if self.chance.random() < 0.7 or not self.running:
            self.start_missing()

    def finish(self):
        for process in self.running.values():
            process.kill()
        ends = [instance.start("--exit-at-end") for instance in self.instances.values()]
        for process in ends:
            assert process.wait(90) == 0, process.log_tail()


def replay_with_kills(story, kills, seed):
    chance = random.Random(seed)
    pair = Pair(story, chance)
    for share in sorted(chance.uniform(0.0, 0.97) for _ in range(kills)):
        wait_until(lambda: story.saved_share() >= share or not any(p.running for p in pair.running.values()), 60,
                   f"{share:.0%} to be saved by {sorted(pair.running)}", every_s=0.002)
        pair.disturb()
    pair.start_missing()
    pair.finish()


def test_ten_kills_at_random(new_story, uninterrupted):
    story = new_story(batch_orders_max=40)
    story.produce()
    replay_with_kills(story, 10, seed=1)
    assert_as_uninterrupted(Outcome(story), uninterrupted)


def test_ten_kills_with_customers_in_all_partitions(new_story, spread_data):
    """Both instances write the same customers: the compare-and-set keeps them apart."""
    story = new_story(data=spread_data, batch_orders_max=40, buckets=2)
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
