"""Records that decode but that the step refuses: dead letters that count towards W (design, section 3)."""
import json
import time

from small import MODEL, order

WAITING_MAX = 8


def cancellation(order_id, customer, at_ms):
    value = {"kind": "CANCELLATION", "order_id": order_id, "customer_id": customer, "occurred_at": at_ms}
    return {"key": customer.encode(), "value": json.dumps(value).encode()}


def test_a_refused_record_is_part_of_w_when_its_verdict_is_found_in_the_outbox(obek, topics, folder):
    """Once such a record was not decoded on the way back: W fell behind, and later orders were dated differently."""
    with open(f"{folder}/model.json", "w", encoding="utf-8") as file:
        json.dump(MODEL, file)
    now = int(time.time() * 1000)
    name, changes = topics.create("orders"), topics.create("segment-changes")
    one = obek(model_file=f"{folder}/model.json", dead_letter_share_max="1", variant="failpoints")
    one.run_to_end()  # the model is in force
    waiting = [cancellation(f"x{i}", "c1", now - 9000) for i in range(WAITING_MAX)]
    topics.produce(name, [*waiting, cancellation("one-too-many", "c1", now - 1000)])
    one.run_to_end(env={"OBEK_FAILPOINT": "before-commit:2"}, expect=-9)
    topics.produce(name, [order("o1", "c2", "5", now - 20000)])
    one.run_to_end()
    (event,) = [json.loads(event.value()) for event in topics.read(changes)]
    (dead,) = topics.read(topics.name("orders-dead"))
    assert dict(dead.headers())["__connect.errors.class.name"] == b"too_many_waiting"
    reached = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime((now - 1000) / 1000)) + f".{(now - 1000) % 1000:03d}Z"
    assert event["occurred_at"] == reached
