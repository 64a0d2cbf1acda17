"""The independent reference as processes of its own, so that it works while the servers do; one run for each distinct input."""
import hashlib
import json
import os
import re
import sys

from obek_process import PROJECT
from processes import Process

CUSTOMER = re.compile(rb'"customer_id": ("(?:[^"\\]|\\.)*")')
PROCESSES = 2                     # a customer's records are in one partition, so partitions can be shared out


class References:
    def __init__(self, folder):
        self._folder, self._started = folder, {}
        os.makedirs(folder)

    def start(self, model_path, partitions, up_to=None):
        """The run for this model and these records ((topic, partition) -> records with their offsets; customers of one partition
        each), time running on to up_to at the end: a new one, or the one that had just the same input."""
        lines = ["".join(json.dumps({"topic": topic, "partition": partition, **record}) + "\n" for record in records)
                 for (topic, partition), records in sorted(partitions.items())]
        with open(model_path, "rb") as model:
            digest = hashlib.sha256(model.read() + "".join(lines).encode() + str(up_to).encode()).hexdigest()
        if digest not in self._started:
            self._started[digest] = Reference(os.path.join(self._folder, digest[:16]), model_path, lines, up_to)
        return self._started[digest]

    def end(self):
        for one in self._started.values():
            one.kill()


class Reference:
    def __init__(self, folder, model_path, lines, up_to):
        os.mkdir(folder)
        self._parts = [_Part(folder, number, model_path, lines[number::PROCESSES], up_to) for number in range(PROCESSES)]

    def wait(self, limit_s):
        for part in self._parts:
            part.wait(limit_s)

    def kill(self):
        for part in self._parts:
            part.kill()

    def by_customer(self):
        """Customer -> the texts of their events, in order."""
        found = {}
        for part in self._parts:
            part.add_events(found)
        return found

    def states(self):
        return {name: state for part in self._parts for name, state in part.states().items()}


class _Part:
    def __init__(self, folder, number, model_path, lines, up_to):
        self._states_path, records_path = (os.path.join(folder, f"{name}-{number}.json") for name in ("states", "records"))
        with open(records_path, "w", encoding="utf-8") as file:
            file.writelines(lines)
        until = [] if up_to is None else ["--up-to", up_to]
        self._process = Process([sys.executable, "-m", "reference.run", model_path, records_path, "--states", self._states_path, *until],
                                os.path.join(folder, f"events-{number}.jsonl"), cwd=os.path.join(PROJECT, "tests"))

    def wait(self, limit_s):
        assert self._process.wait(limit_s) == 0, self._process.log_tail()

    def kill(self):
        self._process.kill()

    def add_events(self, found):
        with open(self._process.log_path, "rb") as file:
            for line in file:
                found.setdefault(json.loads(CUSTOMER.search(line)[1]), []).append(line)

    def states(self):
        with open(self._states_path, encoding="utf-8") as file:
            return json.load(file)
