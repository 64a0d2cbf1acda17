"""obek import is killed or interrupted again and again while two instances, which come and go as well, live through what it has sent: run
once more it goes on where it was, and every customer has the history once, told in events once."""
import json
import os
import random
import signal

import jsonschema
import pytest
from expected import format_time, hold_events, hold_states, shown_states
from pair import Pair
from processes import Process
from records import Reader
from redis_contents import hold_redis
from reference.order import decode
from reference.run import CONTROL, Run
from story import ORDERS, Data
from test_48_ledgers import occurred, where_it_led, write_csv
from timed import schema
from waiting import wait_until

RATE = 25  # customers a second: signals fall between its records


@pytest.fixture(scope="module")
def many():
    """Enough customers for some records, of 50 customers each with one bucket."""
    return Data(seed=31, customers=400)


class Import:
    """The history up to the middle of the data, and the command, run as often as it takes."""

    def __init__(self, story, folder):
        self.story, self.folder, self.runs = story, folder, 0
        self.until = occurred(story.data)[story.data.total // 2]
        at = [(decode(record["value"], record["timestamp"]).occurred_at, record) for records in story.data.partitions.values() for record in records
              if record["value"].get("amount") != "-1"]
        self.past = [record for when, record in sorted(at, key=lambda pair: pair[0]) if when <= self.until]
        self.path = write_csv(f"{folder}/past.csv", [
            {**record["value"], "occurred_at": format_time(decode(record["value"], record["timestamp"]).occurred_at)} for record in self.past])

    def arguments(self):
        return ["--model", self.story.obek.properties["model.file"], "--publish", "--until", format_time(self.until), "--limit", "90", self.path]

    def records(self):
        """The control topic's imports: (offset, customers)."""
        found = [(message.offset(), json.loads(message.value())) for message in self.story.topics.read(self.story.obek.properties["control.topic"])]
        for _, record in found:
            jsonschema.validate(record, schema(), jsonschema.Draft202012Validator)
        return [(offset, record["customers"]) for offset, record in found if record["type"] == "import"]

    def stopped_after(self, number):
        """A run that gets a signal once one more record is in the control topic."""
        self.runs += 1
        control = self.story.obek.properties["control.topic"]
        end = self.story.topics.ends(control)[0] + 1
        process = Process([self.story.obek.program, "import", "-c", self.story.obek.config_path, "--rate", f"{RATE}/s", *self.arguments()],
                          os.path.join(self.folder, f"import-{self.runs}.log"), cwd=self.folder)
        wait_until(lambda: self.story.topics.ends(control)[0] >= end or not process.running, 60, "a record of the import")
        assert process.running, process.log_tail()
        os.kill(process.pid, number)
        code = process.wait(30)
        assert code == (-9 if number == signal.SIGKILL else 1) and (number == signal.SIGKILL or "interrupted" in process.log()), process.log_tail()


@pytest.mark.parametrize("stops, seed", [(3, 1), pytest.param(5, 2, marks=pytest.mark.soak), pytest.param(5, 3, marks=pytest.mark.soak)])
def test_killed_and_gone_on_with(new_story, many, folder, stops, seed):
    story, chance = new_story(data=many, buckets=1), random.Random(seed)
    importing = Import(story, folder)
    pair = Pair({"a": story.obek, "b": story.instance("b")}, chance)
    wait_until(lambda: any("event=model_in_force" in process.log() for process in pair.running.values()), 60, "the model")
    for n in range(stops):
        importing.stopped_after(chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT]))
        if n % 2 == 0:
            pair.disturb()
    pair.start_missing()
    done = story.obek.call("import", *importing.arguments(), limit_s=120)
    pair.finish()
    again = story.obek.call("import", *importing.arguments())
    hold(story, importing, int(done.stdout.split()[0]))
    assert again.stdout.startswith("0 customers")


def hold(story, importing, sent_at_last):
    data, run = story.data, Run(story.data.model, ring=story.data.ring)
    told, led_to = run.told(importing.past), where_it_led(data, importing.past, importing.until)
    records = importing.records()
    sent = [customer["customer"] for _, customers in records for customer in customers]
    assert set(sent) == told.keys() and len(records) > 3 and 0 < sent_at_last < len(told)
    for offset, customers in records:
        names = [customer["customer"] for customer in customers]
        run.read(*CONTROL, offset, {"type": "import", "until": importing.until, "publish": True, "ledgers": {name: told[name] for name in names},
                                    "segments": led_to})
    for partition, partition_records in data.partitions.items():
        for offset, record in enumerate(partition_records):
            run.read(ORDERS, partition, offset, record)
    story.produce()
    story.finish()
    result, states = run.finish(), shown_states(story.obek)
    hold_states(states, result.future_states())
    hold_redis(story.redis.client, states, buckets=1)
    assert sum(event["cause"] == "IMPORT" for event in result.events) == sum(bool(led_to[name]) for name in told) * len(data.model["schemes"])  # the others have voided all
    hold_events(story.topics.read(story.obek.properties["campaign.topic"]), Reader(None, float), result.by_customer, {ORDERS: story.orders})
    story.obek.call("audit", "--from-beginning", limit_s=120)
