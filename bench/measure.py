"""What a process and its servers cost, seen from outside: the same way for whatever is measured."""
import os
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SAMPLE_EVERY_S = 0.01


def cpu_s(pid):
    """User and system time of a process so far, also of one that has ended and was not yet waited for."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def peak_rss_bytes(pid):
    """0 once it has ended."""
    with open(f"/proc/{pid}/status") as status:
        return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), 0)


def has_ended(pid):
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class Progress:
    """What a group has committed of a topic, asked as a stranger to the group."""

    def __init__(self, bootstrap, group, topic, partitions):
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "isolation.level": "read_uncommitted",
                                   "enable.auto.commit": False})
        self._records = 0
        self._asked = [TopicPartition(topic, partition) for partition in partitions]

    def records(self):
        """Sum of the committed offsets; the last known one while the group's coordinator does not answer."""
        try:
            self._records = sum(max(0, answer.offset) for answer in self._consumer.committed(self._asked, timeout=30))
        except KafkaException:
            pass
        return self._records

    def close(self):
        self._consumer.close()


def watch_drain(start, progress, total, servers, limit_s):
    """Starts a process that reads `total` records and ends; returns its cost as a dict. The rate is that between the first and the
    last commit: neither start nor farewell counts, but `wall_s` has both. servers: {name: pid}, whose CPU time is taken too."""
    before = {name: cpu_s(pid) for name, pid in servers.items()}
    began = time.monotonic()
    process = start()
    commits, peak = [], 0
    while not has_ended(process.pid):
        if time.monotonic() - began > limit_s:
            process.kill()
            raise AssertionError(f"not done in {limit_s} s:\n{process.log_tail()}")
        peak = max(peak, peak_rss_bytes(process.pid))
        records = progress.records()
        if records > (commits[-1][1] if commits else 0):
            commits.append((time.monotonic(), records))
        time.sleep(SAMPLE_EVERY_S)
    wall_s = time.monotonic() - began
    own_s = cpu_s(process.pid)
    code = process.wait(10)
    assert code == 0, f"exit code {code}:\n{process.log_tail()}"
    committed = progress.records()
    assert committed >= total, f"{committed} records of {total} are committed:\n{process.log_tail()}"
    if commits[-1][1] < committed:
        commits.append((began + wall_s, committed))
    (first_s, first), (last_s, last) = commits[0], commits[-1]
    assert last_s > first_s, "all came in one commit: too few records to tell a rate"
    return {"rate": (last - first) / (last_s - first_s), "wall_s": wall_s, "cpu_us": own_s / total * 1e6, "peak_bytes": peak,
            **{f"{name}_cpu_us": (cpu_s(pid) - before[name]) / total * 1e6 for name, pid in servers.items()}}
