"""On a terminal: long work shows how far it is and the time left, and Ctrl-C ends it cleanly. Not on a terminal: no bars at all."""
import errno
import json
import os
import pty
import re
import subprocess
import time

import pytest

from . import made
from .running import OBEK, run, train

BAR = re.compile(r"(\S[^\r\n\[]*?)  \[=*>? *\] +(\d+) %(?:  (\d+):(\d\d) left)?")
TREE = {"name": "tree", "type": "hierarchical", "features": ["recency_days", "value_online", "value_offline"], "scale": "standard", "cut": {"k": 4}}
LONG = {"k-means, k = 2 to 40": {**made.KMEANS, "k": {"from": 2, "to": 40}, "starts": 10000},
        "k-means, k = 7": {**made.KMEANS, "k": 7, "starts": 10000},
        "average": {**TREE, "linkage": "average"}}


class Terminal:
    """A program that has one: what it writes there, and keys pressed on it."""

    def __init__(self, *words):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(words[0], [str(word) for word in words])

    def read(self, until=None, limit_s=60):
        """Until the pattern has been seen, or to the end: the match, or the exit status."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            try:
                data = os.read(self.fd, 65536).decode("utf-8", "replace")
            except OSError as error:  # Linux's way to say that nobody is on the other side any more
                assert error.errno == errno.EIO
                data = ""
            self.text += data
            if until is not None and (found := re.search(until, self.text)):
                return found
            if not data:
                assert until is None, f"it ended before {until}: {self.text[-2000:]}"
                return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        raise AssertionError(f"waited {limit_s} s in vain: {self.text[-2000:]}")

    def press(self, keys):
        os.write(self.fd, keys)


@pytest.fixture
def big(tmp_path):
    path = tmp_path / "input.csv"
    path.write_text(made.csv_text(made.customers(9000)[0]), encoding="utf-8")
    return path


def command(tmp_path, scheme, source):
    recipe = tmp_path / "long.json"
    recipe.write_text(json.dumps(made.recipe(made.CUSTOMERS, scheme)), encoding="utf-8")
    return OBEK, "train", "--recipe", recipe, source, "--out", tmp_path / "out"


def test_bars_and_time_left(tmp_path, big):
    terminal = Terminal(*command(tmp_path, {**made.KMEANS, "k": {"from": 2, "to": 12}, "starts": 400}, big))
    assert terminal.read() == 0
    bars = [(int(share), left) for label, share, left, _ in BAR.findall(terminal.text) if label == "k-means, k = 2 to 12"]
    assert len(bars) > 2 and bars == sorted(bars, key=lambda bar: bar[0]) and bars[-1][0] == 100 and all(left for share, left in bars if share > 0)
    quiet = run("train", *command(tmp_path, made.RFM, big)[2:])
    assert quiet.returncode == 0 and " left" not in quiet.stderr and "\r" not in quiet.stderr and "\x1b" not in quiet.stderr


@pytest.mark.parametrize("label", ["k-means, k = 2 to 40", "k-means, k = 7", "average"])
def test_control_c(tmp_path, big, label):
    """Within a second or two, with what was there before untouched and nothing half done beside it."""
    train(made.recipe(made.CUSTOMERS, made.RFM), big, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    terminal = Terminal(*command(tmp_path, LONG[label], big))
    terminal.read(re.escape(label) + r"  \[")
    terminal.press(b"\x03")
    assert terminal.read(limit_s=30) == 1 and ": interrupted" in terminal.text
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_control_c_while_assigning(tmp_path, big):
    """The answers come under another name: what an earlier run wrote stays."""
    found = train(made.recipe(made.CUSTOMERS, made.RFM), big, tmp_path / "out")
    orders, answers = tmp_path / "orders.csv", tmp_path / "answers.csv"
    orders.write_text(made.csv_text([(i, f"c{i // 3}", f"2023-0{1 + i % 9}-01", "web", "5.00") for i in range(600000)], made.ORDER_HEADER), encoding="utf-8")
    answers.write_text("the last run's\n")
    terminal = Terminal(OBEK, "assign", "--model", found.folder / "model.json", "--as-of", "2024-01-01", orders, "--out", answers)
    terminal.read(r"(assigning|reading)  \[")
    terminal.press(b"\x03")
    assert terminal.read(limit_s=30) == 1 and "obek assign: interrupted" in terminal.text
    assert answers.read_text() == "the last run's\n" and {path.name for path in tmp_path.iterdir()} == {
        "input.csv", "out.recipe.json", "out", "orders.csv", "answers.csv"}


def test_control_c_before_anything_was_written(tmp_path, big):
    terminal = Terminal(*command(tmp_path, LONG["k-means, k = 7"], big))
    terminal.read(r"k-means, k = 7  \[")
    terminal.press(b"\x03")
    assert terminal.read(limit_s=30) == 1
    assert list((tmp_path / "out").iterdir()) == []
