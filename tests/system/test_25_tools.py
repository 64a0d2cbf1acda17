"""What operators run: obek show, segments and redrive, on what a real run has left."""
import csv
import io
import json
import os
import time

import pytest

MODEL = {
    "obek_model": 1, "name": "small", "version": "1", "created": "2024-01-01T00:00:00Z", "currency": "TRY",
    "schemes": [{
        "name": "kmeans", "type": "kmeans", "hysteresis": 0,
        "features": [{"name": "monetary", "transform": "none", "clip": [None, None], "offset": 0, "factor": 1}],
        "segments": [{"id": "small", "label": {"en": "Small, yet"}, "centroid": [10]}, {"id": "large", "centroid": [1000]},
                     {"id": "huge", "centroid": [100000]}],
    }],
}
ORIGIN = ("__connect.errors.topic", "__connect.errors.partition", "__connect.errors.offset")


@pytest.fixture
def one(obek, folder):
    path = f"{folder}/model.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(MODEL, file)
    return obek(model_file=path, dead_letter_share_max=1)


def order(order_id, customer, amount, at_ms, **more):
    value = {"order_id": order_id, "customer_id": customer, "amount": amount, "occurred_at": at_ms, **more}
    return {"key": customer.encode(), "value": json.dumps(value).encode()}


NOW = int(time.time() * 1000) // 1000 * 1000


