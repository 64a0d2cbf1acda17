"""Deterministic synthetic feeds, and a k-means model that fits them.

    feed = orders(seed=1, customers=800)
    feed.partitions   {("orders", 0): [{"value": {...}, "timestamp": ms}, ...]}, offset = place in the list
    feed.arrival      [(topic, partition, offset), ...] in the order of the records' timestamps
    model_json = kmeans_model(feed, moving=3, hysteresis=0.1)

In it: online and offline orders over several years, lapses, duplicates, cancellations and returns before and after
their orders (partial, whole, repeated), late and out-of-order records, ties in time, customers with more than 32
orders, ids that need percent-encoding. A record's timestamp is when it arrived; it never precedes occurred_at.
"""
import argparse
import json
import math
import random
from dataclasses import dataclass

from .ledger import fnv1a64
from .model import DAY_MS, Column, feature
from .order import format_time, parse_time

CHANNELS_ONLINE = ("Android App", "Ios App", "Mobile", "Desktop")
CHANNELS_OFFLINE = ("Offline", "Store")
CATEGORIES = ("KADIN", "ERKEK", "COCUK", "AKTIFSPOR", "AKTIFCOCUK")


@dataclass
class Feed:
    partitions: dict
    arrival: list
    start_ms: int
    end_ms: int


def orders(seed=1, customers=800, partitions=4, years=3, start="2019-01-01T00:00:00Z", spread=False, topics=("orders",),
           late_ms=7 * DAY_MS, trouble=1.0):
    """`spread`: a customer's records go to any partition and topic; else all to one (FNV-1a of the id).
    `trouble`: scales the shares of duplicates, cancellations and returns; 0 gives distinct orders only."""
    chance = random.Random(seed)
    start_ms = parse_time(start)
    end_ms = start_ms + int(years * 365.25) * DAY_MS
    records = []                                   # (arrival ms, tie breaker, value)
    for n in range(customers):
        for arrived, value in customer_records(chance, n, start_ms, end_ms, late_ms, trouble):
            records.append((arrived, len(records), value))
    records.sort(key=lambda r: r[:2])
    parts = {(topic, p): [] for topic in topics for p in range(partitions)}
    sources, arrival = list(parts), []
    for arrived, n, value in records:
        text = value["customer_id"] + (f"/{n}" if spread else "")
        source = sources[fnv1a64(text.encode()) % len(sources)]
        arrival.append((*source, len(parts[source])))
        parts[source].append({"value": value, "timestamp": arrived})
    return Feed(parts, arrival, start_ms, end_ms)


