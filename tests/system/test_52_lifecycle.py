"""Starting, running and stopping as operators do it; models that follow each other; what events look like from outside."""
import io
import json
import os
import struct

import fastavro
import jsonschema
import redis as redis_client

import small
from obek_process import PROJECT
from small import order
from waiting import wait_until

SCHEMAS = os.path.join(PROJECT, "schemas")
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def schema_of(name):
    with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
        return json.load(file)


def test_sigterm_drains_and_the_log_is_json(obek, topics, folder):
    topic = topics.create("orders", partitions=2)
    one = obek(model_file=small.model(folder), buckets=16, log_format="json", batch_orders_max=50)
    process = one.start()
    wait_until(lambda: '"event":"assigned"' in process.log(), 30, "the assignment")
    topics.produce(topic, [order(f"o-{n}", f"c-{n}", "10") for n in range(500)])
    wait_until(lambda: small.moves(topics), 30, "the first change")
    assert process.terminate(20) == 0
    published = {move[0] for move in small.moves(topics)}
    committed = sum(at.offset for at in topics.committed(topics.name("obek"), topic).values())
    assert len(published) == committed  # one order, one change each: neither is ahead of the other
    state, members = topics.group_state(topics.name("obek"))
    assert members == 1, f"a static member keeps its place over a restart ({state})"
    lines = [json.loads(line) for line in process.log().splitlines()]
    assert all({"time", "level", "event"} <= line.keys() for line in lines)
    assert [line["event"] for line in lines][-2:] == ["draining", "stopped"] and lines[-2]["because"] == "signal"
    one.run_to_end()
    assert small.moves(topics) == sorted((f"c-{n}", "small", 1) for n in range(500))


def test_at_least_once(obek, topics, folder):
    """Killed between events and commit: the events come again with the same ids, the ledger counts each order once."""
    topic = topics.create("orders")
    one = obek(model_file=small.model(folder), buckets=16, delivery="at_least_once", variant="failpoints")
    one.run_to_end()
    topics.produce(topic, [order("o-1", "c", "10"), order("o-2", "c", "2000")])
    one.run_to_end(env={"OBEK_FAILPOINT": "before-commit:2"}, expect=-9)
    once = small.events(topics)
    assert [event["sequence"] for event in once] == [1, 2]
    one.run_to_end()
    again = small.events(topics)
    assert [event["event_id"] for event in again] == 2 * [event["event_id"] for event in once]
    one.run_to_end()
    assert len(small.events(topics)) == 4
    told = json.loads(one.call("show", "-o", "json", "c").stdout)
    assert (told["orders"], told["value"]) == (2, "2010.00")


def test_redis_with_a_password_and_secrets_are_masked(obek, topics, redis, folder):
    topics.produce(topics.create("orders"), [order("o-1", "c", "10")])
    redis.client.config_set("requirepass", "s3cret")
    one = obek(model_file=small.model(folder), buckets=16, redis_url=f"redis://:s3cret@127.0.0.1:{redis.port}/3", http_token="t0ken",
               kafka_sasl_password="passw0rd")
    one.run_to_end()
    there = redis_client.Redis(unix_socket_path=redis.socket_path, password="s3cret", db=3)
    assert there.hget("obek:meta", "ready") == b"1" and there.info("keyspace").keys() == {"db3"}
    assert small.moves(topics) == [("c", "small", 1)]
    printed = one.call("run --print-config")
    for secret in ("s3cret", "t0ken", "passw0rd"):
        assert secret not in printed.stdout + printed.stderr + one.processes[0].log()
    assert "127.0.0.1" in printed.stdout and f"{redis.port}/3" in printed.stdout


AVRO = {"type": "record", "name": "Sold", "fields": [{"name": name, "type": "string"} for name in ("order_id", "customer_id", "amount")]}


def sold(schema_id, *values):
    out = io.BytesIO()
    names = [field["name"] for field in AVRO["fields"]]
    fastavro.schemaless_writer(out, fastavro.parse_schema(AVRO), dict(zip(names, values)))
    return {"key": values[1].encode(), "value": b"\x00" + struct.pack(">I", schema_id) + out.getvalue()}


