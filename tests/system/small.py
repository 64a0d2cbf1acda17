"""The smallest model there is, orders for it, and what obek leaves behind, to be compared."""
import json
import re
import time

MODEL = {
    "obek_model": 1, "name": "small", "version": "1", "created": "2024-01-01T00:00:00Z", "currency": "TRY",
    "schemes": [{
        "name": "kmeans", "type": "kmeans", "hysteresis": 0,
        "features": [{"name": "monetary", "transform": "none", "clip": [None, None], "offset": 0, "factor": 1}],
        "segments": [{"id": "small", "centroid": [10]}, {"id": "large", "centroid": [1000]}],
    }],
}


def now_ms():
    return int(time.time() * 1000)


def model(folder, name="model.json", changed=None, **more):
    """The path of a model file: MODEL with other values at its top; changed(model) may do the rest."""
    written = {**json.loads(json.dumps(MODEL)), **more}
    if changed is not None:
        changed(written)
    path = f"{folder}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(written, file)
    return path


def order(order_id, customer, amount, at_ms=None, partition=None, headers=None, **more):
    """A record for Topics.produce."""
    value = {"order_id": order_id, "customer_id": customer, "occurred_at": at_ms or now_ms() - 1000, **more}
    if amount is not None:
        value["amount"] = str(amount)
    return {"key": customer.encode(), "value": json.dumps(value).encode(), "partition": partition, "headers": headers}


def events(topics, base="segment-changes"):
    return [json.loads(event.value()) for event in topics.read(topics.name(base))]


def moves(topics, customer=None):
    """(customer, to_segment, sequence) of every published change, by sequence."""
    found = [(e["customer_id"], e["to_segment"], e["sequence"]) for e in events(topics)]
    return sorted((move for move in found if customer in (None, move[0])), key=lambda move: (move[0], move[2]))


def redis_content(redis):
    """All that is in Redis, in a form that can be compared."""
    reads = {b"string": redis.client.get, b"hash": redis.client.hgetall, b"zset": lambda key: dict(redis.client.zscan_iter(key))}
    return {key: reads[redis.client.type(key)](key) for key in redis.client.keys("*")}


def commits(topics, *names):
    """{(topic, partition): offset} of the group."""
    return {(name, partition): at.offset for name in names
            for partition, at in topics.committed(topics.name("obek"), name).items()}


class Untouched:
    """Around a run that must change neither Redis nor the committed offsets."""

    def __init__(self, redis, topics, *names):
        self._look = lambda: (redis_content(redis), commits(topics, *names))

    def __enter__(self):
        self._before = self._look()
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            content, offsets = self._look()
            assert offsets == self._before[1]
            assert content == self._before[0]


def halted(process):
    """(reason, message) of the line that says why a run ended."""
    lines = [line for line in process.log().splitlines() if "event=halted" in line or "event=failed" in line]
    assert len(lines) == 1, process.log_tail()
    reason, _, message = lines[0].partition(" reason=")[2].partition(" error=")
    message, _, do = message.rpartition(" exit=")
    assert re.fullmatch(r'[123] do="[^"]{10,}"', do), lines[0]  # what to do next stands in the line
    return reason, message.strip('"')
