"""What obek makes of generated orders equals, event by event and state by state, what the independent reference makes of them:
duplicates, cancellations and returns before and after their orders, late and out-of-order records, more orders than the ring holds;
and time running on for a year after the last of them."""
import json
from decimal import Decimal

import pytest
from expected import hold_chains, hold_events, hold_histories, hold_ledgers, hold_segments_at, hold_states, shown_states
from obek_process import PROJECT
from records import AvroWriter, Reader, json_bytes, partitions_of
from redis_contents import hold_redis
from reference import generate
from reference.flo import cltv_scheme
from reference.ledger import fnv1a64
from reference.model import DAY_MS
from reference.order import format_time, parse_time
from reference.run import expected_events


def write_model(folder, model):
    path = f"{folder}/model.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(model, file)
    return path


def produce(topics, name, partitions, encode):
    """The generator's partitions as they are, with its timestamps."""
    topics.produce(name, [{"key": record["value"]["customer_id"].encode(), "value": encode(record["value"]), "partition": partition,
                           "timestamp": record["timestamp"]} for (_, partition), records in partitions.items() for record in records])


def avro_order(value):
    """A value of the generator as obek.v1.Order: instants are numbers, amounts Decimals."""
    order = {"kind": "ORDER", "return_id": None, "channel": None, "currency": None, "categories": [], "amount": None, **value}
    return {**order, "occurred_at": parse_time(order["occurred_at"]), "amount": order["amount"] and Decimal(order["amount"])}


def hold_dead_letters(topics, result, topic):
    """The bad records, and only they, are in the dead letters, each with its place."""
    wanted = {(partition, offset) for (_, partition, offset), (verdict, _) in result.verdicts.items() if verdict == "bad"}
    dead = [dict(message.headers()) for message in topics.read(topics.name("orders-dead"))]
    places = [(int(headers["__connect.errors.partition"]), int(headers["__connect.errors.offset"])) for headers in dead]
    assert len(places) == len(wanted) and set(places) == wanted and wanted
    assert {headers["__connect.errors.topic"].decode() for headers in dead} == {topic}


def three_schemes(feed):
    """Two k-means schemes of several moving features and one of expected value in one model: their transitions interleave."""
    model = generate.kmeans_model(feed, 4, 0.1)
    model["schemes"] += [generate.kmeans_scheme(feed, 2, 0.0, 3, 2, "other"), cltv_scheme()]
    return model


# the model; Avro or JSON; what is readable; sizes that make it come back to the same customers often, load them anew, and cut shares
AFTERWARDS_MS = 365 * DAY_MS
CASES = {
    "json, one moving feature, hysteresis": (lambda feed: generate.kmeans_model(feed, 1, 0.05), False, "segments", {"batch.orders.max": 500}),
    "avro, three moving features, plain": (
        lambda feed: generate.kmeans_model(feed, 3, 0.0), True, "full", {"batch.orders.max": 300, "cache.customers": 20}),
    "json, three schemes, four and two moving features": (three_schemes, False, "full", {"batch.orders.max": 2000, "buckets": 1}),
}


@pytest.mark.parametrize("case", CASES)
def test_generated_orders(obek, topics, redis, folder, request, case):
    make_model, avro, readable, sizes = CASES[case]
    registry = request.getfixturevalue("registry") if avro else None
    feed = generate.orders(seed=len(case), customers=300)
    model = make_model(feed)
    orders = topics.create("orders", partitions=4)
    if avro:
        with open(f"{PROJECT}/schemas/order.avsc", encoding="utf-8") as file:
            encode = AvroWriter(registry, orders, json.load(file))
        produce(topics, orders, feed.partitions, lambda value: encode(avro_order(value)))
    else:
        produce(topics, orders, feed.partitions, json_bytes)
    more = {"schema.registry.url": registry.url, "feed.orders.format": "confluent-avro"} if avro else {}
    until = feed.end_ms + AFTERWARDS_MS
    program = obek({**more, **sizes, "redis.readable": readable}, model_file=write_model(folder, model), clock="event",
                   clock_event_until=format_time(until))
    program.run_to_end()

    result = expected_events(model, partitions_of(topics.read(orders), Reader(registry), "orders"), up_to=until)
    assert {"ORDER", "CANCELLATION", "RETURN", "TIME"} <= {event["cause"] for event in result.events}
    assert {"applied", "duplicate", "bad"} <= {verdict for verdict, _ in result.verdicts.values()}
    changes = topics.read(topics.name("segment-changes"))
    assert (changes[0].value()[0] == 0) == avro
    assert hold_events(changes, Reader(registry, float), result.by_customer, {"orders": orders}) == len(result.events)
    states = shown_states(program)
    hold_states(states, result.future_states())
    hold_rings(states, result.customers)
    hold_histories(states, result.by_customer)
    hold_dead_letters(topics, result, orders)
    hold_redis(redis.client, states, readable, sizes.get("buckets", 256))
    assert topics.lag(program.properties["group.id"], orders) == 0


def hold_rings(states, customers):
    """The ring's entries and what waits for its order, one by one. Somebody's ring has overflowed."""
    for name, customer in customers.items():
        shown = states[name]["shown"]["ledger"]
        assert [(entry["order_hash"], parse_time(entry["occurred_at"]), entry["amount"], entry["returned"], entry["status"], entry["channel"],
                 entry["returns"]) for entry in shown["orders"]] == [
            (f"{entry.id_hash:016x}", entry.time, money(entry.amount), money(entry.returned), "voided" if entry.voided else "live",
             "offline" if entry.offline else "online", len(entry.returns)) for entry in customer.ledger.ring]
        assert {entry["order_hash"]: (entry["voided"], entry["returns"]) for entry in shown["waiting"]} == {
            f"{id_hash:016x}": (entry.voided, len(entry.returns)) for id_hash, entry in customer.ledger.waiting.items()}
        assert len(shown["base"]["categories"]) == len(customer.ledger.base_categories)
    assert any(customer.ledger.fallen for customer in customers.values())


