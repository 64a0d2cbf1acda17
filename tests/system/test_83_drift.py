"""Drift: a sample of customers that is all of them, held against the same sums made here from what obek shows."""
import json
import math
import random

import pytest

from processes import free_port
from small import model, now_ms, order
from test_80_http import Http, ready, total
from waiting import wait_until

DAY_MS = 86400000
EDGES, COUNTS = [0, 100, 200, 400], [50, 30, 20]


def psi(shares, values, bin_of):
    counts = [0] * len(shares)
    for value in values:
        counts[bin_of(value)] += 1
    now = [(n or 0.5) / len(values) for n in counts]
    return sum((a - b) * math.log(a / b) for a, b in zip(now, shares))


def described(written):
    monetary = {"count": 100, "distinct": 3, "histogram": {"edges": EDGES, "counts": COUNTS}}
    offline = {"count": 200, "distinct": 3, "histogram": {"edges": [0, 1000, 2000], "counts": [60, 40]}}
    written["trained_on"] = {"features": {"monetary": monetary, "recency_offline_days": offline, "recency_days": {"count": 0}, "age": monetary}}


def test_drift_is_that_of_the_customers(obek, folder, topics):
    name, port = topics.create("orders", partitions=1), free_port()
    one = obek(model_file=model(folder, changed=described), http_listen=f"127.0.0.1:{port}")
    one.run_to_end()
    chance = random.Random(83)
    at = now_ms() - 400 * DAY_MS
    topics.produce(name, [order(f"o{i}", f"c{i % 300}", chance.choice([20, 90, 150, 500]), at + i * 1000, channel=chance.choice(["Web", "Store"]))
                          for i in range(420)] + [order("late", "late", 5, at, kind="ORDER"), order("late", "late", None, at + 1, kind="CANCELLATION")])
    one.run_to_end()
    one.start()
    web = Http(port)
    wait_until(web.listens, 20)
    ready(web)
    wait_until(lambda: web.metrics()["obek_drift_sample_customers"], 40)
    numbers = web.metrics()
    states = [json.loads(line) for line in one.call("show", "--all", "-o", "json").stdout.splitlines()]
    live = [s for s in states if s["orders"] > 0]
    assert len(live) == 300 and total(numbers["obek_drift_sample_customers"]) == 300
    drift = {dict(key)["feature"]: value for key, value in numbers["obek_feature_drift_psi"].items()}
    assert drift.keys() == {"monetary", "recency_offline_days"}
    values = [s["features"]["monetary"] for s in live]
    assert drift["monetary"] == pytest.approx(psi([0.5, 0.3, 0.2], values, lambda v: 0 if v < 100 else 1 if v < 200 else 2))
    offline = [s["last_order_offline"] is not None for s in live]  # 400 days ago, or never
    assert drift["recency_offline_days"] == pytest.approx(psi([0.3, 0.2, 0.5], offline, lambda v: 0 if v else 2))
    assert drift["monetary"] > 0.1
