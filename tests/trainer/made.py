"""Data that the tests make up, with a truth that is known."""
import math
import random
from datetime import datetime, timedelta, timezone

CUSTOMERS = {"obek_recipe": 1, "name": "made", "currency": "EUR", "as_of": "2024-01-01", "rows": "customers",
             "columns": {"customer_id": "id", "first_at": "first", "last_at": "last", "orders_online": "n_web", "orders_offline": "n_store",
                         "value_online": "v_web", "value_offline": "v_store"}}
ORDERS = {"obek_recipe": 1, "name": "made", "currency": "EUR", "as_of": "2024-01-01", "rows": "orders",
          "columns": {"order_id": "order_id", "customer_id": "customer_id", "occurred_at": "occurred_at", "channel": "channel", "amount": "amount"}}
RFM = {"name": "rfm", "type": "rfm"}
KMEANS = {"name": "kmeans", "type": "kmeans", "features": ["recency_days", "orders_online"], "transform": "log1p", "scale": "minmax", "k": 3}
CLTV = {"name": "cltv", "type": "cltv", "horizons": [26], "segments": [{"id": "low"}, {"id": "middle"}, {"id": "high"}]}


def recipe(base, *schemes, **more):
    return {**base, "schemes": list(schemes), **more}


def day(n):
    return (datetime(2024, 1, 1, tzinfo=timezone.utc) - timedelta(days=n)).strftime("%Y-%m-%d")


def customers(n=300, seed=1):
    """Rows of three planted kinds: (id, first, last, orders online and in stores, their values); and the kind of each."""
    chance, rows, kinds = random.Random(seed), [], []
    for i in range(n):
        kind = i % 3
        last = [chance.randint(1, 5), chance.randint(60, 80), chance.randint(600, 700)][kind]
        web = [chance.randint(30, 40), chance.randint(8, 10), chance.randint(1, 2)][kind]
        store = chance.randint(0, 2)
        first = last + (chance.randint(100, 300) if web + store > 1 else 0)
        rows.append((f"c{i}", day(first), day(last), web, store, f"{web * 25.5:.2f}", f"{store * 40:.2f}"))
        kinds.append(kind)
    return rows, kinds


def csv_text(rows, header="id,first,last,n_web,n_store,v_web,v_store", separator=","):
    return "\n".join([header.replace(",", separator), *(separator.join(map(str, row)) for row in rows)]) + "\n"


def bgnbd_orders(n, r, alpha, a, b, weeks=104, seed=7, gamma=(6.0, 4.0, 15.0)):
    """Orders of n customers by BG/NBD and Gamma-Gamma (Fader, Hardie, Lee 2005): rows of the contract's columns."""
    chance, rows = random.Random(seed), []
    p, q, v = gamma
    for c in range(n):
        rate, drop = chance.gammavariate(r, 1 / alpha), chance.betavariate(a, b)
        scale = chance.gammavariate(q, 1 / v)
        start, at = chance.uniform(0, weeks / 2), 0.0
        while True:
            when = datetime(2024, 1, 1, tzinfo=timezone.utc) - timedelta(weeks=weeks - start - at)
            rows.append((f"o{len(rows)}", f"c{c}", when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z", chance.choice(["web", "Store"]),
                         f"{max(0.01, chance.gammavariate(p, 1 / scale)):.2f}"))
            if at > 0 and chance.random() < drop:
                break
            at += -math.log(1 - chance.random()) / rate
            if start + at > weeks:
                break
    return rows


ORDER_HEADER = "order_id,customer_id,occurred_at,channel,amount"
