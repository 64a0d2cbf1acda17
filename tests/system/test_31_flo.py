"""FLO: 100,219 real-shaped orders of 19,945 customers through a real Kafka, and time running on to the day of the analysis. The
states equal the retailer's own totals, every event, those of time included, equals the independent reference's, and the segments at
the end equal an offline evaluation. As JSON, as Confluent Avro, and as two mapped feeds."""
import json
import os
from decimal import Decimal

import pytest
from expected import MINOR, hold_chains, hold_events, hold_histories, hold_ledgers, hold_segments_at, hold_states, shown_states
from obek_process import PROJECT
from records import Reader, as_order, partitions_of
from redis_contents import hold_redis
from reference import flo
from reference.order import parse_time
from reference.run import expected_events

SHARED = flo.shared()
UNTIL = "2021-06-01T00:00:00Z"
ORDERS, CUSTOMERS = 100_219, 19_945

pytestmark = [pytest.mark.skipif(SHARED is None, reason="FLO DATA ABSENT: ../shared or OBEK_SHARED not found"), pytest.mark.limit(600)]


@pytest.fixture(scope="module")
def model(session_folder):
    """(path, model): both schemes without a past, so that segments are a function of the orders and the instant."""
    with open(f"{PROJECT}/config/models/flo-all.json", encoding="utf-8") as file:
        model = json.load(file)
    model["schemes"] = [scheme for scheme in model["schemes"] if scheme["name"] in ("kmeans", "rfm")]
    model["schemes"][0]["hysteresis"] = 0.0
    del model["probes"]           # they are those of all three schemes, with hysteresis
    path = os.path.join(session_folder, "flo.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(model, file)
    return path, model


def replay(program, *arguments):
    program.call("replay", "--map", "occurred_at=timestamp", *arguments, SHARED / "data" / "orders_flo_replay.csv.gz", limit_s=120)


def hold_totals(states):
    """The retailer's own file: counts, values to the cent, first and last dates, online and offline apart."""
    assert len(states) == CUSTOMERS
    assert flo.mismatches(SHARED, states) == []


def plain(value):
    """An order in one way of writing it, so that the same orders in JSON and in Avro are the same input."""
    order = as_order(value)
    assert order.pop("kind", "ORDER") == "ORDER" and order.pop("categories", []) == []
    assert order.keys() == {"order_id", "customer_id", "occurred_at", "channel", "amount"}
    return {**order, "occurred_at": parse_time(order["occurred_at"]), "amount": f"{Decimal(order['amount']):.2f}"}


def sent_at_once(partitions):
    """The time of sending decides nothing here, and differs from one replay to the next."""
    return {source: [{**record, "timestamp": flo.ANALYSIS_MS} for record in records] for source, records in partitions.items()}


@pytest.mark.parametrize("form", ["json", "confluent-avro"])
def test_every_event_is_the_references(obek, topics, redis, request, references, model, form):
    avro = form == "confluent-avro"
    registry = request.getfixturevalue("registry") if avro else None
    more = {"schema.registry.url": registry.url, "feed.orders.format": form, "campaign.format": form} if avro else {}
    program = obek(more, model_file=model[0], clock="event", clock_event_until=UNTIL)
    orders = topics.create("orders", partitions=4)
    replay(program)
    records = sent_at_once(partitions_of(topics.read(orders), Reader(registry), "orders", plain))
    reference = references.start(model[0], records, up_to=parse_time(UNTIL))
    program.run_to_end()

    states = shown_states(program)
    hold_totals(states)
    changes = topics.read(topics.name("segment-changes"))
    assert (changes[0].value()[0] == 0) == avro
    reference.wait(300)
    events = reference.by_customer()
    assert hold_events(changes, Reader(registry, float), events, {"orders": orders}) == len(changes) > ORDERS
    assert hold_states(states, reference.states()) == CUSTOMERS
    assert hold_segments_at(states, model[1], parse_time(UNTIL)) == CUSTOMERS
    hold_histories(states, events)
    hold_redis(redis.client, states)
    assert topics.lag(program.properties["group.id"], orders) == 0
    assert topics.read(topics.name("orders-dead")) == []


# ---- two feeds, each of its own shape -----------------------------------------------------------------------------------

FEEDS = {
    "feeds": "web, store", "feed.orders.topic": None,
    "feed.web.format": "json", "feed.web.field.customer_id": "buyer.account.id", "feed.web.field.order_id": "basket.number",
    "feed.web.field.occurred_at": "basket.placed", "feed.web.field.channel": "device", "feed.web.field.amount": "basket.totals[1].value",
    "feed.web.time.unit": "s",
    "feed.store.format": "confluent-avro", "feed.store.channel": "Store", "feed.store.field.customer_id": "card.holder",
    "feed.store.field.order_id": "receipt.number", "feed.store.field.occurred_at": "receipt.sold_at", "feed.store.time.unit": "us",
    "feed.store.field.amount": "receipt.kurus", "feed.store.amount.unit": "minor",
}


def web_order(value):
    basket = value["basket"]
    return {"order_id": basket["number"], "customer_id": value["buyer"]["account"]["id"], "occurred_at": basket["placed"] * 1000,
            "channel": value["device"], "amount": str(basket["totals"][1]["value"])}


def store_order(value):
    receipt = value["receipt"]
    return {"order_id": receipt["number"], "customer_id": value["card"]["holder"], "occurred_at": receipt["sold_at"] // 1000,
            "channel": "Store", "amount": f"{receipt['kurus'] // MINOR}.{receipt['kurus'] % MINOR:02d}"}


def test_two_mapped_feeds(obek, topics, redis, model, registry):
    """Every customer is in both, so this holds whatever the order in which the sources are read: ledgers, the segments without
    hysteresis, sequences without a gap."""
    web, store = topics.create("web", partitions=3), topics.create("store", partitions=2)
    program = obek({**FEEDS, "feed.web.topic": web, "feed.store.topic": store, "schema.registry.url": registry.url,
                    "redis.readable": "full"}, model_file=model[0], clock="event", clock_event_until=UNTIL)
    replay(program, "--feed", "web", "--where", "channel!=Offline")
    replay(program, "--feed", "store", "--where", "channel=Offline")
    parts = {**partitions_of(topics.read(web), Reader(), "web", web_order),
             **partitions_of(topics.read(store), Reader(registry), "store", store_order)}
    assert sum(map(len, parts.values())) == ORDERS
    program.run_to_end(limit_s=180)

    states = shown_states(program)
    hold_totals(states)
    result = expected_events({**model[1], "schemes": []}, parts)
    assert hold_ledgers(states, result.states) == CUSTOMERS
    assert hold_segments_at(states, model[1], parse_time(UNTIL)) == CUSTOMERS
    assert hold_chains(topics.read(topics.name("segment-changes")), Reader(registry, float), states) > ORDERS
    hold_redis(redis.client, states, "full")
    assert topics.lag(program.properties["group.id"], web) == topics.lag(program.properties["group.id"], store) == 0