def money(minor):
    return f"{minor // 100}.{minor % 100:02d}"


# ---- two feeds, each of its own shape -----------------------------------------------------------------------------------

WEB = {"feed.web.format": "json", "feed.web.field.customer_id": "buyer.id", "feed.web.field.order_id": "basket[0].order\\\\.no",
       "feed.web.field.kind": "what", "feed.web.kind.map": "bought:ORDER, cancelled:CANCELLATION, refunded:RETURN",
       "feed.web.field.return_id": "$header.refund", "feed.web.field.occurred_at": "at", "feed.web.time.unit": "us",
       "feed.web.field.channel": "device.app", "feed.web.field.amount": "total.minor", "feed.web.amount.unit": "minor",
       "feed.web.field.categories": "lines[].category"}

STORE = {"feed.store.format": "confluent-avro", "feed.store.channel": "Store", "feed.store.field.customer_id": "$key",
         "feed.store.field.order_id": "receipt.number", "feed.store.field.kind": "receipt.kind", "feed.store.field.return_id": "refund",
         "feed.store.field.occurred_at": "receipt.sold_at", "feed.store.field.amount": "sum", "feed.store.field.categories": "shelves"}

STORE_SCHEMA = {
    "type": "record", "name": "Receipt", "namespace": "till", "fields": [
        {"name": "till", "type": {"type": "fixed", "name": "Till", "size": 3}},
        {"name": "receipt", "type": {"type": "record", "name": "Head", "fields": [
            {"name": "lines", "type": {"type": "map", "values": ["null", "double", {"type": "array", "items": "int"}]}},
            {"name": "sold_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
            {"name": "number", "type": ["string", "null"]},
            {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["RETURN", "ORDER", "CANCELLATION"]}}]}},
        {"name": "sum", "type": [{"type": "fixed", "name": "Sum", "size": 9, "logicalType": "decimal", "precision": 18, "scale": 2}, "null"]},
        {"name": "refund", "type": ["null", "string"]},
        {"name": "shelves", "type": {"type": "array", "items": "string"}}]}


def web_record(value):
    record = {"basket": [{"order.no": value["order_id"], "x": None}, 7], "buyer": {"id": value["customer_id"], "vip": True},
              "what": {"CANCELLATION": "cancelled", "RETURN": "refunded"}.get(value.get("kind"), "bought"),
              "at": parse_time(value["occurred_at"]) * 1000, "device": {"app": value.get("channel")},
              "lines": [{"category": category} for category in value.get("categories", [])]}
    if "amount" in value:
        record["total"] = {"minor": int(value["amount"].replace(".", ""))}
    headers = [("refund", value["return_id"].encode())] if "return_id" in value else None
    return {"value": json_bytes(record), "headers": headers}


def store_record(value, encode):
    head = {"lines": {"a": None, "b": 1.5, "c": [1, -2]}, "sold_at": parse_time(value["occurred_at"]) * 1000, "number": value["order_id"],
            "kind": value.get("kind", "ORDER")}
    amount = Decimal(value["amount"]) if "amount" in value else None
    return {"value": encode({"till": b"\0\xff7", "receipt": head, "sum": amount, "refund": value.get("return_id"),
                             "shelves": value.get("categories", [])})}


def spread(feed):
    """The generator's orders by (feed, partition): a customer is in both, an order with all that befalls it in one partition."""
    channels = {}
    for records in feed.partitions.values():
        for record in records:
            if "channel" in record["value"]:
                channels[record["value"]["order_id"]] = record["value"]["channel"]
    parts = {}
    for topic, partition, offset in feed.arrival:
        record = feed.partitions[topic, partition][offset]
        name = "store" if channels[record["value"]["order_id"]] in generate.CHANNELS_OFFLINE else "web"
        parts.setdefault((name, fnv1a64(record["value"]["order_id"].encode()) % 3), []).append(record)
    return parts


def test_two_mapped_feeds(obek, topics, redis, folder, registry):
    """Customers are in both feeds, so with whatever order the sources are read in: the ledger, the segments without hysteresis,
    and sequences without a gap. The ring holds all of a customer's orders here: beyond it, cancellations may come too late."""
    feed = generate.orders(seed=5, customers=300)
    parts = spread(feed)
    web, store = topics.create("web", partitions=3), topics.create("store", partitions=3)
    encode = AvroWriter(registry, store, STORE_SCHEMA)
    for name, topic in (("web", web), ("store", store)):
        topics.produce(topic, [{
            **(web_record(record["value"]) if name == "web" else store_record(record["value"], encode)), "partition": partition,
            "key": record["value"]["customer_id"].encode(), "timestamp": record["timestamp"]}
            for (of, partition), records in parts.items() if of == name for record in records])
    model, until = generate.kmeans_model(feed, 3, 0.0), feed.end_ms + AFTERWARDS_MS
    program = obek({**WEB, **STORE, "feeds": "web, store", "feed.orders.topic": None, "feed.web.topic": web, "feed.store.topic": store,
                    "schema.registry.url": registry.url, "ledger.orders": 128, "campaign.format": "json"},
                   model_file=write_model(folder, model), clock="event", clock_event_until=format_time(until))
    program.run_to_end()

    result = expected_events({**model, "schemes": []}, parts, ring=128)
    states = shown_states(program)
    assert hold_ledgers(states, result.states) > 250
    hold_segments_at(states, model, until)
    events = hold_chains(topics.read(topics.name("segment-changes")), Reader(registry, float), states)
    assert events > 1000
    hold_redis(redis.client, states)
