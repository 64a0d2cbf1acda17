#!/usr/bin/env python3
"""Prints a model of config/models, learned from the FLO customers, ready to be served.

    tests/make_flo_model.py flo-kmeans7|flo-rfm|flo-all SHARED > config/models/NAME.json

SHARED holds data/flo_data_20k.csv and oracles/flo_kmeans7_centers.csv. K-Means: seven centroids; the features are log1p and then
min-max to [0, 1] over the file's customers, recency as of 2021-06-01. RFM: cuts at the quintiles of the values. CLTV: BG/NBD and
Gamma-Gamma as fitted to repeat orders, bands by quartiles of the value. The probes' customers are made up; what is expected of
them is computed here and by tests/reference, apart from the C code.
"""
import csv
import json
import math
import sys
from datetime import date, datetime, timezone
from pathlib import Path

from reference import flo
from reference.ledger import Totals
from reference.model import HORIZON_MS, Model

AS_OF = date(2021, 6, 1)
HYSTERESIS = 0.05
DAY_MS = 86_400_000
FEATURES = {  # column of the centres, in their order: obek's feature
    "order_num_total_ever_online": "orders_online",
    "order_num_total_ever_offline": "orders_offline",
    "customer_value_total_ever_offline": "value_offline",
    "customer_value_total_ever_online": "value_online",
    "recency": "recency_days",
    "tenure": "active_days",
}
# In the order of the centres. Beside each: orders online and offline, value offline and online, recency, active days
SEGMENTS = [
    ("lapsed", "Lapsed", "Kaybedilenler"),  # 1.3, 1.2, 118, 170, 211, 389
    ("occasional", "Occasional, still active", "Arada bir alanlar"),  # 1.5, 1.4, 147, 199, 46, 513
    ("store_shoppers", "Store shoppers", "Mağaza müşterileri"),  # 1.7, 3.3, 468, 218, 134, 615
    ("online_at_risk", "Online regulars at risk", "Kaybedilmek üzere olan online müşteriler"),  # 5.5, 1.4, 140, 823, 163, 756
    ("loyal_online", "Loyal online", "Sadık online müşteriler"),  # 7.1, 1.8, 197, 1136, 28, 805
    ("just_bought", "Bought in the last days", "Yeni alışveriş yapanlar"),  # 1.9, 1.8, 206, 286, 9, 530
    ("new_gone_quiet", "New, then quiet", "Yeni gelip sessizleşenler"),  # 1.3, 1.1, 150, 183, 109, 23
]
# Segment: labels, by recency and frequency score (oracles.md, after the usual table)
RFM_SEGMENTS = {
    "hibernating": ("Hibernating", "Uyuyanlar"),
    "at_risk": ("At risk", "Risk altındakiler"),
    "cant_lose": ("Cannot lose them", "Kaybedilmemesi gerekenler"),
    "about_to_sleep": ("About to sleep", "Uyumak üzere olanlar"),
    "need_attention": ("Need attention", "İlgi bekleyenler"),
    "loyal_customers": ("Loyal customers", "Sadık müşteriler"),
    "promising": ("Promising", "Umut verenler"),
    "new_customers": ("New customers", "Yeni müşteriler"),
    "potential_loyalists": ("Potential loyalists", "Potansiyel sadıklar"),
    "champions": ("Champions", "Şampiyonlar"),
}
RFM_TABLE = [  # recency score 1..5, then frequency score 1..5
    ["hibernating", "hibernating", "at_risk", "at_risk", "cant_lose"],
    ["hibernating", "hibernating", "at_risk", "at_risk", "cant_lose"],
    ["about_to_sleep", "about_to_sleep", "need_attention", "loyal_customers", "loyal_customers"],
    ["promising", "potential_loyalists", "potential_loyalists", "loyal_customers", "loyal_customers"],
    ["new_customers", "potential_loyalists", "potential_loyalists", "champions", "champions"],
]
CLTV = {  # unpenalised fits to orders - 1 of the capped data; nobody's dropout can be seen in it: a is 0
    "name": "cltv", "type": "cltv", "x": "repeat_frequency", "m": "avg_order_value",
    "caps": {"orders_online": 48, "orders_offline": 16, "value_online": 7800, "value_offline": 3020},
    "bgnbd": {"r": 2.94762, "alpha": 78.789933, "a": 0, "b": 1},
    "gamma_gamma": {"p": 7.551743, "q": 8.297586, "v": 146.17124},
    "unit_days": 7, "months": 6, "discount": 0.01,
}
CLTV_SEGMENTS = {
    "low": ("Low value", "Düşük değer"),
    "medium": ("Medium value", "Orta değer"),
    "high": ("High value", "Yüksek değer"),
    "top": ("Top value", "En yüksek değer"),
}
# (at, amount, offline) of each order, and now
PROBES = [
    ([("2019-09-01T10:00:00Z", "120.00", True), ("2020-09-20T12:30:00Z", "180.50", False)], "2021-04-20T00:00:00Z"),
    ([("2019-11-01T09:15:00Z", "139.90", True), ("2021-03-28T18:00:00Z", "219.99", False)], "2021-05-10T00:00:00Z"),
    ([("2019-05-04T11:00:00Z", "215.00", False), ("2019-12-21T15:40:00Z", "160.00", True),
      ("2020-07-11T16:05:00Z", "149.95", True), ("2021-01-16T13:20:00Z", "170.00", True)], "2021-06-01T00:00:00Z"),
    ([("2018-12-02T20:00:00Z", "150.00", True), ("2019-03-10T08:00:00Z", "140.00", False),
      ("2019-08-22T21:10:00Z", "165.49", False), ("2020-01-05T19:45:00Z", "155.00", False),
      ("2020-05-30T22:30:00Z", "180.00", False), ("2020-12-18T23:00:00Z", "199.99", False)], "2021-06-01T00:00:00Z"),
    ([("2019-02-14T10:00:00Z", "199.00", True), ("2019-06-01T12:00:00Z", "140.00", False),
      ("2019-11-29T00:01:00Z", "259.90", False), ("2020-03-15T14:00:00Z", "120.00", False),
      ("2020-08-08T14:00:00Z", "175.00", False), ("2020-11-27T00:05:00Z", "310.00", False),
      ("2021-05-09T17:00:00Z", "149.99", False)], "2021-06-01T00:00:00Z"),
    ([("2019-12-20T10:00:00Z", "205.00", True), ("2020-10-10T10:00:00Z", "149.99", False),
      ("2021-05-28T19:22:33.444Z", "139.99", False)], "2021-06-01T00:00:00Z"),
    ([("2021-01-20T10:00:00Z", "149.99", True), ("2021-02-11T20:00:00Z", "179.99", False)], "2021-06-01T00:00:00Z"),
    ([("2021-05-01T12:00:00Z", "89.90", True)], "2021-05-01T12:00:00Z"),
]


