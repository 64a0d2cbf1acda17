"""What being watched costs: the drain rate with /metrics asked every 100 ms, and with a dashboard open (what its page asks for, and a
listener to every change), against nobody asking. Runs of all ways lie next to each other, and whoever is first changes; the interval is
one of the median of the neighbours' ratios, without any assumption but that those are alike (order statistics of the binomial)."""
import http.client
import math
import threading
import time
from statistics import median

from bench_1_drain import measured
from processes import free_port
from table import Table, spread
from workload import MODEL, ObekRun, filled

METRICS = "/metrics"
# way -> what is asked how often, in seconds (web/dashboard/main.js); None: it is listened to without end
WAYS = {"alone": {}, "scraped": {METRICS: 0.1},
        "dashboard": {METRICS: 2, "/api/v1/flows?window=1h": 3, "/api/v1/segments": 3, "/api/v1/events": None}}
COVERAGE = 0.95


class Asker(threading.Thread):
    """Asks for a path at a fixed rate, on one connection as Prometheus and browsers do, or listens, until it is told to end."""

    def __init__(self, port, path, every_s):
        super().__init__(daemon=True)
        self._port, self._every_s, self._over = port, every_s or 0.1, threading.Event()
        self.path, self.took_ms, self.bytes = path, [], 0
        self._take = self._answer if every_s else self._listen

    def run(self):
        connection, due = None, time.monotonic()
        while not self._over.wait(max(0, due - time.monotonic())):
            due = max(due + self._every_s, time.monotonic())
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
                self._take(connection)
            except (OSError, http.client.HTTPException):  # it is not there yet, or not any more
                connection = None

    def _answer(self, connection):
        began = time.monotonic()
        connection.request("GET", self.path)
        answer = connection.getresponse()
        self.bytes += len(answer.read())
        if answer.status == 200:  # 503 before Redis has been read
            self.took_ms.append((time.monotonic() - began) * 1000)

    def _listen(self, connection):
        connection.request("GET", self.path)
        answer = connection.getresponse()
        while not self._over.is_set() and (piece := answer.read1(65536)):
            self.bytes += len(piece)

    def end(self):
        self._over.set()
        self.join()


def run(servers, options, _results):
    topic = filled(servers, options)
    runs, askers = {way: [] for way in WAYS}, {way: [] for way in WAYS}
    for number in range(options.pairs):
        for way in sorted(WAYS, reverse=number % 2 == 1):
            runs[way].append(drain(servers, topic, options, way, number, askers[way]))
    print(table(runs), flush=True)
    found = {way: tell(way, runs, askers[way]) for way in WAYS if WAYS[way]}
    return {**runs, **{f"{way}_ratios": ratios for way, ratios in found.items()}}


def tell(way, runs, askers):
    """How the way compares with nobody asking, and that somebody did ask; the ratios of the rates."""
    rates, cpu = ratios(runs, way, "rate"), ratios(runs, way, "cpu_us")
    low, high, coverage = interval(rates)
    print(f"drain rate, {way} / alone: median {median(rates):.3f}, {coverage:.1%} interval {low:.3f}..{high:.3f} of {len(rates)} pairs; "
          f"own CPU an order: median {median(cpu):.3f}, {interval(cpu)[0]:.3f}..{interval(cpu)[1]:.3f}")
    for path, every_s in WAYS[way].items():
        own = [asker for asker in askers if asker.path == path]
        took = [ms for asker in own for ms in asker.took_ms]
        size = sum(asker.bytes for asker in own)
        assert size > 0 and (took or every_s is None), f"nobody had an answer from {path}"
        answers = f"{len(took)} answers, {spread(took, 'ms', 1)}, " if took else ""
        print(f"  {path}: {answers}{size / 1000:,.0f} kB")
    return rates


def ratios(runs, way, key):
    return [one[key] / alone[key] for alone, one in zip(runs["alone"], runs[way])]


def drain(servers, topic, options, way, number, askers):
    port = free_port()
    one = ObekRun(servers, topic, options, MODEL, f"scrape-{way}-{number}", {"http.listen": f"127.0.0.1:{port}"})
    own = [Asker(port, path, every_s) for path, every_s in WAYS[way].items()]
    askers += own
    for asker in own:
        asker.start()
    try:
        return measured(servers, topic, options, one, one.start_to_end)
    finally:
        for asker in own:
            asker.end()
        servers.drop_redis(one.redis)


def interval(values):
    """(low, high, coverage) of the median: the narrowest pair of order statistics that covers it in COVERAGE of all cases, or the
    extremes, with what they cover, where there are too few values."""
    ordered, n = sorted(values), len(values)
    for k in range(n // 2, 0, -1):
        coverage = 1 - 2 * sum(math.comb(n, i) for i in range(k)) / 2 ** n
        if coverage >= COVERAGE or k == 1:
            return ordered[k - 1], ordered[n - k], coverage
    return ordered[0], ordered[-1], 0.0


def table(runs):
    made = Table(*WAYS, *(f"{way} / alone" for way in WAYS if WAYS[way]))
    for name, key, unit, digits in (("drain rate", "rate", "orders/s", 0), ("own CPU an order", "cpu_us", "us", 2)):
        made.row(name, *(spread([one[key] for one in runs[way]], unit, digits) for way in WAYS),
                 *(spread(ratios(runs, way, key), "", 3) for way in WAYS if WAYS[way]))
    return made
