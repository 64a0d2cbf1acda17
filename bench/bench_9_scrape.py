"""What being watched costs: the drain rate with /metrics asked every 100 ms against nobody asking. Runs lie next to each other in
pairs, and whoever is first changes; the interval is one of the median of the pairs' ratios, without any assumption but that pairs are
alike (order statistics of the binomial)."""
import http.client
import math
import threading
import time
from statistics import median

from bench_1_drain import measured
from processes import free_port
from table import Table, spread
from workload import MODEL, ObekRun, filled

EVERY_S = 0.1
COVERAGE = 0.95


class Scraper(threading.Thread):
    """Asks for /metrics at a fixed rate, on one connection as Prometheus does, until it is told to end."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self._port, self._over = port, threading.Event()
        self.took_ms, self.bytes = [], 0

    def run(self):
        connection, due = None, time.monotonic()
        while not self._over.wait(max(0, due - time.monotonic())):
            due = max(due + EVERY_S, time.monotonic())
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
                began = time.monotonic()
                connection.request("GET", "/metrics")
                answer = connection.getresponse()
                self.bytes = len(answer.read())
                assert answer.status == 200, answer.status
                self.took_ms.append((time.monotonic() - began) * 1000)
            except OSError:  # it is not there yet, or not any more
                connection = None

    def end(self):
        self._over.set()
        self.join()


def run(servers, options, _results):
    topic = filled(servers, options)
    runs, scrapes = {"alone": [], "scraped": []}, []
    for number in range(options.pairs):
        for how in sorted(runs, reverse=number % 2 == 1):
            runs[how].append(drain(servers, topic, options, f"scrape-{how}-{number}", scrapes if how == "scraped" else None))
    ratios = [with_it["rate"] / without["rate"] for without, with_it in zip(runs["alone"], runs["scraped"])]
    print(table(runs, ratios), flush=True)
    low, high, coverage = interval(ratios)
    cpu = [with_it["cpu_us"] / without["cpu_us"] for without, with_it in zip(runs["alone"], runs["scraped"])]
    took = [ms for scraper in scrapes for ms in scraper.took_ms]
    print(f"drain rate, scraped / alone: median {median(ratios):.3f}, {coverage:.1%} interval {low:.3f}..{high:.3f} of {len(ratios)} pairs; "
          f"own CPU an order: median {median(cpu):.3f}, {interval(cpu)[0]:.3f}..{interval(cpu)[1]:.3f}")
    print(f"{len(took)} scrapes of {scrapes[-1].bytes / 1000:.0f} kB: {spread(took, 'ms', 1)}")
    assert len(took) > len(scrapes), "hardly anything was scraped"
    return {**runs, "ratios": ratios, "interval": [low, high], "coverage": coverage, "scrape_ms": median(took)}


def drain(servers, topic, options, name, scrapes):
    port = free_port()
    one = ObekRun(servers, topic, options, MODEL, name, {"http.listen": f"127.0.0.1:{port}"})
    scraper = Scraper(port)
    if scrapes is not None:
        scrapes.append(scraper)
        scraper.start()
    try:
        return measured(servers, topic, options, one, one.start_to_end)
    finally:
        if scrapes is not None:
            scraper.end()
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


def table(runs, ratios):
    made = Table("alone", "scraped", "scraped / alone")
    made.row("drain rate", *(spread([one["rate"] for one in runs[how]], "orders/s") for how in runs), spread(ratios, "", 3))
    made.row("own CPU an order", *(spread([one["cpu_us"] for one in runs[how]], "us", 2) for how in runs),
             spread([b["cpu_us"] / a["cpu_us"] for a, b in zip(*runs.values())], "", 3))
    return made