def customer_records(chance, n, start_ms, end_ms, late_ms, trouble):
    customer_id = f"c{n:05d}" if n % 50 else f"c{n:05d}/ö %"
    gap_days = chance.lognormvariate(math.log(90), 0.9) if n % 40 else 12.0    # every 40th buys more than 32 times
    online_share = chance.choice((0.0, 0.2, 0.5, 0.8, 1.0))
    size = chance.lognormvariate(4.8, 0.5)
    until = end_ms if chance.random() < 0.5 else chance.randint(start_ms, end_ms)   # lapses
    at = start_ms + int(chance.random() ** 2 * 0.8 * (end_ms - start_ms))
    number = 0
    while True:
        number += 1
        yield from order_records(chance, customer_id, f"{customer_id}-{number}", at, online_share, size, late_ms,
                                 trouble)
        if chance.random() < 0.04:                 # a tie: the next order has the same millisecond
            continue
        at += max(1, int(chance.expovariate(1 / gap_days) * DAY_MS))
        if chance.random() < 0.3:
            at = (at // DAY_MS) * DAY_MS           # midnight: ties across customers, like imports of dates
        if at > until:
            return


def order_records(chance, customer_id, order_id, at, online_share, size, late_ms, trouble):
    """One order and what befalls it."""
    def delay():
        return int(chance.random() ** 4 * late_ms) if chance.random() < 0.15 else chance.randint(0, 5000)

    minor = max(1, int(chance.lognormvariate(math.log(size), 0.6) * 100)) if chance.random() > 0.01 else 0
    channel = chance.choice(CHANNELS_ONLINE if chance.random() < online_share else CHANNELS_OFFLINE)
    value = {"order_id": order_id, "customer_id": customer_id, "occurred_at": time_value(chance, at),
             "channel": channel, "amount": f"{minor // 100}.{minor % 100:02d}",
             "categories": chance.sample(CATEGORIES, chance.randint(0, 2))}
    arrived = at + delay()
    yield arrived, value
    if chance.random() < 0.05 * trouble:
        for _ in range(chance.randint(1, 2)):
            yield arrived + chance.randint(1, 3 * DAY_MS), dict(value)

    follow = {"order_id": order_id, "customer_id": customer_id}
    if chance.random() < 0.06 * trouble:
        when = at + chance.randint(0, 20 * DAY_MS)
        for _ in range(chance.choice((1, 1, 1, 2))):
            yield follow_time(chance, when, at, delay()), {**follow, "kind": "CANCELLATION",
                                                           "occurred_at": time_value(chance, when)}
    if chance.random() < 0.10 * trouble:
        for n in range(chance.choice((1, 1, 2, 3, 9))):
            when = at + chance.randint(0, 30 * DAY_MS)
            back = {**follow, "kind": "RETURN", "occurred_at": time_value(chance, when)}
            if chance.random() < 0.7:
                part = chance.randint(0, max(1, minor))
                back["amount"] = f"{part // 100}.{part % 100:02d}"
            if chance.random() < 0.7:
                back["return_id"] = f"r{n}"
            arrived = follow_time(chance, when, at, delay())
            yield arrived, back
            if chance.random() < 0.2:
                yield arrived + chance.randint(1, DAY_MS), dict(back)


def follow_time(chance, when, at, delay):
    """When a cancellation or return of an order at `at` arrives; its occurred_at is never after that. A small delay
    here and a large one of the order's make it come before its order."""
    return max(when, at) + (0 if chance.random() < 0.5 else delay)


def time_value(chance, ms):
    """RFC 3339 or epoch milliseconds."""
    return format_time(ms) if chance.random() < 0.8 else ms


# --- a model that fits --------------------------------------------------------------------------------------------

SPECS = {"recency_days": ("log1p", [0.0, 1500.0]), "tenure_days": ("sqrt", [None, 2000.0]),
         "recency_online_days": ("log1p", [0.5, 900.0]), "recency_offline_days": ("none", [None, 900.0]),
         "frequency": ("log1p", [None, 200.0]), "monetary": ("log1p", [None, None]),
         "orders_online": ("log1p", [0.0, 40.0]), "share_online": ("none", [None, None])}
MOVING = ("recency_days", "tenure_days", "recency_online_days", "recency_offline_days")
STILL = ("frequency", "monetary", "share_online")


def kmeans_scheme(feed, moving=2, hysteresis=0.0, k=5, seed=1, name="kmeans"):
    """Lloyd's algorithm on every customer's features at the feed's end (orders alone, no cancellations)."""
    from .run import expected_events
    blank = {"obek_model": 1, "name": "blank", "version": "0", "schemes": []}
    states = expected_events(blank, feed.partitions, feed.arrival).customers
    names = (*MOVING[:moving], *STILL)
    known = [c.totals for _, c in sorted(states.items()) if c.totals.n]
    columns, specs = [], []
    for feature_name in names:
        transform, clip = SPECS[feature_name]
        spec = {"name": feature_name, "transform": transform, "clip": clip, "offset": 0.0, "factor": 1.0}
        values = [Column(spec).scale(feature(feature_name, t, feed.end_ms, 100.0)) for t in known]
        low, high = min(values), max(values)
        spec["offset"], spec["factor"] = round(low, 6), round(1 / (high - low or 1.0), 6)
        specs.append(spec)
        columns.append(Column(spec))
    points = [[c.scale(feature(c.name, t, feed.end_ms, 100.0)) for c in columns] for t in known]
    segments = [{"id": f"{name}-{n}", "centroid": [round(x, 6) for x in c]}
                for n, c in enumerate(lloyd(points, k, random.Random(seed)))]
    return {"name": name, "type": "kmeans", "hysteresis": hysteresis, "features": specs, "segments": segments}


def kmeans_model(feed, moving=2, hysteresis=0.0, k=5, seed=1, version="1"):
    return {"obek_model": 1, "name": "synthetic", "version": version, "created": format_time(feed.end_ms),
            "currency": "TRY", "schemes": [kmeans_scheme(feed, moving, hysteresis, k, seed)]}


def lloyd(points, k, chance, rounds=40):
    centres = chance.sample(points, k)
    for _ in range(rounds):
        members = [[] for _ in centres]
        for p in points:
            nearest = min(range(k), key=lambda j: sum((a - b) ** 2 for a, b in zip(p, centres[j])))
            members[nearest].append(p)
        moved = [[sum(x) / len(m) for x in zip(*m)] if m else c for m, c in zip(members, centres)]
        if moved == centres:
            break
        centres = moved
    return centres


# --- random (state, model) pairs, for due times --------------------------------------------------------------------

def random_history(chance, now_ms):
    """A customer's orders up to now_ms as JSON values: the state of a random (state, model) pair."""
    records = []
    while not records:
        for channel in ("Mobile", "Offline"):
            for n in range(chance.choice((0, 1, 3, 20))):
                age = chance.choice((0, chance.randrange(DAY_MS), chance.randrange(600 * DAY_MS),
                                     chance.randrange(1600 * DAY_MS)))
                records.append({"order_id": f"{channel}{n}", "customer_id": "c", "channel": channel,
                                "occurred_at": now_ms - age, "amount": f"{chance.randrange(50_000) / 100:.2f}"})
    return records


def random_kmeans(chance):
    """A k-means scheme with one to four moving features, any transforms, clips and signs, hysteresis on or off."""
    names = chance.sample((*MOVING, "frequency", "monetary", "share_online", "active_days"), chance.randint(2, 6))
    if not set(names) & set(MOVING):
        names.append("recency_days")
    scale = {"none": 500.0, "log1p": math.log1p(500), "sqrt": math.sqrt(500)}
    features = []
    for name in names:
        transform = chance.choice(("none", "log1p", "sqrt"))
        clip = [chance.choice((None, 1.0)), chance.choice((400.0, 800.0, 3000.0, 40_000.0))]
        features.append({"name": name, "transform": transform, "clip": clip, "offset": chance.choice((0.0, 0.5)),
                         "factor": chance.choice((1, -1)) / scale[transform]})
    segments = [{"id": f"s{n}", "centroid": [round(chance.uniform(-1, 1.5), 3) for _ in names]}
                for n in range(chance.randint(2, 7))]
    return {"name": "k", "type": "kmeans", "hysteresis": chance.choice((0, 0, 0.1, 0.3)), "features": features,
            "segments": segments}


def main():
    words = argparse.ArgumentParser(description="writes synthetic records (JSON lines, in arrival order) and a model")
    words.add_argument("records")
    words.add_argument("model")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--customers", type=int, default=800)
    words.add_argument("--partitions", type=int, default=4)
    words.add_argument("--years", type=float, default=3)
    words.add_argument("--spread", action="store_true", help="a customer's records go to any partition")
    words.add_argument("--topics", default="orders")
    words.add_argument("--moving", type=int, default=2, help="moving features of the model, 0 to 4")
    words.add_argument("--hysteresis", type=float, default=0.0)
    given = words.parse_args()
    feed = orders(given.seed, given.customers, given.partitions, given.years, spread=given.spread,
                  topics=tuple(given.topics.split(",")))
    with open(given.records, "w", encoding="utf-8") as file:
        for topic, partition, offset in feed.arrival:
            record = feed.partitions[topic, partition][offset]
            file.write(json.dumps({"topic": topic, "partition": partition, "offset": offset, **record},
                                  ensure_ascii=False) + "\n")
    with open(given.model, "w", encoding="utf-8") as file:
        json.dump(kmeans_model(feed, given.moving, given.hysteresis), file, indent=1)


if __name__ == "__main__":
    main()
