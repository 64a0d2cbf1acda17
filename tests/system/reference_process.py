"""The independent reference as a process of its own, so that it works while the servers do; one run for each distinct input."""
import hashlib
import json
import os
import re
import sys

from obek_process import PROJECT
from processes import Process

CUSTOMER = re.compile(rb'"customer_id": ("(?:[^"\\]|\\.)*")')


class References:
    def __init__(self, folder):
        self._folder, self._started = folder, {}
        os.makedirs(folder)

    def start(self, model_path, partitions):
        """The run for this model and these records ((topic, partition) -> records with their offsets): a new one, or the one that
        had just the same input."""
        lines = "".join(json.dumps({"topic": topic, "partition": partition, **record}) + "\n"
                        for (topic, partition), records in sorted(partitions.items()) for record in records)
        with open(model_path, "rb") as model:
            digest = hashlib.sha256(model.read() + lines.encode()).hexdigest()
        if digest not in self._started:
            self._started[digest] = Reference(os.path.join(self._folder, digest[:16]), model_path, lines)
        return self._started[digest]

    def end(self):
        for one in self._started.values():
            one.kill()


class Reference:
    def __init__(self, folder, model_path, lines):
        os.mkdir(folder)
        self._states_path, records_path = os.path.join(folder, "states.json"), os.path.join(folder, "records.jsonl")
        with open(records_path, "w", encoding="utf-8") as file:
            file.write(lines)
        self._process = Process([sys.executable, "-m", "reference.run", model_path, records_path, "--states", self._states_path],
                                os.path.join(folder, "events.jsonl"), cwd=os.path.join(PROJECT, "tests"))

    def wait(self, limit_s):
        assert self._process.wait(limit_s) == 0, self._process.log_tail()

    def kill(self):
        self._process.kill()

    def by_customer(self):
        """Customer -> the texts of their events, in order."""
        found = {}
        with open(self._process.log_path, "rb") as file:
            for line in file:
                found.setdefault(json.loads(CUSTOMER.search(line)[1]), []).append(line)
        return found

    def states(self):
        with open(self._states_path, encoding="utf-8") as file:
            return json.load(file)
