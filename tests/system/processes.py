"""Processes that the tests start: their output goes to a file, they are ended by pid, and they never outlive the test run."""
import os
import random
import signal
import socket
import subprocess

from waiting import wait_until


def free_port():
    """A free loopback port below the range of outgoing connections, so that it is still free when a server is restarted on it."""
    while True:
        port = random.randint(15000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Process:
    """One process with its output in `log_path`. The kernel kills it when the *thread* that started it ends, so start it from
    the main thread of the tests."""

    def __init__(self, arguments, log_path, env=None, cwd=None):
        self.log_path = log_path
        with open(log_path, "ab") as log:
            self._log_start = log.tell()
            self._popen = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *map(str, arguments)], stdin=subprocess.DEVNULL,
                                           stdout=log, stderr=subprocess.STDOUT, env=env, cwd=cwd, start_new_session=True)

    @property
    def pid(self):
        return self._popen.pid

    @property
    def running(self):
        return self._popen.poll() is None

    @property
    def exit_code(self):
        """None while it runs; -9 after kill -9."""
        return self._popen.poll()

    def signal(self, number):
        if self.running:
            os.kill(self.pid, number)

    def wait(self, limit_s):
        """Its exit code; AssertionError with the end of its log when it is still running after limit_s."""
        try:
            return self._popen.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {limit_s:g} s:\n{self.log_tail()}") from None

    def kill(self):
        """kill -9, also of a stopped process."""
        self.signal(signal.SIGKILL)
        self._popen.wait(30)

    def terminate(self, limit_s=30):
        """SIGTERM; its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(limit_s)

    def pause(self):
        """SIGSTOP; returns once the kernel says that it is stopped."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: self._state() in ("T", None), 10, "the process to stop")

    def is_stopped(self):
        """Stopped by pause() or by a failpoint."""
        return self._state() == "T"

    def resume(self):
        self.signal(signal.SIGCONT)

    def _state(self):
        try:
            with open(f"/proc/{self.pid}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return None

    def log(self):
        """What this process has written so far (of an earlier one with the same log file: nothing)."""
        with open(self.log_path, "rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def log_tail(self, lines=40):
        return "\n".join(self.log().splitlines()[-lines:])
