"""FLO: 100,219 real-shaped orders of 19,945 customers through a real Kafka. The states equal the retailer's own totals, and every
event equals the independent reference's. As JSON, as Confluent Avro, and as two mapped feeds."""
import json
import os
from decimal import Decimal

import pytest
from expected import MINOR, hold_chains, hold_events, hold_histories, hold_ledgers, hold_states, shown_states
from obek_process import PROJECT
from records import Reader, as_order, partitions_of
from redis_contents import hold_redis
from reference import flo
from reference.model import Model
from reference.order import parse_time
from reference.run import expected_events
from reference_process import References

SHARED = flo.shared()
MODEL = f"{PROJECT}/config/models/flo-kmeans7.json"
ORDERS, CUSTOMERS = 100_219, 19_945

pytestmark = [pytest.mark.skipif(SHARED is None, reason="FLO DATA ABSENT: ../shared or OBEK_SHARED not found"), pytest.mark.limit(600)]


@pytest.fixture(scope="module")
def references(session_folder):
    """Half a minute of work for each distinct input: done once, while the servers and obek work."""
    made = References(os.path.join(session_folder, "references"))
    yield made
    made.end()


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
def test_every_event_is_the_references(obek, topics, redis, request, references, form):
    avro = form == "confluent-avro"
    registry = request.getfixturevalue("registry") if avro else None
    more = {"schema.registry.url": registry.url, "feed.orders.format": form, "campaign.format": form} if avro else {}
    program = obek(more, model_file=MODEL, clock="manual")
    orders = topics.create("orders", partitions=4)
    replay(program)
    reference = references.start(MODEL, sent_at_once(partitions_of(topics.read(orders), Reader(registry), "orders", plain)))
    program.run_to_end()

    states = shown_states(program)
    hold_totals(states)
    changes = topics.read(topics.name("segment-changes"))
    assert (changes[0].value()[0] == 0) == avro
    reference.wait(300)
    events = reference.by_customer()
    assert hold_events(changes, Reader(registry, float), events, {"orders": orders}) == len(changes) > ORDERS
    assert hold_states(states, reference.states()) == CUSTOMERS
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


def without_hysteresis(folder):
    with open(MODEL, encoding="utf-8") as file:
        model = json.load(file)
    model["schemes"][0]["hysteresis"] = 0.0
    del model["probes"]           # their due times are those with hysteresis
    path = f"{folder}/model.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(model, file)
    return path, model


def test_two_mapped_feeds(obek, topics, redis, folder, registry):
    """Every customer is in both, so this holds whatever the order in which the sources are read: ledgers, the segments without
    hysteresis, sequences without a gap."""
    web, store = topics.create("web", partitions=3), topics.create("store", partitions=2)
    path, model = without_hysteresis(folder)
    program = obek({**FEEDS, "feed.web.topic": web, "feed.store.topic": store, "schema.registry.url": registry.url,
                    "redis.readable": "full"}, model_file=path, clock="manual")
    replay(program, "--feed", "web", "--where", "channel!=Offline")
    replay(program, "--feed", "store", "--where", "channel=Offline")
    parts = {**partitions_of(topics.read(web), Reader(), "web", web_order),
             **partitions_of(topics.read(store), Reader(registry), "store", store_order)}
    assert sum(map(len, parts.values())) == ORDERS
    program.run_to_end(limit_s=180)

    states = shown_states(program)
    hold_totals(states)
    result = expected_events({**model, "schemes": []}, parts)
    assert hold_ledgers(states, result.states) == CUSTOMERS
    scheme = Model(model).schemes[0]
    for name, customer in result.customers.items():
        assert states[name]["as_of"] >= customer.totals.last
        segment = scheme.ids[scheme.assign(customer.totals, states[name]["as_of"], None)]
        assert states[name]["segments"] == {"kmeans": segment}, name
    assert hold_chains(topics.read(topics.name("segment-changes")), Reader(registry, float), states) > ORDERS
    hold_redis(redis.client, states, "full")
    assert topics.lag(program.properties["group.id"], web) == topics.lag(program.properties["group.id"], store) == 0