def test_a_registry_that_is_down_is_waited_for(obek, topics, registry, folder):
    topic = topics.create("orders")
    schema_id = registry.register(f"{topic}-value", AVRO)
    one = obek(model_file=small.model(folder), buckets=16, schema_registry_url=registry.url)
    registry.pause()
    process = one.start()
    wait_until(lambda: "event=registry_down" in process.log(), 30, "the start to wait for the registry")
    registry.resume()
    wait_until(lambda: "event=assigned" in process.log(), 30, "the assignment")
    registry.pause()
    topics.produce(topic, [order("o-1", "before", "10"), sold(schema_id, "o-2", "waits", "10"), order("o-3", "behind", "10")])
    wait_until(lambda: process.log().count("event=registry_down") == 2, 30, "the record to wait for the registry")
    assert topics.group_state(topics.name("obek")) == ("STABLE", 1)
    registry.resume()
    wait_until(lambda: topics.lag(topics.name("obek"), topic) == 0, 30, "the orders to go through")
    assert process.log().count("event=registry_back") == 2 and process.log().count("event=assigned") == 1
    assert len(topics.read(topics.name("segment-changes"))) == 3 and topics.read(topics.name("orders-dead")) == []
    assert process.terminate() == 0


def test_two_instances_and_a_partition_more(obek, topics, folder):
    """Both propose the model at once, share the partitions, and find the one that is added."""
    topic = topics.create("orders", partitions=2)
    settings = {"buckets": 16, "kafka.consumer.topic.metadata.refresh.interval.ms": 500}
    instances = [obek(settings, name=name, model_file=small.model(folder)) for name in ("one", "two")]
    processes = [instance.start() for instance in instances]
    topics.produce(topic, [order(f"o-{n}", f"c-{n % 10}", "10") for n in range(40)])
    wait_until(lambda: topics.lag(topics.name("obek"), topic) == 0 and len(small.moves(topics)) == 10, 60, "the orders to go through")
    assert len(topics.read(topics.name("obek-control"))) in (1, 2)
    wait_until(lambda: all("event=assigned" in process.log() for process in processes), 30, "both to have a share")
    topics.add_partitions(topic, 3)
    topics.produce(topic, [order(f"p-{n}", f"c-{n % 10}", "100", partition=2) for n in range(20)])
    wait_until(lambda: sum(at.offset for at in topics.committed(topics.name("obek"), topic).values()) == 60, 60, "the new partition")
    assert [process.terminate() for process in processes] == [0, 0]
    assert small.moves(topics) == [(f"c-{n}", "small", 1) for n in range(10)]
    orders = [json.loads(instances[0].call("show", "-o", "json", f"c-{n}").stdout)["orders"] for n in range(10)]
    assert orders == 10 * [6]


def renamed(model):
    model["schemes"][0]["segments"] = [{"id": "low", "centroid": [10]}, {"id": "high", "centroid": [1000]}]


def test_models_follow_each_other(obek, topics, redis, folder):
    topic, control = topics.create("orders"), topics.name("obek-control")
    first, second = small.model(folder, "first.json"), small.model(folder, "second.json", version="2", changed=renamed)
    one = obek(model_file=first, buckets=16, clock="manual")
    topics.produce(topic, [order("o-1", "touched/1", "10"), order("o-2", "still", "10")])
    one.run_to_end()
    one.write_config(model_file=second)
    one.run_to_end()
    assert len(topics.read(control)) == 2 and len(small.moves(topics)) == 2, "nobody moves until a record comes"
    topics.produce(topic, [order("o-3", "touched/1", "2000")])
    one.run_to_end()
    new = small.events(topics)
    by_id = {event["event_id"]: event for event in new}
    number = topics.read(control)[1].offset()
    changed = by_id[f"model/{number}/touched%2F1/kmeans"]
    assert (changed["from_segment"], changed["to_segment"], changed["cause"], changed["sequence"], changed["order"]) == (
        "small", "low", "MODEL", 2, None)
    assert changed["model"] == {"name": "small", "version": "2"}
    moved = by_id[f"order/{topic}/0/2/kmeans"]
    assert (moved["from_segment"], moved["to_segment"], moved["sequence"]) == ("low", "high", 3)
    # the first one was in force before: it is not proposed again, and the second stays in force, also from the log alone
    for key in redis.client.keys("obek:model:*"):
        redis.client.delete(key)
    one.write_config(model_file=first)
    topics.produce(topic, [order("o-4", "still", "5")])
    process = one.run_to_end()
    assert "event=model_proposed" not in process.log() and len(topics.read(control)) == 2
    assert small.moves(topics, "still") == [("still", "small", 1), ("still", "low", 2)]


