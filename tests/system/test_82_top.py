"""obek top: a running obek in a terminal (here a pseudo-terminal), and as one frame."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from processes import free_port
from small import model, order
from waiting import wait_until

OTHER_SCREEN, OWN_SCREEN, TOP_LEFT = b"\033[?1049h", b"\033[?1049l", b"\033[H"


@pytest.fixture
def shop(obek, topics, redis, folder):
    """An obek that has had 60 orders of 20 customers, and two dead letters; 5 customers moved."""
    name = topics.create("orders", partitions=3)
    one = obek(model_file=model(folder), http_listen=f"127.0.0.1:{free_port()}", http_token="a word", dead_letter_share_max=1)
    topics.produce(name, [order(f"o{i}", f"c{i % 20}", 700 if i % 4 == 0 else 2, partition=i % 3) for i in range(60)]
                   + [{"key": b"c1", "value": b"{"}, {"key": b"c1", "value": b"nothing"}])
    one.orders, one.process = name, one.start()
    wait_until(lambda: "60" in once(one, expect=None).partition("orders ")[2].partition("\n")[0].split(), 30, "60 orders on the screen")
    return one


def once(one, *arguments, expect=0):
    return one.call("top", "--once", *arguments, expect=expect).stdout


def row(text, begin):
    found = [line for line in text.splitlines() if line.startswith(begin)]
    assert len(found) == 1, (begin, text)
    return found[0].split()


def test_one_frame(shop):
    text = once(shop)
    assert "\033" not in text and "\nready\n" in text and "model small, version 1 (number 0)" in text
    assert row(text, "kmeans/large")[1:4] == ["5", "25.0%", "0"] and row(text, "kmeans/small")[1:3] == ["15", "75.0%"]
    assert row(text, "dead letters ")[-1] == "2" and row(text, "undecodable")[-1] == "2"
    assert row(text, "segment changes ")[-1] == row(text, "ORDER")[-1]
    for partition in range(3):
        wait_until(lambda p=partition: row(once(shop), f"{shop.orders}/{p} ")[1] == "0", 20, "no lag")
    assert re.search(r"time reached +20\d\d-.* behind; 0 customers due", once(shop))


def test_whoever_cannot_be_asked(shop):
    at = shop.properties["http.listen"]
    assert "http.token is not the one" in shop.call("top", "--once", env={"OBEK_HTTP_TOKEN": "another"}, expect=1).stderr
    assert "http.listen is empty" in shop.call("top", "-X", "http.listen=", expect=1).stderr
    assert "ready" in once(shop, "-X", "http.listen=", "--at", at)
    shop.process.terminate()
    assert at in shop.call("top", expect=1).stderr


class Terminal:
    """The program in a pseudo-terminal of its own; `screen` is what it has drawn last."""

    def __init__(self, one, columns, rows):
        self.master, slave = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(slave)

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR" and not name.startswith("OBEK_")}
        self.process = subprocess.Popen([one.program, "top", "-c", one.config_path], stdin=slave, stdout=slave, stderr=slave,
                                        preexec_fn=own_terminal, env=environment)
        self.slave, self.drawn = slave, b""

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, until, limit_s=20):
        """The screen, once until(screen) is true."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            if select.select([self.master], [], [], 0.05)[0]:
                self.drawn += os.read(self.master, 65536)
            if until(self.screen()):
                return self.screen()
        raise AssertionError(f"it does not come to that:\n{self.screen()}")

    def screen(self):
        frames = [frame for frame in self.drawn.split(TOP_LEFT) if b"\033[J" in frame]
        if not frames:
            return ""
        return re.sub(r"\033\[[0-9;?]*[a-zA-Z]", "", frames[-1].partition(b"\033[J")[0].decode()).replace("\r", "")

    def ends(self, code=0):
        wait_until(lambda: self.process.poll() is not None, 20, "its end")
        while select.select([self.master], [], [], 0)[0]:
            self.drawn += os.read(self.master, 65536)
        assert self.process.returncode == code
        assert self.drawn.startswith(OTHER_SCREEN) and self.drawn.count(OWN_SCREEN) == 1
        assert self.drawn.rpartition(OWN_SCREEN)[2] == b"" and b"\033[?25h" in self.drawn, "the cursor is back, and nothing comes after"
        assert termios.tcgetattr(self.slave) == self.before
        os.close(self.slave)
        os.close(self.master)


def fits(screen, columns, rows):
    lines = screen.splitlines()
    return len(lines) <= rows and all(len(line) <= columns for line in lines)


def test_live(shop, topics):
    terminal = Terminal(shop, 100, 40)
    try:
        screen = terminal.read(lambda text: "kmeans/large" in text and "DEAD LETTERS" in text)
        assert fits(screen, 100, 40) and "more" not in screen
        # two move up: rates, and the change since it was started
        topics.produce(shop.orders, [order(f"n{i}", f"c{i}", 900) for i in (1, 2)])
        screen = terminal.read(lambda text: "kmeans/large" in text and row(text, "kmeans/large")[3] == "+2")
        assert row(screen, "kmeans/small")[1:4] == ["13", "65.0%", "-2"] and row(screen, "orders ")[-1] == "62"
        # a small terminal: less of each, nothing beyond its edges
        terminal.resize(40, 16)
        screen = terminal.read(lambda text: text and fits(text, 40, 16))
        assert "and " in screen and " more" in screen and "ready" in screen
        terminal.resize(120, 50)
        terminal.read(lambda text: "DEAD LETTERS" in text and " more" not in text)
        # an obek that is away is told of, and is there again when it is
        shop.process.terminate()
        terminal.read(lambda text: "NO ANSWER" in text)
        shop.start()
        terminal.read(lambda text: "\nready" in text and "kmeans/large" in text, 40)
        os.write(terminal.master, b"x")
        assert terminal.process.poll() is None
        os.write(terminal.master, b"q")
        terminal.ends()
    finally:
        terminal.process.kill()


@pytest.mark.parametrize("way", ["Ctrl-C", "SIGTERM"])
def test_ended_from_outside(shop, way):
    terminal = Terminal(shop, 80, 24)
    try:
        terminal.read(lambda text: "ready" in text)
        if way == "Ctrl-C":
            os.write(terminal.master, b"\x03")
        else:
            terminal.process.send_signal(signal.SIGTERM)
        terminal.ends()
    finally:
        terminal.process.kill()