def instant(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"


@pytest.fixture
def filled(one, topics):
    """Three customers, one with a name that CSV must quote."""
    name = topics.create("orders", partitions=2)
    topics.produce(name, [
        order("o1", "c1", "12.50", NOW - 90000, channel="Web"), order("o2", "c1", "2000", NOW - 80000, channel="Store"),
        order("o2", "c1", None, NOW - 70000, kind="RETURN", return_id="r1") | {"value": json.dumps(
            {"order_id": "o2", "customer_id": "c1", "amount": "400.05", "occurred_at": NOW - 70000, "kind": "RETURN"}).encode()},
        order("o3", 'ö"x, y', "7", NOW - 60000), order("o4", "c3", "5", NOW - 50000),
        {"key": b"c3", "value": json.dumps({"order_id": "o4", "customer_id": "c3", "kind": "CANCELLATION",
                                            "occurred_at": NOW - 40000}).encode()},
    ])
    one.run_to_end()
    return one


def test_show_as_json(filled):
    c1 = json.loads(filled.call("show", "-o", "json", "c1").stdout)
    assert (c1["orders"], c1["orders_online"], c1["orders_offline"]) == (2, 1, 1)
    assert (c1["value"], c1["value_online"], c1["value_offline"], c1["currency"]) == ("1612.45", "12.50", "1599.95", "TRY")
    assert c1["first_order"] == c1["last_order_online"] == instant(NOW - 90000)
    assert c1["last_order"] == c1["first_order_offline"] == instant(NOW - 80000)
    assert c1["as_of"] == instant(NOW - 70000) and c1["due"] is None and c1["sequence"] == 2
    assert c1["model"] == {"number": 0, "name": "small", "version": "1"}
    state = c1["segments"]["kmeans"]
    assert (state["segment"], state["since"], state["next_segment"]) == ("large", instant(NOW - 80000), None)
    assert c1["features"]["monetary"] == pytest.approx(1612.45) and c1["features"]["recency_days"] == pytest.approx(10 / 86400)
    assert [(o["amount"], o["returned"], o["channel"], o["status"]) for o in c1["ledger"]["orders"]] == [
        ("12.50", "0.00", "online", "live"), ("2000.00", "400.05", "offline", "live")]
    assert [(t["from_segment"], t["to_segment"], t["cause"]) for t in c1["transitions"]] == [
        (None, "small", "ORDER"), ("small", "large", "ORDER")]


def test_show_someone_who_left(filled):
    c3 = json.loads(filled.call("show", "-o", "json", "c3").stdout)
    assert (c3["orders"], c3["first_order"], c3["features"]) == (0, None, None)
    assert c3["segments"]["kmeans"]["segment"] is None and c3["segments"]["kmeans"]["margin"] is None
    assert [o["status"] for o in c3["ledger"]["orders"]] == ["voided"]


def test_show_as_table(filled):
    text = filled.call("show", "c1").stdout
    for expected in ("c1", "large", "1599.950", "2000.00", "400.05", "small -> large (ORDER)", "small, version 1"):
        assert expected in text
    assert "none: no live order" in filled.call("show", "c3").stdout


def test_show_nobody(filled):
    done = filled.call("show", "nobody", expect=1)
    assert done.stdout == "" and "there is no customer nobody" in done.stderr
    filled.call("show", expect=2)
    filled.call("show", "--all", expect=2)


def test_show_all(filled):
    everybody = [json.loads(line) for line in filled.call("show", "--all", "-o", "json").stdout.splitlines()]
    assert sorted(one["customer_id"] for one in everybody) == sorted(["c1", 'ö"x, y', "c3"])
    c1 = json.loads(filled.call("show", "-o", "json", "c1").stdout)
    assert c1 in everybody


def test_show_without_redis(one, redis):
    done = one.call("show", "c1", expect=1)
    assert "has never run there" in done.stderr
    redis.kill()
    began = time.monotonic()
    assert "gave up waiting for redis" in one.call("show", "c1", expect=1).stderr
    assert time.monotonic() - began < 30


def test_segments(filled):
    answer = json.loads(filled.call("segments", "-o", "json").stdout)
    assert answer["model"]["name"] == "small" and answer["currency"] == "TRY"
    scheme, = answer["schemes"]
    assert (scheme["scheme"], scheme["customers"], scheme["value"]) == ("kmeans", 2, "1619.45")
    assert [(s["segment"], s["customers"], s["value"], s["share"]) for s in scheme["segments"]] == [
        ("small", 1, "7.00", 0.5), ("large", 1, "1612.45", 0.5), ("huge", 0, "0.00", 0)]
    text = filled.call("segments").stdout
    assert "Small, yet" in text and "kmeans: 2 customers, 1619.45 TRY" in text


def test_members(filled):
    for name in ("small", "kmeans/small"):
        rows = list(csv.DictReader(io.StringIO(filled.call("segments", "--members", name).stdout)))
        assert rows == [{"customer_id": 'ö"x, y', "since": instant(NOW - 60000), "value": "7.00",
                         "last_order": instant(NOW - 60000), "due": ""}]
    line = json.loads(filled.call("segments", "-o", "json", "--members", "large").stdout)
    assert (line["customer_id"], line["value"], line["due"]) == ("c1", "1612.45", None)
    assert filled.call("segments", "--members", "huge").stdout.splitlines() == ["customer_id,since,value,last_order,due"]
    assert "kmeans/large" in filled.call("segments", "--members", "giant", expect=1).stderr


def headers_of(message):
    return dict(message.headers() or [])


@pytest.fixture
def dead(one, topics):
    """Two bad records between good ones: an amount with three decimals, and a field that another configuration would find."""
    name = topics.create("orders", partitions=2)
    bad = {"key": b"c1", "partition": 1, "timestamp": NOW - 5000, "headers": [("trace", b"\xff\x00"), ("empty", None)]}
    topics.produce(name, [
        order("o1", "c1", "1", NOW - 9000) | {"partition": 1},
        bad | {"value": b'{"order_id":"o2","customer_id":"c1","amount":"1.005"}'},
        bad | {"value": b'{"no":"o3","customer_id":"c1","amount":"2000"}'},
        order("o4", "c1", "1", NOW - 1000) | {"partition": 1},
    ])
    one.run_to_end()
    one.orders = name
    one.dead = topics.name("orders-dead")
    assert len(topics.read(one.dead)) == 2
    return one


def redrive(one, *arguments, **more):
    done = one.call("redrive", "-o", "json", *arguments, **more)
    return json.loads(done.stdout)


def test_redrive_keeps_what_does_not_decode(dead, topics):
    report = redrive(dead, "--dry-run")
    assert (report["goes"], report["stays"]) == (0, 2)
    assert {row["reason"] for row in report["rows"]} == {"bad_amount", "missing_field"}
    assert redrive(dead)["goes"] == 0
    assert len(topics.read(dead.dead)) == 2, "nothing goes, so nothing moves"
    assert topics.committed(f"{topics.name('obek')}-redrive", dead.dead) == {}


def test_redrive_with_another_configuration(dead, topics):
    dead.properties["feed.orders.field.order_id"] = "no"
    dead.write_config()
    assert redrive(dead, "--dry-run")["goes"] == 1
    before = topics.read(dead.orders)
    assert redrive(dead)["goes"] == 1
    new = topics.read(dead.orders)[-1]
    original = before[2]
    assert len(topics.read(dead.orders)) == 5
    assert (new.key(), new.value(), new.partition(), new.timestamp()[1], new.headers()) == (
        original.key(), original.value(), 1, original.timestamp()[1], original.headers())
    # the other one was before it: it is at the end now, as it was, and is found again
    first, _, moved = topics.read(dead.dead)
    assert (moved.value(), moved.headers(), moved.timestamp()) == (first.value(), first.headers(), first.timestamp())
    report = redrive(dead, "--dry-run")
    assert (report["goes"], report["stays"]) == (0, 1)
    assert redrive(dead)["goes"] == 0 and len(topics.read(dead.orders)) == 5
    dead.run_to_end()
    assert json.loads(dead.call("show", "-o", "json", "c1").stdout)["orders"] == 3


def test_redrive_by_reason(dead, topics):
    dead.properties["feed.orders.field.order_id"] = "no"
    dead.write_config()
    report = redrive(dead, "--reason", "bad_amount")
    assert (report["goes"], report["stays"], report["skipped"]) == (0, 1, 1)
    report = redrive(dead, "--reason", "missing_field")
    assert (report["goes"], report["skipped"]) == (1, 1)


def test_repaired_by_hand(dead, topics, folder):
    letters = os.path.join(folder, "letters")
    assert redrive(dead, "--reason", "bad_amount", "--dump", letters)["stays"] == 1
    name = f"{dead.orders}-1-1"
    assert sorted(os.listdir(letters)) == [f"{name}.json", f"{name}.key", f"{name}.value"]
    with open(f"{letters}/{name}.json", encoding="utf-8") as file:
        told = json.load(file)
    assert (told["topic"], told["partition"], told["offset"], told["reason"]) == (dead.orders, 1, 1, "bad_amount")
    assert told["headers"][0] == {"name": "trace", "value_base64": "/wA="}
    # not repaired yet: it stays, and says so
    assert "was not sent" in dead.call("redrive", "--load", letters, expect=1).stderr
    with open(f"{letters}/{name}.value", "r+b") as file:
        repaired = file.read().replace(b"1.005", b"1.01")
        file.seek(0)
        file.write(repaired)
        file.truncate()
    redrive(dead, "--reason", "bad_amount", "--dump", letters)
    with open(f"{letters}/{name}.value", "rb") as file:
        assert file.read() == repaired, "a second dump leaves repaired files alone"
    report = redrive(dead, "--load", letters)
    assert (report["goes"], report["skipped"]) == (1, 1)
    assert sorted(os.listdir(f"{letters}/sent")) == [f"{name}.json", f"{name}.key", f"{name}.value"]
    new = topics.read(dead.orders)[-1]
    assert (new.value(), new.key(), new.headers(), new.timestamp()[1]) == (
        repaired, b"c1", [("trace", b"\xff\x00"), ("empty", None)], NOW - 5000)
    # sent once: the file put back has no dead letter any more
    for suffix in ("json", "key", "value"):
        os.rename(f"{letters}/sent/{name}.{suffix}", f"{letters}/{name}.{suffix}")
    assert "was not sent" in dead.call("redrive", "--load", letters, expect=1).stderr
    assert len(topics.read(dead.orders)) == 5
    assert redrive(dead, "--dry-run")["stays"] == 1


def test_redrive_of_foreign_records(dead, topics):
    topics.produce(dead.dead, [{"value": b"x"}, {"value": b"y", "headers": [
        (ORIGIN[0], b"../etc"), (ORIGIN[1], b"0"), (ORIGIN[2], b"0")]},
        {"value": b"z", "headers": [(ORIGIN[0], b"elsewhere"), (ORIGIN[1], b"0"), (ORIGIN[2], b"0")]}])
    report = redrive(dead, "--dry-run")
    assert sorted((row["why"], row["count"]) for row in report["rows"]) == [
        ("bad_amount", 1), ("missing_field", 1), ("no_feed", 1), ("no_origin", 2)]


def test_redrive_without_dead_letters(one):
    assert redrive(one) == {"goes": 0, "stays": 0, "skipped": 0, "rows": []}
