"""One order from bytes to event, through a real Kafka and a real Redis: the most basic story of all."""
import json
import time

MODEL = {
    "obek_model": 1, "name": "small", "version": "1", "created": "2024-01-01T00:00:00Z", "currency": "TRY",
    "schemes": [{
        "name": "kmeans", "type": "kmeans", "hysteresis": 0,
        "features": [{"name": "monetary", "transform": "none", "clip": [None, None], "offset": 0, "factor": 1}],
        "segments": [{"id": "small", "centroid": [10]}, {"id": "large", "centroid": [1000]}],
    }],
}


def order(order_id, customer, amount, at_ms, **more):
    value = {"order_id": order_id, "customer_id": customer, "amount": amount, "occurred_at": at_ms, **more}
    return {"key": customer.encode(), "value": json.dumps(value).encode()}


def test_an_order_becomes_an_event(obek, topics, redis, folder):
    path = f"{folder}/model.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(MODEL, file)
    now = int(time.time() * 1000)
    name = topics.create("orders", partitions=2)
    topics.produce(name, [order("o1", "c1", "12.50", now - 5000), order("o2", "c1", "2000", now - 4000)])
    one = obek(model_file=path)
    one.run_to_end()
    events = [json.loads(event.value()) for event in topics.read(topics.name("segment-changes"))]
    assert [(e["from_segment"], e["to_segment"], e["cause"], e["sequence"]) for e in events] == [
        (None, "small", "ORDER", 1), ("small", "large", "ORDER", 2)]
    assert events[1]["order"]["order_id"] == "o2"
    assert events[0]["event_id"].startswith(f"order/{name}/")
    one.run_to_end()
    assert len(topics.read(topics.name("segment-changes"))) == 2