def columns(row):
    first, last = (date.fromisoformat(row[key]) for key in ("first_order_date", "last_order_date"))
    whole = [float(row[name]) for name in list(FEATURES)[:4]]
    return whole + [float((AS_OF - last).days), float((last - first).days)]


def milliseconds(text):
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc).timestamp() * 1000)


def raw_features(orders, now):
    times = [milliseconds(at) for at, _, _ in orders]
    value = {side: sum(round(float(amount) * 100) for _, amount, offline in orders if offline is side) / 100 for side in (True, False)}
    count = {side: sum(offline is side for _, _, offline in orders) for side in (True, False)}
    return [count[False], count[True], value[True], value[False], (now - max(times)) / DAY_MS, (max(times) - min(times)) / DAY_MS]


def expectation(orders, now, scaling, centroids):
    """The nearest centroid at `now`, and the first ms after it at which another one is past the hysteresis.

    Only recency moves, so d_i^2 - d_j^2 is a line in its scaled value: solved for each j, and the first j wins."""
    raw = raw_features(orders, now)
    z = [(math.log1p(x) - low) / (high - low) for x, (low, high) in zip(raw, scaling)]
    distance = [sum((a - b) ** 2 for a, b in zip(z, centre)) for centre in centroids]
    here = distance.index(min(distance))
    recency = list(FEATURES.values()).index("recency_days")
    low, high = scaling[recency]
    last = now - round(raw[recency] * DAY_MS)
    crossings = []
    for there, centre in enumerate(centroids):
        slope = 2 * (centre[recency] - centroids[here][recency])
        between = sum((a - b) ** 2 for a, b in zip(centre, centroids[here]))
        if slope > 0:
            at = z[recency] + (2 * HYSTERESIS * between - distance[here] + distance[there]) / slope
            crossings.append(last + math.floor(math.expm1(at * (high - low) + low) * DAY_MS) + 1)
    due = min(crossings, default=None)
    never = due is None or due > now + 36525 * DAY_MS
    return {"segment": SEGMENTS[here][0], "due": None if never else instant(due)}


def instant(ms):
    seconds, rest = divmod(ms, 1000)
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:03d}Z"


