"""Where the logs end, as obek asks for it (consumer/partition_ends.h), on a real broker."""
import json
import os
import subprocess

import pytest
from confluent_kafka import Producer
from obek_process import PROJECT
from topics import send
from waiting import wait_until

PROGRAM = os.path.join(PROJECT, os.environ.get("OBEK_BUILD", "build"), "tests", "system", "ends")


class Ends:
    def __init__(self, config_path, log):
        self._process = subprocess.Popen([PROGRAM, config_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)

    def ask(self):
        self._write("\n")
        return json.loads(self._process.stdout.readline())

    def ask_and_leave(self):
        """Asks, and ends without waiting for the answer: how long that took, in ms."""
        self._write("?\n")
        return self.end()

    def end(self):
        self._process.stdin.close()
        ended = json.loads(self._process.stdout.readline())["ended_ms"]
        assert self._process.wait(30) == 0
        self._process.stdout.close()
        return ended

    def kill(self):
        self._process.kill()
        self._process.wait(30)

    def _write(self, text):
        self._process.stdin.write(text)
        self._process.stdin.flush()


@pytest.fixture
def asking(obek, topics, folder):
    """asking(): starts the program for topics orders (2 partitions) and control; (it, topic of orders, topic of control)."""
    started = []

    def start():
        orders, control = topics.create("orders", partitions=2), topics.create("obek-control")
        with open(os.path.join(folder, "ends.log"), "w") as log:
            started.append(Ends(obek(model_file="m.json").config_path, log))
        return started[-1], orders, control

    yield start
    for one in started:
        one.kill()


def test_an_open_transaction_hides_nothing(asking, topics):
    ends, orders, control = asking()
    topics.produce(orders, [{"value": b"1", "partition": 0}, {"value": b"2", "partition": 0}])
    answer = ends.ask()
    assert (answer["whole"], answer["error"]) == (True, "")
    assert answer["ends"] == {f"{orders}/0": [0, 2], f"{orders}/1": [0, 0], f"{control}/0": [0, 0]}

    producer = Producer({"bootstrap.servers": topics.bootstrap, "transactional.id": topics.name("somebody")})
    producer.init_transactions(30)
    producer.begin_transaction()
    send(producer, orders, [{"value": b"open", "partition": 0} for _ in range(3)])
    topics.produce(orders, [{"value": b"behind it", "partition": 0}])
    assert topics.ends(orders)[0] == 2, "the last stable offset"
    assert ends.ask()["ends"][f"{orders}/0"] == [0, 6], "the high watermark"

    producer.commit_transaction(30)
    wait_until(lambda: ends.ask()["ends"][f"{orders}/0"] == [0, 7], 10, "the marker to be counted, too")
    assert ends.end() < 2000


def test_a_partition_that_is_added_is_in_the_next_answer(asking, topics):
    ends, orders, _ = asking()
    assert f"{orders}/2" not in ends.ask()["ends"]
    topics.add_partitions(orders, 3)
    wait_until(lambda: ends.ask()["ends"].get(f"{orders}/2") == [0, 0], 5, "the new partition")


def test_what_was_deleted_shows_in_low(asking, topics):
    ends, orders, _ = asking()
    topics.produce(orders, [{"value": b"%d" % number, "partition": 1} for number in range(5)])
    topics.delete_before(orders, 1, 3)
    assert ends.ask()["ends"][f"{orders}/1"] == [3, 5]


def test_a_topic_that_is_gone_is_said_and_not_made_anew(asking, topics):
    ends, orders, control = asking()
    ends.ask()
    topics.delete(orders)
    wait_until(lambda: not ends.ask()["whole"], 10, "the topic to be missed")
    answer = ends.ask()
    assert orders in answer["error"] and answer["ends"] == {f"{control}/0": [0, 0]}
    assert not topics.exists(orders)


def test_an_end_does_not_go_back(asking, topics):
    """As that of a leader that was replaced while it was frozen, or of a topic that was made anew."""
    ends, orders, control = asking()
    topics.produce(orders, [{"value": b"%d" % number, "partition": 0} for number in range(5)])
    assert ends.ask()["ends"][f"{orders}/0"] == [0, 5]
    topics.delete(orders)
    wait_until(lambda: not topics.exists(orders), 10, "the topic to be gone")
    assert topics.create("orders", partitions=2) == orders
    topics.produce(orders, [{"value": b"0", "partition": 0}])
    wait_until(lambda: ends.ask()["ends"].get(f"{orders}/1") == [0, 0], 20, "the new topic's leaders to be known")
    answer = wait_until(lambda: (given := ends.ask())["whole"] and "went back" in given["error"] and given, 60, "an answer in time")
    assert f"{orders}/0: its end went back from 5 to 1" in answer["error"]
    assert answer["ends"] == {f"{orders}/0": [-1, -1], f"{orders}/1": [0, 0], f"{control}/0": [0, 0]}
    topics.produce(orders, [{"value": b"%d" % number, "partition": 0} for number in range(5)])
    assert ends.ask()["ends"][f"{orders}/0"] == [0, 6]


def test_a_broker_that_hangs_gives_no_answer_and_keeps_nobody(asking, kafka):
    ends, _, _ = asking()
    ends.ask()
    kafka.pause()
    answer = ends.ask()
    assert not answer["whole"] and answer["error"] and answer["took_ms"] < 5000
    kafka.resume()
    wait_until(lambda: ends.ask()["whole"], 20, "an answer again")
    kafka.pause()
    assert ends.ask_and_leave() < 6000
