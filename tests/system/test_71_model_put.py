"""A new model: put by a command or by SIGHUP, gone back from, and told beforehand by obek model diff."""
import csv
import json
import os
import random
import signal
from collections import Counter

import pytest

import small
from expected import format_time, parse_time
from obek_process import PROJECT
from waiting import wait_until

AMOUNTS = {"c1": "5", "c2": "300", "c3": "700", "c4": "2000"}
SECOND = [{"id": "small", "centroid": [10]}, {"id": "medium", "centroid": [400]}, {"id": "large", "centroid": [3000]}]


def second(model):
    model["version"] = "2"
    model["schemes"][0]["segments"] = SECOND


# a static member that has stopped is listed until its session ends
SOON = {"kafka.consumer.session.timeout.ms": 6000}


@pytest.fixture
def one(obek, folder, topics):
    """The model `small` in force, and a file with the second one beside it: c2 and c3 would be medium, c4 stays large."""
    made = obek(SOON, model_file=small.model(folder))
    made.second = small.model(folder, "second.json", second)
    made.orders = topics.create("orders", partitions=1)
    topics.produce(made.orders, [small.order("o1", customer, amount) for customer, amount in AMOUNTS.items()])
    return made


def in_force(process):
    return process.log().count("event=model_in_force")


def started(one):
    process = one.start()
    wait_until(lambda: in_force(process) == 1, 60, "the first model to be in force")
    return process


def put(one, path, *arguments, **more):
    done = one.call("model put", "-o", "json", *arguments, path, **more)
    return json.loads(done.stdout), done.stderr


def touch(topics, one, number):
    """A cancellation of an order that is yet to come changes no feature."""
    topics.produce(one.orders, [small.order(f"none-{number}", customer, None, kind="CANCELLATION") for customer in AMOUNTS])


def model_moves(topics, number):
    return sorted((e["customer_id"], e["from_segment"], e["to_segment"]) for e in small.events(topics)
                  if e["cause"] == "MODEL" and e["event_id"].startswith(f"model/{number}/"))


def wait_for_events(topics, n):
    wait_until(lambda: len(small.events(topics)) >= n, 60, f"{n} events", every_s=0.2)


def test_put_and_go_back(one, topics):
    process = started(one)
    wait_for_events(topics, 4)
    there, _ = put(one, one.second)
    assert there["in_force"] and there["proposed"] and there["version"] == "2"
    assert json.loads(one.call("segments", "-o", "json").stdout)["model"] == {
        "number": there["number"], "name": "small", "version": "2"}
    touch(topics, one, 1)
    wait_for_events(topics, 6)
    assert model_moves(topics, there["number"]) == [("c2", "small", "medium"), ("c3", "large", "medium")]
    # the same again changes nothing
    again, said = put(one, one.second)
    assert again == {**there, "proposed": False} and "already" in said
    # and back, though that one has been in force before
    back, _ = put(one, one.properties["model.file"])
    assert back["in_force"] and back["number"] > there["number"]
    touch(topics, one, 2)
    wait_for_events(topics, 8)
    assert model_moves(topics, back["number"]) == [("c2", "medium", "small"), ("c3", "medium", "large")]
    assert in_force(process) == 3
    assert process.terminate() == 0
    # a start with the first file, which was in force before: nothing flips
    wait_for_events(topics, 8)
    assert len(small.events(topics)) == 8


def test_explain_under_a_new_model(one, topics):
    """Before the next touch: what it will find is told as not written yet."""
    one.run_to_end()
    put(one, one.second)
    process = started(one)
    wait_until(lambda: json.loads(one.call("segments", "-o", "json").stdout)["model"]["version"] == "2", 60, "the model")
    explained = json.loads(one.call("explain", "-o", "json", "c2").stdout)
    segment = explained["schemes"]["kmeans"]["segment"]
    pending = [(t["from_segment"], t["to_segment"], t["cause"]) for t in explained["pending"]]
    assert segment == "medium" and pending in ([], [("small", "medium", "MODEL")])
    process.terminate()


