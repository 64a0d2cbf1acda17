"""Value at stake: what is expected of each segment's customers (CLTV), kept in Redis as of each one's last evaluation by the model in
force, and told by `obek segments`, /metrics and the API."""
import json
import os
import random
from decimal import Decimal

import pytest

from expected import shown_states
from processes import free_port
from redis_contents import expected_of, hold_redis, in_force
from reference.flo import cltv_scheme
from small import model, now_ms, order
from test_80_http import Http, ready
from waiting import wait_until

DAY_MS = 86400000
BUCKETS = 16


def with_dropout(written):
    """Some never come back, so that also the hypergeometric part counts."""
    written["schemes"].append({**cltv_scheme(), "bgnbd": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}})


def with_more_value(written):
    """By the first of two, and under another name."""
    written["schemes"] += [{**cltv_scheme(), "gamma_gamma": {"p": 6.25, "q": 3.74, "v": 154.4}}, {**cltv_scheme(), "name": "other"}]
    written["schemes"][1]["segments"][0]["id"] = "lowest"


@pytest.fixture
def shop(obek, folder, topics):
    """obek at work on some orders: (one, web)."""
    name, port, chance = topics.create("orders", partitions=2), free_port(), random.Random(84)
    one = obek(model_file=model(folder, changed=with_dropout), http_listen=f"127.0.0.1:{port}", buckets=BUCKETS)
    begin = now_ms() - 300 * DAY_MS
    orders = [order(f"o{i}", f"c{i % 70}", round(chance.uniform(5, 2000), 2), begin + i * DAY_MS // 2, partition=i % 70 % 2,
                    channel=chance.choice(["Web", "Store"])) for i in range(500)]
    orders.append(order("o3", "c3", "2.50", begin + 290 * DAY_MS, partition=1, kind="RETURN"))
    orders += [order("gone", "gone", amount, begin + 295 * DAY_MS, partition=0, kind=kind)
               for kind, amount in (("ORDER", 30), ("CANCELLATION", None))]
    topics.produce(name, orders)
    one.run_to_end()
    one.start()
    web = Http(port)
    wait_until(web.listens, 20)
    ready(web)
    return one, web


def segments(one):
    return json.loads(one.call("segments", "-o", "json").stdout)


def counted(one):
    """Customers with their value expected, of each scheme."""
    return {scheme["scheme"]: (scheme["cltv_customers"], scheme["customers"]) for scheme in segments(one)["schemes"]}


def hold(one, redis, web):
    """Redis, `obek segments`, the API and /metrics tell the sums that the reference makes of the states."""
    wait_until(lambda: not any(redis.client.hlen(f"obek:{{{bucket}}}:outbox") for bucket in range(BUCKETS)), 15)
    states = shown_states(one)
    hold_redis(redis.client, states, buckets=BUCKETS)
    number, schemes = in_force(redis.client, BUCKETS)
    told = segments(one)
    assert told == web.ask("/api/v1/segments").json()
    assert told["cltv"] == {"scheme": "cltv", "months": 6} and told["model"]["number"] == number
    for scheme in told["schemes"]:
        name = scheme["scheme"]
        for row in scheme["segments"]:
            expected = [expected_of(state, number, schemes) for state in states.values() if state["segments"][name] == row["segment"]]
            assert row["cltv_customers"] == len(expected) == row["customers"]
            assert float(row["cltv"]) * 100 == pytest.approx(sum(expected), abs=3)
        assert Decimal(scheme["cltv"]) == sum(Decimal(row["cltv"]) for row in scheme["segments"]) > 0
    for metric, key in (("obek_segment_cltv", "cltv"), ("obek_segment_cltv_customers", "cltv_customers"), ("obek_segment_customers", "customers"),
                        ("obek_segment_value", "value")):
        rows = {(("scheme", scheme["scheme"]), ("segment", row["segment"])): float(row[key])
                for scheme in told["schemes"] for row in scheme["segments"]}
        wait_until(lambda metric=metric, rows=rows: web.metrics()[metric] == rows, 15)
    return told


def put(one, changed, version):
    return one.call("model", "put", model(os.path.dirname(one.properties["model.file"]), f"{version}.json", changed, version=version))


def test_it_follows_orders_models_and_erasures(shop, redis):
    one, web = shop
    wait_until(lambda: counted(one) == {"kmeans": (70, 70), "cltv": (70, 70)}, 30)  # time may have to run on
    first = hold(one, redis, web)
    table = one.call("segments").stdout
    assert f"expected of 70 of them within 6 months: {first['schemes'][0]['cltv']}" in table and " CLTV " in table
    put(one, with_more_value, "2")
    wait_until(lambda: counted(one) == dict.fromkeys(("kmeans", "cltv", "other"), (70, 70)), 30)
    second = hold(one, redis, web)
    assert float(second["schemes"][0]["cltv"]) != pytest.approx(float(first["schemes"][0]["cltv"]))
    one.call("erase", "c5")
    wait_until(lambda: counted(one)["kmeans"] == (69, 69), 30)
    hold(one, redis, web)


def test_some_have_met_the_model_and_some_have_not(obek, folder, topics, redis):
    """No walk: each counts under the new model from their next order on, and under the old one no more."""
    name = topics.create("orders", partitions=1)
    one = obek(model_file=model(folder, changed=with_dropout), clock="manual", buckets=BUCKETS)
    topics.produce(name, [order(f"o{i}", f"c{i % 40}", 10 + i) for i in range(120)])
    one.run_to_end()
    put(one, with_more_value, "2")
    one.run_to_end()
    assert counted(one) == {"kmeans": (0, 40), "cltv": (0, 40), "other": (0, 0)}
    topics.produce(name, [order(f"later{i}", f"c{i}", 10 + i) for i in range(15)])
    one.run_to_end()
    assert counted(one) == {"kmeans": (15, 40), "cltv": (15, 40), "other": (15, 15)}
    hold_redis(redis.client, shown_states(one), buckets=BUCKETS)


def test_a_model_that_expects_nothing(shop, redis):
    one, web = shop
    wait_until(lambda: web.metrics()["obek_segment_cltv"], 15)
    put(one, None, "2")
    wait_until(lambda: all(state["shown"]["model"]["number"] > 0 for state in shown_states(one).values() if state["shown"]["orders"]), 30)
    told = segments(one)
    assert told["cltv"] is None and {scheme["cltv"] for scheme in told["schemes"]} == {scheme["cltv_customers"] for scheme in told["schemes"]} == {None}
    assert "CLTV" not in one.call("segments").stdout
    fields = [field for bucket in range(BUCKETS) for field in redis.client.hgetall(f"obek:{{{bucket}}}:sizes")]
    assert fields and not [field for field in fields if b"@" in field]
    wait_until(lambda: "obek_segment_cltv" not in web.metrics(), 15)
