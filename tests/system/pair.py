"""Two instances that share the work, and come and go at moments that are drawn from a seed: as shares of the work that is done; where in
the code they fall is chance."""
import random

from waiting import wait_until


class Pair:
    """Two instances, static members of one group, of which at least one runs."""

    def __init__(self, instances, chance):
        """instances: by name."""
        self.instances, self.chance = instances, chance
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

    def disturb_at(self, shares, share_done, limit_s=60):
        """Each time that such a share of the work is done."""
        for share in shares:
            wait_until(lambda: share_done() >= share or not any(p.running for p in self.running.values()), limit_s,
                       f"{share:.0%} to be done by {sorted(self.running)}", every_s=0.002)
            self.disturb()
        self.start_missing()

    def finish(self, limit_s=90):
        for process in self.running.values():
            process.kill()
        ends = [instance.start("--exit-at-end") for instance in self.instances.values()]
        for process in ends:
            assert process.wait(limit_s) == 0, process.log_tail()


def replay_with_kills(story, kills, seed, share_done=None):
    """share_done: by default the share of the orders that is saved."""
    chance = random.Random(seed)
    pair = Pair({"a": story.obek, "b": story.instance("b")}, chance)
    pair.disturb_at(sorted(chance.uniform(0.0, 0.97) for _ in range(kills)), share_done or story.saved_share)
    pair.finish()