def test_put_where_nothing_runs(one, topics):
    """Before the first start of all, and between two."""
    first, said = put(one, one.second)
    assert not first["in_force"] and first["proposed"] and "no obek of this group runs" in said
    one.write_config(model_file=one.second)
    one.run_to_end()
    assert {move[1] for move in small.moves(topics)} == {"small", "medium", "large"}
    _, said = put(one, small.model(one.folder, "first.json"))
    assert "no obek of this group runs" in said
    one.run_to_end()
    assert json.loads(one.call("segments", "-o", "json").stdout)["model"]["version"] == "1"


def test_a_model_carries_the_time_reached(one, topics):
    """T: the wall clock less the grace where all is read, W where it is not; with clock = event W."""
    def proposed(path, *arguments):
        number = put(one, path, *arguments)[0]["number"]
        record = topics.read(topics.name("obek-control"))[-1]
        assert record.offset() == number
        return json.loads(record.value())["time"]

    one.run_to_end()
    watermark = format_time(max(json.loads(record.value())["occurred_at"] for record in topics.read(one.orders)))
    first, before = one.properties["model.file"], small.now_ms()
    assert before - 5000 <= parse_time(proposed(one.second)) <= small.now_ms() - 5000
    assert proposed(first, "-X", "clock=event") == watermark
    topics.produce(one.orders, [small.order("more", "c1", "1")])
    assert proposed(one.second) == watermark, "there is more to read"
    topics.add_partitions(one.orders, 2)
    assert proposed(first) is None, "a partition was never seen"


def test_put_that_is_refused(one, topics, folder):
    one.run_to_end()
    before = topics.ends(topics.name("obek-control"))
    broken = small.model(folder, "broken.json", lambda m: m["schemes"][0]["segments"].append(SECOND[0]))
    assert "broken.json" in one.call("model put", broken, expect=2).stderr
    dollars = small.model(folder, "dollars.json", currency="USD")
    assert "its currency is USD" in one.call("model put", dollars, expect=2).stderr
    one.call("model put", f"{folder}/nowhere.json", expect=2)
    one.call("model put", "--limit", "soon", one.second, expect=2)
    one.call("model put", expect=2)
    assert topics.ends(topics.name("obek-control")) == before


def test_put_that_nobody_takes_up(one, topics):
    process = started(one)
    wait_for_events(topics, 4)
    process.pause()
    done = one.call("model put", "--limit", "1", one.second, expect=1)
    assert "not in force in all buckets yet" in done.stderr
    done = one.call("model put", "--no-wait", one.second)
    assert "as the instances read" in done.stderr
    process.resume()
    wait_until(lambda: in_force(process) == 2, 60, "the second model to be in force")
    process.terminate()


def test_hangup(one, topics):
    process = started(one)
    wait_for_events(topics, 4)
    path = one.properties["model.file"]
    first, other = (open(name, encoding="utf-8").read() for name in (path, one.second))

    def hang_up(content):
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        process.signal(signal.SIGHUP)

    hang_up(other)
    wait_until(lambda: in_force(process) == 2, 60, "the second model")
    hang_up("{}")
    wait_until(lambda: "event=model_refused" in process.log(), 60, "the refusal")
    assert process.running and in_force(process) == 2
    hang_up(first)
    wait_until(lambda: in_force(process) == 3, 60, "the first model again")
    touch(topics, one, 1)
    topics.produce(one.orders, [small.order("o2", "c1", "4000")])
    wait_until(lambda: ("c1", "large", 2) in small.moves(topics, "c1"), 60, "an order after all that")
    assert process.terminate() == 0


def cells(answer):
    """{(scheme, from, to): (customers, value)}"""
    return {(s["scheme"], c["from_segment"], c["to_segment"]): (c["customers"], c["value"]) for s in answer["schemes"] for c in s["cells"]}


def diff(one, *arguments, **more):
    return json.loads(one.call("model diff", "-o", "json", *arguments, **more).stdout)


def test_diff_of_the_small_one(one, redis, topics):
    one.run_to_end()
    with small.Untouched(redis, topics, one.orders, topics.name("obek-control")):
        answer = diff(one, one.second)
    assert cells(answer) == {("kmeans", "small", "small"): (1, "5.00"), ("kmeans", "small", "medium"): (1, "300.00"),
                             ("kmeans", "large", "medium"): (1, "700.00"), ("kmeans", "large", "large"): (1, "2000.00")}
    assert answer["schemes"][0]["moved"] == 2 and answer["customers"] == 4 and answer["as_of"] is None
    text = one.call("model diff", one.second).stdout
    assert "kmeans: 2 of 4 customers would move" in text and "2000.00" in text
    one.call("model diff", expect=2)
    one.call("model diff", one.second, one.second, expect=2)
    assert cells(diff(one, one.properties["model.file"]))[("kmeans", "small", "small")] == (2, "305.00")