def headers_of(message):
    return {name: value.decode() for name, value in message.headers()}


def check_headers(message, event, topics, content_type):
    headers = headers_of(message)
    assert message.key().decode() == event["customer_id"]
    assert headers["ce_specversion"] == "1.0" and headers["ce_id"] == event["event_id"]
    assert headers["ce_source"] == f"/obek/{topics.name('obek')}" and headers["ce_type"] == "obek.v1.SegmentChange"
    assert headers["ce_time"] == event["occurred_at"]
    assert headers["content-type"] == content_type
    assert headers["traceparent"].encode() == TRACE and headers["tracestate"] == "a=b"


def test_what_an_event_looks_like(obek, topics, registry, folder):
    traced = [("traceparent", TRACE), ("tracestate", b"a=b")]
    topics.produce(topics.create("orders"), [order("o-1", "c", "10", headers=traced), order("o-2", "c", "2000", headers=traced)])
    obek(model_file=small.model(folder), buckets=16).run_to_end()
    schema = schema_of("segment-change.schema.json")
    messages = topics.read(topics.name("segment-changes"))
    as_json = [json.loads(message.value()) for message in messages]
    for message, event in zip(messages, as_json):
        jsonschema.validate(event, schema, format_checker=jsonschema.FormatChecker())
        check_headers(message, event, topics, "application/json")

    avro_topic = topics.name("avro-changes")
    other = obek(name="avro", model_file=small.model(folder), buckets=16, schema_registry_url=registry.url, group_id=topics.name("avro"),
                 campaign_topic=avro_topic, control_topic=topics.name("avro-control"), redis_prefix="avro")
    other.run_to_end()
    status, registered = registry.request("GET", f"/subjects/{avro_topic}-value/versions/latest")
    assert status == 200
    written_by = json.loads(registered["schema"])
    assert fastavro.schema.to_parsing_canonical_form(written_by) == fastavro.schema.to_parsing_canonical_form(
        schema_of("segment-change.avsc"))
    messages = topics.read(avro_topic)
    assert len(messages) == len(as_json) == 2
    for message, told in zip(messages, as_json):
        assert message.value()[:5] == b"\x00" + struct.pack(">I", registered["id"])
        event = fastavro.schemaless_reader(io.BytesIO(message.value()[5:]), fastavro.parse_schema(written_by))
        assert fastavro.validate(event, fastavro.parse_schema(written_by))
        for name in ("event_id", "from_segment", "to_segment", "cause", "sequence", "features", "margin", "model", "order"):
            assert event[name] == told[name], name
        headers = headers_of(message)
        assert (headers["content-type"], headers["ce_id"], headers["traceparent"]) == ("application/avro", event["event_id"], TRACE.decode())


def test_the_registry_knows_which_schemas_are_compatible(registry, topics):
    subject = topics.name("changes") + "-value"
    ours = schema_of("segment-change.avsc")
    registry.register(subject, ours)
    status, answer = registry.request("PUT", f"/config/{subject}", {"compatibility": "BACKWARD"})
    assert status == 200, answer
    more = {**ours, "fields": [*ours["fields"], {"name": "added", "type": ["null", "string"], "default": None}]}
    broken = {**ours, "fields": [*ours["fields"], {"name": "added", "type": "string"}]}
    answers = [registry.request("POST", f"/compatibility/subjects/{subject}/versions/latest", {"schema": json.dumps(schema)})
               for schema in (ours, more, broken)]
    assert [(status, answer["is_compatible"]) for status, answer in answers] == [(200, True), (200, True), (200, False)]
