"""A new model reaches everybody, also customers who never order again: each once, cause MODEL, at the instant that the model's record
names; and back again."""
import json

import pytest

from expected import shown_states
from migrations import hold_migrations
from reference.run import Run
from timed import Timed, control_records, days, hold_clean, recency_model

CUSTOMERS = 400


def other_model():
    """Other cuts, other names for two of the segments, and one scheme more; the last segment is as it was."""
    model = recency_model("2", cuts=(12, 13, 30, 40))
    rfm = model["schemes"][0]
    names = {"r5": "fresh", "r3": "cool"}
    rfm["segments"] = [{"id": names.get(segment["id"], segment["id"])} for segment in rfm["segments"]]
    rfm["table"] = [[names.get(name, name) for name in row] for row in rfm["table"]]
    model["schemes"].insert(0, {
        "name": "kmeans", "type": "kmeans", "hysteresis": 0, "segments": [{"id": "new", "centroid": [0]}, {"id": "old", "centroid": [50]}],
        "features": [{"name": "recency_days", "transform": "none", "clip": [None, None], "offset": 0, "factor": 1}]})
    return model


@pytest.fixture
def settled(obek, topics, folder):
    """Customers whose last orders are spread over fifty days, and obek running with the first model."""
    timed = Timed(obek, topics, folder, partitions=2, clock="event", kafka_consumer_session_timeout_ms=6000)
    timed.produce(*(timed.order(f"c{n}", days(n % 100 / 2), n % 2) for n in range(CUSTOMERS)))
    timed.program.run_to_end()
    timed.start()
    timed.wait(lambda: "event=assigned" in timed.process.log(), "the assignment")
    return timed


def put(timed, name, model):
    """By command; the model's number."""
    path = f"{timed.program.folder}/{name}.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(model, file)
    return json.loads(timed.program.call("model put", "-o", "json", path).stdout)["number"]


def wait_met(timed, number):
    """Until every customer has been evaluated under the model, and all that came of it is published."""
    def met():
        shown = list(map(json.loads, timed.program.call("show", "--all", "-o", "json").stdout.splitlines()))
        return (all(state["model"]["number"] == number for state in shown)
                and sum(state["sequence"] for state in shown) == len(timed.events()))
    timed.wait(met, f"everybody to meet model {number}", every_s=0.2)


def expected(timed):
    """What the reference makes of the orders, then time as far as they had come, then the models one after the other."""
    run, records = Run(timed.model), timed.records()
    for (topic, partition), of_source in sorted(records.items()):
        for record in of_source:
            run.read(topic, partition, record["offset"], record)
    run.live_until(min(run.watermarks.values()))
    models = [record for record in control_records(timed.topics.read(timed.control)) if record["type"] == "model"]
    for record in models[1:]:
        run.read(*run.control, record["offset"], record)
        run.read(*run.control, None, {"type": "reevaluate"})
    return run.finish()


def test_everybody_meets_a_new_model_and_the_old_one_again(settled, redis):
    """Nobody orders meanwhile. Who is in a segment that is no longer there leaves it by the old id; who was in it by another name
    comes back to it."""
    before = len(settled.events())
    first, second = settled.model, other_model()
    number = put(settled, "second", second)
    wait_met(settled, number)
    settled.wait(lambda: f"event=model_walk_done model={number} customers={CUSTOMERS} of={CUSTOMERS}" in settled.process.log(),
                 "the log to say that everybody has met it")
    moved = settled.events()[before:]
    assert all(event["cause"] == "MODEL" for event in moved)
    pairs = {(event["scheme"], event["from_segment"], event["to_segment"]) for event in moved}
    assert {("kmeans", None, "new"), ("kmeans", None, "old"), ("rfm", "r5", "fresh"), ("rfm", "r4", "fresh")} <= pairs
    assert all(segment in ("r1", "r2", "r4") for scheme, segment, to in pairs if scheme == "rfm" and segment == to)
    before = len(settled.events())
    wait_met(settled, put(settled, "first", first))
    back = {(event["scheme"], event["from_segment"], event["to_segment"]) for event in settled.events()[before:]}
    assert {("kmeans", "new", None), ("kmeans", "old", None), ("rfm", "fresh", "r5"), ("rfm", "cool", "r3")} <= back
    settled.stop()
    settled.hold_result(expected(settled))
    hold_clean(settled, redis)


def test_a_start_with_a_new_file(settled):
    """Proposed at the start, since it was never in force; walked before the run to the end ends. The old file again is no proposal."""
    settled.stop()
    path = f"{settled.program.folder}/second.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(other_model(), file)
    settled.program.run_to_end(overrides={"model.file": path})
    settled.hold_result(expected(settled))
    total = len(settled.events())
    settled.program.run_to_end()
    assert len(settled.events()) == total
    settled.hold_result(expected(settled))


@pytest.mark.soak
def test_orders_go_on_during_a_slow_walk(settled):
    """At a set pace, in slices; an order that comes meanwhile brings the model with it."""
    settled.stop()
    settled.start(overrides={"time.events.per.second.max": 100})
    settled.wait(lambda: "event=assigned" in settled.process.log(), "the assignment")
    number = put(settled, "second", other_model())
    for n in range(0, CUSTOMERS, 10):
        settled.wait_committed(*settled.produce(settled.order(f"c{n}", days(50) + n, n % 2)))
    wait_met(settled, number)
    settled.stop()
    settled.program.run_to_end()
    hold_timed_migrations(settled)


def hold_timed_migrations(timed):
    records = timed.records()
    until = min(max(record["value"]["occurred_at"] for record in of_source) for of_source in records.values())
    met = hold_migrations(timed.topics.read(timed.program.properties["campaign.topic"]), shown_states(timed.program), records,
                          control_records(timed.topics.read(timed.control)), until, timed.names)
    assert met == CUSTOMERS