def flo_orders():
    chance = random.Random(71)
    rows = []
    for number in range(60):
        at = small.now_ms() - chance.randint(1, 500) * 86_400_000
        for k in range(chance.randint(1, 7)):
            rows.append({"order_id": f"{number}-{k}", "customer_id": f"c{number}", "occurred_at": at,
                         "channel": chance.choice(["Store", "Web"]), "amount": f"{chance.lognormvariate(4.8, 0.7):.2f}"})
            at = chance.randint(at, small.now_ms() - 1000)
    return sorted(rows, key=lambda row: row["occurred_at"])


def test_diff_is_what_then_happens(obek, topics, redis, folder):
    """Three schemes against one of them with other centroids, time in the features: told at T, then T comes with the record."""
    models = os.path.join(PROJECT, "config", "models")
    one = obek(SOON, model_file=f"{models}/flo-all.json", clock="event")
    new = f"{folder}/new.json"
    with open(f"{models}/flo-all.json", encoding="utf-8") as file:
        changed = json.load(file)
    changed["version"] = "new"
    changed["schemes"] = [s for s in changed["schemes"] if s["name"] != "rfm"]
    for segment in changed["schemes"][0]["segments"]:
        segment["centroid"] = [c * 0.8 for c in segment["centroid"]]
    changed["schemes"][0]["segments"][0]["id"] = "quite_new"
    changed.pop("probes", None)
    with open(new, "w", encoding="utf-8") as file:
        json.dump(changed, file)
    orders, rows = topics.create("orders", partitions=1), flo_orders()
    topics.produce(orders, [small.order(row["order_id"], row["customer_id"], row["amount"], row["occurred_at"], channel=row["channel"])
                            for row in rows])
    one.run_to_end()
    reached = redis.client.hget("obek:watermarks", f"{orders}/0").decode().split()[1]
    told = diff(one, "--as-of", format_time(int(reached)), new)
    assert told["customers"] == 60 and sum(s["moved"] for s in told["schemes"]) > 60
    number = put(one, new)[0]["number"]
    one.run_to_end()
    topics.produce(orders, [small.order("none", f"c{i}", None, kind="CANCELLATION", at_ms=rows[-1]["occurred_at"]) for i in range(60)])
    one.run_to_end()
    happened = Counter((e["scheme"], e["from_segment"], e["to_segment"]) for e in small.events(topics)
                       if e["event_id"].startswith(f"model/{number}/"))
    moves = {key: customers for key, (customers, _) in cells(told).items() if key[1] != key[2]}
    assert happened == moves


def test_diff_of_a_file(one, topics, folder):
    """The same answer from the orders themselves; later ones and other columns too."""
    rows = flo_orders()
    topics.produce(one.orders, [small.order(row["order_id"], row["customer_id"], row["amount"], row["occurred_at"]) for row in rows])
    one.run_to_end()
    path = f"{folder}/orders.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["no", "who", "occurred_at", "amount"])
        for customer, amount in AMOUNTS.items():
            writer.writerow(["o1", customer, small.now_ms() - 1000, amount])
        for row in rows:
            writer.writerow([row["order_id"], row["customer_id"], row["occurred_at"], row["amount"]])
    known = one.properties["model.file"]
    last = format_time(small.now_ms())
    arguments = ("--orders", path, "--map", "order_id=no,customer_id=who", known, one.second)
    offline = diff(one, "--as-of", last, *arguments, config=False)
    assert cells(offline) == cells(diff(one, one.second)) and offline["customers"] > 40
    assert cells(diff(one, "--as-of", last, *arguments)) == cells(offline)
    done = one.call("model diff", "--as-of", "2001-01-01", *arguments, config=False)
    assert "are left out" in done.stderr
    one.call("model diff", "--orders", path, known, one.second, expect=2, config=False)
    assert "no column" in one.call("model diff", "--orders", path, "--as-of", last, known, one.second, expect=1, config=False).stderr