def kmeans(shared):
    """The scheme, and what it must answer for a probe."""
    with open(f"{shared}/data/flo_data_20k.csv", newline="", encoding="utf-8") as file:
        customers = [columns(row) for row in csv.DictReader(file)]
    with open(f"{shared}/oracles/flo_kmeans7_centers.csv", newline="", encoding="utf-8") as file:
        centroids = [[float(row[name]) for name in FEATURES] for row in csv.DictReader(file)]
    scaling = [(math.log1p(min(column)), math.log1p(max(column))) for column in zip(*customers)]
    features = [{"name": name, "transform": "log1p", "clip": [None, None], "offset": low, "factor": 1 / (high - low)}
                for name, (low, high) in zip(FEATURES.values(), scaling)]
    segments = [{"id": id_, "label": {"en": en, "tr": tr}, "centroid": centre}
                for (id_, en, tr), centre in zip(SEGMENTS, centroids)]
    scheme = {"name": "kmeans", "type": "kmeans", "hysteresis": HYSTERESIS, "features": features, "segments": segments}
    return scheme, lambda orders, now: expectation(orders, now, scaling, centroids)


def quantiles(values, parts):
    """The inner ones, linearly interpolated."""
    values = sorted(values)
    for n in range(1, parts):
        place = n * (len(values) - 1) / parts
        low = math.floor(place)
        yield round(values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low]), 4)


def labelled(segments):
    return [{"id": id_, "label": {"en": en, "tr": tr}} for id_, (en, tr) in segments.items()]


def rfm(shared):
    now, totals = flo.ANALYSIS_MS, flo.file_totals(Path(shared)).values()
    raw = {"recency_days": [(now - t.last) / DAY_MS for t in totals], "frequency": [t.n for t in totals],
           "monetary": [t.value / 100 for t in totals]}
    scheme = {"name": "rfm", "type": "rfm", "cuts": {name: list(quantiles(values, 5)) for name, values in raw.items()},
              "table": RFM_TABLE, "segments": labelled(RFM_SEGMENTS)}
    return scheme, by_reference(scheme)


def cltv(shared):
    """Bands by quartiles, to whole units of the currency."""
    blank = reference_scheme({**CLTV, "cuts": [], "segments": [{"id": "all"}]})
    values = [blank.value(totals, flo.ANALYSIS_MS) for totals in flo.file_totals(Path(shared)).values()]
    scheme = {**CLTV, "cuts": [round(cut) for cut in quantiles(values, 4)], "segments": labelled(CLTV_SEGMENTS)}
    return scheme, by_reference(scheme)


def reference_scheme(scheme):
    return Model({"obek_model": 1, "name": "m", "version": "1", "schemes": [scheme]}).schemes[0]


def totals_of(orders):
    totals = Totals()
    for side, offline in (("online", False), ("offline", True)):
        times = [milliseconds(at) for at, _, where in orders if where is offline]
        if times:
            setattr(totals, f"n_{side}", len(times))
            setattr(totals, f"v_{side}", sum(round(float(amount) * 100) for _, amount, where in orders if where is offline))
            setattr(totals, f"first_{side}", min(times))
            setattr(totals, f"last_{side}", max(times))
    return totals


def by_reference(spec):
    scheme = reference_scheme(spec)

    def expected(orders, now):
        totals = totals_of(orders)
        here = scheme.assign(totals, now, None)
        due = scheme.first_change(totals, here, now, now + HORIZON_MS)
        return {"segment": scheme.ids[here], "due": None if due is None else instant(due)}

    return expected


MODELS = {"flo-kmeans7": (kmeans,), "flo-rfm": (rfm,), "flo-all": (kmeans, rfm, cltv)}


def model(name, shared):
    made = [make(shared) for make in MODELS[name]]
    probes = [{"orders": [{"at": at, "amount": amount, "offline": offline} for at, amount, offline in orders], "now": now,
               "expect": {scheme["name"]: expected(orders, milliseconds(now)) for scheme, expected in made}} for orders, now in PROBES]
    return {
        "obek_model": 1, "name": name, "version": AS_OF.isoformat(), "created": f"{AS_OF}T00:00:00Z", "currency": "TRY",
        "trained_on": {"data": "FLO, customers of a shoe retailer", "customers": len(flo.customers(Path(shared))),
                       "as_of": f"{AS_OF}T00:00:00Z"},
        "schemes": [scheme for scheme, _ in made],
        "probes": probes,
    }


def text(value, depth=0):
    """JSON whose innermost rows stay on one line each; numbers read back exactly (repr)."""
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if depth > 0 and len(flat) <= 126 - depth or not isinstance(value, (dict, list)):
        return flat
    pad, inner = " " * depth, " " * (depth + 2)
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + text(item, depth + 2) for item in value) + "\n" + pad + "]"
    return "{\n" + ",\n".join(f"{inner}{json.dumps(key)}: {text(item, depth + 2)}" for key, item in value.items()) + "\n" + pad + "}"


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in MODELS:
        sys.exit(__doc__)
    sys.stdout.reconfigure(encoding="utf-8")
    print(text(model(*sys.argv[1:])))
