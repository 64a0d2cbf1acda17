"""obek explain: its parts sum up, and what it says of one more order is what happens when that order comes."""
import json
import os
import random
import time

import pytest

from obek_process import PROJECT
from small import order

DAY = 86_400_000
NOW = int(time.time() * 1000) // 1000 * 1000
AT = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW // 1000))
CUSTOMERS = [f"c{i}" for i in range(40)]


def history():
    """FLO-like: one to nine orders in the last 500 days, in two channels."""
    chance = random.Random(70)
    orders = []
    for customer in CUSTOMERS:
        at = NOW - chance.randint(1, 500) * DAY
        for number in range(chance.randint(1, 9)):
            orders.append(order(f"{customer}-{number}", customer, f"{chance.lognormvariate(4.8, 0.7):.2f}", at,
                                channel=chance.choice(["Store", "Web"])))
            at = chance.randint(at, NOW - 1000)
    return sorted(orders, key=lambda one: json.loads(one["value"])["occurred_at"])


@pytest.fixture
def flo(obek, topics):
    one = obek(model_file=os.path.join(PROJECT, "config", "models", "flo-all.json"))
    one.orders = topics.create("orders", partitions=1)
    topics.produce(one.orders, history())
    one.run_to_end()
    return one


def explain(one, customer, *arguments):
    return json.loads(one.call("explain", "-o", "json", "--at", AT, *arguments, customer).stdout)


def show(one, customer):
    return json.loads(one.call("show", "-o", "json", customer).stdout)


def present_segments(shown, explained):
    """What is saved, and what is due by now and comes with the next touch."""
    segments = {scheme: state["segment"] for scheme, state in shown["segments"].items()}
    for transition in explained["pending"]:
        assert transition["from_segment"] == segments[transition["scheme"]]
        segments[transition["scheme"]] = transition["to_segment"]
    return segments


def hold_kmeans(why, runner_up):
    parts = [part["advantage"] for part in why["features"]]
    assert len(parts) == 6 and runner_up is not None
    assert sum(parts) == pytest.approx(why["advantage"], abs=1e-9)
    assert why["runner_up_squared_distance"] - why["squared_distance"] == pytest.approx(why["advantage"], abs=1e-12)
    assert why["advantage"] >= why["leaves_below"] and why["leaves_below"] < 0


def hold_rfm(why, shown):
    for name, feature in (("recency", "recency_days"), ("frequency", "frequency"), ("monetary", "monetary")):
        band = why[name]
        assert band["feature"] == feature and 1 <= band["score"] <= band["scores"] == 5
        assert band["above"] is None or band["above"] < band["value"]
        assert band["up_to"] is None or band["value"] <= band["up_to"]
    assert why["frequency"]["value"] == shown["orders"]
    assert why["monetary"]["value"] == pytest.approx(float(shown["value"]))


def hold_cltv(why):
    assert 0 < why["p_alive"] <= 1 and why["purchases"] > 0
    for distance, cut, sign in (("to_lower", "above", 1), ("to_upper", "up_to", -1)):
        assert (why[distance] is None) == (why[cut] is None)
        if why[cut] is not None:
            assert why[distance] == pytest.approx(sign * (why["cltv"] - why[cut])) and why[distance] >= 0


def test_parts_and_one_more_order(flo, topics):
    explained = {customer: explain(flo, customer) for customer in CUSTOMERS}
    for customer, one in explained.items():
        shown = show(flo, customer)
        schemes = one["schemes"]
        assert {name: scheme["segment"] for name, scheme in schemes.items()} == present_segments(shown, one)
        hold_kmeans(schemes["kmeans"]["why"], schemes["kmeans"]["runner_up"])
        hold_rfm(schemes["rfm"]["why"], shown)
        hold_cltv(schemes["cltv"]["why"])
        assert one["one_more_order"]["amount"] == f"{float(shown['features']['avg_order_value']):.2f}"
    # each of those orders is sent
    topics.produce(flo.orders, [
        order("more", customer, one["one_more_order"]["amount"], NOW,
              channel={"online": "Web", "offline": "Store"}[one["one_more_order"]["channel"]])
        for customer, one in explained.items()])
    flo.run_to_end()
    moved = 0
    for customer, one in explained.items():
        after = show(flo, customer)["segments"]
        for name, scheme in one["schemes"].items():
            assert after[name]["segment"] == scheme["one_more_order"]["segment"], (customer, name)
            assert after[name]["margin"] == pytest.approx(scheme["one_more_order"]["margin"], abs=1e-12)
            moved += scheme["segment"] != scheme["one_more_order"]["segment"]
    assert moved > 10, "orders that move nobody show nothing"


def test_when_time_moves_them(flo):
    """The instant that explain names is that of the due time, and a look then finds them there."""
    found = 0
    for customer in CUSTOMERS[:12]:
        for name, scheme in explain(flo, customer)["schemes"].items():
            if scheme["next"] is None:
                continue
            then = json.loads(flo.call("explain", "-o", "json", "--at", scheme["next"]["at"], customer).stdout)
            assert then["schemes"][name]["segment"] == scheme["next"]["segment"]
            assert [t["occurred_at"] for t in then["pending"] if t["scheme"] == name][-1] == scheme["next"]["at"]
            found += 1
    assert found > 5


def test_in_words(flo):
    text = flo.call("explain", "--at", AT, "c1").stdout
    for expected in ("customer c1 at ", "kmeans: ", "rfm: ", "cltv: ", "recency_days", "TYPICAL HERE", "One more order of ", "If nothing happens",
                     "last changes", "because of an order"):
        assert expected in text
    turkish = flo.call("explain", "--at", AT, "--lang", "tr", "c1").stdout
    for expected in ("müşteri c1", "Neden", "Hiçbir şey olmazsa", "son değişiklikler", "sipariş"):
        assert expected in turkish
    with open(flo.properties["model.file"], encoding="utf-8") as file:
        segments = {s["id"]: s["label"] for s in json.load(file)["schemes"][0]["segments"]}
    label = segments[explain(flo, "c1")["schemes"]["kmeans"]["segment"]]
    assert label["en"] in text and label["tr"] in turkish


def test_now_is_the_wall_clock(flo):
    before = int(time.time() * 1000)
    now = json.loads(flo.call("explain", "-o", "json", "c1").stdout)["now"]
    assert before <= instant_ms(now) <= time.time() * 1000
    reached = json.loads(flo.call("explain", "-o", "json", "-X", "clock=event", "c1").stdout)["now"]
    assert instant_ms(reached) <= NOW - 1000, "the newest order of the topic"


def instant_ms(text):
    return int(time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone) * 1000 + int(text[20:23])


def test_of_nobody_and_without_orders(flo, topics):
    assert "there is no customer nobody" in flo.call("explain", "nobody", expect=1).stderr
    flo.call("explain", expect=2)
    flo.call("explain", "--lang", "de", "c1", expect=2)
    assert "--at" in flo.call("explain", "--at", "tomorrow", "c1", expect=1).stderr
    topics.produce(flo.orders, [order("x", "gone", "5", NOW), order("x", "gone", None, NOW, kind="CANCELLATION")])
    flo.run_to_end()
    gone = explain(flo, "gone")
    assert gone["schemes"] == {} and gone["one_more_order"] is None
    text = flo.call("explain", "gone").stdout
    assert "no live order" in text and "left " in text
