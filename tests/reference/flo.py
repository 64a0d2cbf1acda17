"""The FLO data (../shared, not part of the project) as records, as final numbers and as a k-means model."""
import csv
import gzip
import math
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

from .ledger import Totals, fnv1a64
from .order import parse_time

ANALYSIS_DAY = date(2021, 6, 1)
ANALYSIS_MS = parse_time("2021-06-01T00:00:00Z")
COLUMNS = {"orders_online": "order_num_total_ever_online", "orders_offline": "order_num_total_ever_offline",
           "value_offline": "customer_value_total_ever_offline", "value_online": "customer_value_total_ever_online"}


def shared():
    """The folder of the data, or None."""
    root = Path(__file__).resolve().parents[2]
    for folder in (os.environ.get("OBEK_SHARED"), root / ".." / "shared"):
        if folder and (Path(folder) / "data" / "flo_data_20k.csv").exists():
            return Path(folder)
    return None


def customers(folder):
    with open(folder / "data" / "flo_data_20k.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def orders(folder):
    with gzip.open(folder / "data" / "orders_flo_replay.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def partitions(folder, count=4, limit=None, topic_of=lambda row: "orders"):
    """The replayed orders in time order as records, partition = FNV-1a of the customer modulo count; arrival.

    Two feeds: topic_of=lambda row: "store" if row["channel"] == "Offline" else "web"."""
    parts, arrival = {}, []
    for row in orders(folder)[:limit]:
        source = (topic_of(row), fnv1a64(row["customer_id"].encode()) % count)
        value = {"order_id": row["order_id"], "customer_id": row["customer_id"], "occurred_at": row["timestamp"],
                 "channel": row["channel"], "amount": row["amount"]}
        records = parts.setdefault(source, [])
        arrival.append((*source, len(records)))
        records.append({"value": value, "timestamp": parse_time(row["timestamp"])})
    return parts, arrival


def cents(text):
    """A decimal of the CSV, exactly."""
    minor = Decimal(text) * 100
    if minor != minor.to_integral_value():
        raise ValueError(f"{text}: not whole cents")
    return int(minor)


def mismatches(folder, states):
    """Customers whose counts, values or dates differ from flo_data_20k.csv."""
    wrong = []
    for row in customers(folder):
        s = states.get(row["master_id"])
        expected = {"orders_online": int(Decimal(row["order_num_total_ever_online"])),
                    "orders_offline": int(Decimal(row["order_num_total_ever_offline"])),
                    "value_online_minor": cents(row["customer_value_total_ever_online"]),
                    "value_offline_minor": cents(row["customer_value_total_ever_offline"])}
        days = {"first": row["first_order_date"], "last": row["last_order_date"],
                "last_online": row["last_order_date_online"], "last_offline": row["last_order_date_offline"]}
        got_days = s and {
            "first": min(t for t in (s["first_online"], s["first_offline"]) if t is not None),
            "last": max(t for t in (s["last_online"], s["last_offline"]) if t is not None),
            "last_online": s["last_online"], "last_offline": s["last_offline"]}
        if s is None or any(s[k] != v for k, v in expected.items()) or \
                any(day(got_days[k]) != v for k, v in days.items()):
            wrong.append(row["master_id"])
    return wrong


def file_totals(folder):
    """flo_data_20k.csv as ledgers' totals, every date at midnight. The first orders of both channels are not in it:
    the first of all stands for them."""
    found = {}
    for row in customers(folder):
        first, on, off = (parse_time(row[name] + "T00:00:00Z") for name in
                          ("first_order_date", "last_order_date_online", "last_order_date_offline"))
        found[row["master_id"]] = Totals(
            int(Decimal(row[COLUMNS["orders_online"]])), int(Decimal(row[COLUMNS["orders_offline"]])),
            cents(row[COLUMNS["value_online"]]), cents(row[COLUMNS["value_offline"]]), first, on, first, off)
    return found


def labels(folder):
    with gzip.open(folder / "oracles" / "flo_kmeans7_labels.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return {row["master_id"]: row["seg"] for row in csv.DictReader(file)}


def day(ms):
    return None if ms is None else str(date.fromordinal(719163 + ms // 86_400_000))


def kmeans_model(folder, hysteresis=0.0, more_schemes=()):
    """The centres of oracles/flo_kmeans7_centers.csv with their scaler: log1p, then min-max over the customers."""
    rows = customers(folder)

    def days(a, b):
        return (date.fromisoformat(str(b)) - date.fromisoformat(str(a))).days

    raw = {name: [float(r[column]) for r in rows] for name, column in COLUMNS.items()}
    raw["recency_days"] = [float(days(r["last_order_date"], ANALYSIS_DAY)) for r in rows]
    raw["active_days"] = [float(days(r["first_order_date"], r["last_order_date"])) for r in rows]
    features = []
    for name, values in raw.items():
        low, high = math.log1p(min(values)), math.log1p(max(values))
        features.append({"name": name, "transform": "log1p", "clip": [None, None],
                         "offset": low, "factor": 1 / (high - low)})
    with open(folder / "oracles" / "flo_kmeans7_centers.csv", encoding="utf-8", newline="") as file:
        centres = list(csv.DictReader(file))
    columns = (*COLUMNS.values(), "recency", "tenure")
    segments = [{"id": f"s{n}", "centroid": [float(c[column]) for column in columns]}
                for n, c in enumerate(centres)]
    return {"obek_model": 1, "name": "flo", "version": "1", "created": "2021-06-01T00:00:00Z", "currency": "TRY",
            "schemes": [{"name": "kmeans", "type": "kmeans", "hysteresis": hysteresis, "features": features,
                         "segments": segments}, *more_schemes]}


SEGMENTS = ("hibernating", "at_risk", "cant_lose", "about_to_sleep", "need_attention", "loyal_customers", "promising",
            "new_customers", "potential_loyalists", "champions")


def rfm_scheme(recency=(33, 83, 145, 232), frequency=(2, 3, 4, 7),
               monetary=(302.188, 455.826, 660.38, 1020.036)):
    """The ten named segments; cuts of oracles.md, value cut points."""
    h, a, c, s, n, lo, p, new, po, ch = SEGMENTS
    table = [[h, h, a, a, c], [h, h, a, a, c], [s, s, n, lo, lo], [p, po, po, lo, lo], [new, po, po, ch, ch]]
    return {"name": "rfm", "type": "rfm", "table": table, "segments": [{"id": i} for i in SEGMENTS],
            "cuts": {"recency_days": list(recency), "frequency": list(frequency), "monetary": list(monetary)}}


def cltv_scheme(cuts=(60, 120, 240)):
    """Bands of what is expected within six months; nobody drops out."""
    return {"name": "cltv", "type": "cltv", "x": "repeat_frequency", "m": "avg_order_value", "caps": {},
            "bgnbd": {"r": 2.94762, "alpha": 78.789933, "a": 0, "b": 1}, "gamma_gamma": {"p": 7.551743, "q": 8.297586, "v": 146.17124},
            "unit_days": 7, "months": 6, "discount": 0.01, "cuts": list(cuts),
            "segments": [{"id": i} for i in ("low", "medium", "high", "top")]}
