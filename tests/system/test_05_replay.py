"""obek replay against a real Kafka and registry: what it sends, and what it says when it cannot."""
import io
import json
import signal
import struct
import subprocess
import time

import fastavro
import pytest

HEADER = "order_id,customer_id,timestamp,amount,channel\n"


def write_orders(folder, name, rows):
    path = f"{folder}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEADER)
        file.writelines(",".join(map(str, row)) + "\n" for row in rows)
    return path


@pytest.fixture
def orders(folder):
    """Two files whose rows belong in between each other: 400 orders of 40 customers."""
    rows = [(n, f"customer-{n * 7 % 40}", f"2021-03-{1 + n % 28:02d}T10:{n // 28:02d}:00Z", f"{n}.5", "Offline" if n % 3 else "Mobile")
            for n in range(400)]
    return [write_orders(folder, "one.csv", rows[::2]), write_orders(folder, "two.csv", rows[1::2])]


def config(obek, properties=None, **more):
    return obek(properties, model_file="not-read.json", **more)


def test_json_in_time_order_with_the_topic_made(obek, topics, orders):
    program = config(obek, topics_partitions=3)
    done = program.call("replay", "--map", "occurred_at=timestamp", *orders)
    assert "400 of 400 orders sent" in done.stderr and done.stdout == ""
    topic = topics.name("orders")
    assert topics.partitions(topic) == [0, 1, 2]
    assert topics.config(topic)["retention.ms"] == "-1"
    records = topics.read(topic)
    assert len(records) == 400
    places, last = {}, {}
    for record in records:
        order = json.loads(record.value())
        assert record.key().decode() == order["customer_id"]
        assert places.setdefault(order["customer_id"], record.partition()) == record.partition()
        assert last.get(record.partition(), "") <= order["occurred_at"]
        last[record.partition()] = order["occurred_at"]
        assert order["amount"] == f"{order['order_id']}.5"
        assert abs(record.timestamp()[1] / 1000 - time.time()) < 600


def test_rows_are_chosen_and_copied(obek, topics, orders):
    program = config(obek)
    program.call("replay", "--map", "occurred_at=timestamp", "--where", "channel=Offline", "--copies", 2, *orders)
    sent = [json.loads(record.value()) for record in topics.read(topics.name("orders"))]
    assert len(sent) == 2 * 266 and all(order["channel"] == "Offline" for order in sent)
    assert sum(order["customer_id"].endswith("-2") and order["order_id"].endswith("-2") for order in sent) >= 266


def test_a_mapped_feed_as_avro_of_its_own_shape(obek, topics, registry, orders):
    program = config(obek, {"feeds": "store", "feed.orders.topic": None, "feed.store.topic": topics.name("store"),
                            "feed.store.format": "confluent-avro", "schema.registry.url": registry.url,
                            "feed.store.field.customer_id": "buyer.id", "feed.store.field.amount": "sum",
                            "feed.store.amount.unit": "minor", "feed.store.channel": "Store"})
    program.call("replay", "--map", "occurred_at=timestamp", *orders)
    records = topics.read(topics.name("store"))
    schema_id = struct.unpack(">bI", records[0].value()[:5])[1]
    _, answer = registry.request("GET", f"/schemas/ids/{schema_id}")
    schema = fastavro.parse_schema(json.loads(answer["schema"]))
    assert len(records) == 400
    for record in records:
        order = fastavro.schemaless_reader(io.BytesIO(record.value()[5:]), schema)
        assert order["sum"] == int(order["order_id"]) * 100 + 50
        assert order["buyer"]["id"] == record.key().decode()
        assert "channel" not in order


def test_a_wrong_row_stops_it_before_anything_is_sent(obek, topics, orders, folder):
    bad = write_orders(folder, "bad.csv", [(1, "c", "2021-01-01", "1", ""), (2, "c", "2021-01-01", "1.005", "")])
    topics.create("orders")
    done = config(obek).call("replay", "--map", "occurred_at=timestamp", *orders, bad, expect=1)
    assert f"{bad}:3: column 'amount': " in done.stderr
    assert topics.read(topics.name("orders")) == []


def test_a_missing_topic_is_refused_with_the_command_to_run(obek, orders):
    done = config(obek, topics_create=False).call("replay", "--map", "occurred_at=timestamp", *orders, expect=1)
    assert "does not exist" in done.stderr and "--create --topic" in done.stderr


def test_a_signal_ends_it_in_good_order(obek, topics, orders, folder):
    program = config(obek)
    topics.create("orders")
    process = subprocess.Popen([program.program, "replay", "-c", program.config_path, "--rate", "20/s",
                                "--map", "occurred_at=timestamp", *orders], stderr=subprocess.PIPE, text=True)
    while not topics.read(topics.name("orders")):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    sent = len(topics.read(topics.name("orders")))
    assert process.returncode == 1 and f"{sent} of 400 orders sent" in said and "stopped by a signal" in said


def test_a_format_that_the_feed_does_not_read_is_wrong_usage(obek, orders):
    program = config(obek, {"feed.orders.format": "json"})
    done = program.call("replay", "--format", "confluent-avro", *orders, expect=2)
    assert "feed orders reads json" in done.stderr
