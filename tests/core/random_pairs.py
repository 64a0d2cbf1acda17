"""Random (state, model) pairs: schemes mixed, several moving features, hysteresis on and off."""
import math

from reference import generate
from reference.cltv import Cltv
from reference.model import DAY_MS

from .answers import Pair, model_of

NOW = 1_622_505_600_000  # 2021-06-01


def random_orders(chance):
    return [(r["occurred_at"], round(float(r["amount"]) * 100), r["channel"] == "Offline") for r in generate.random_history(chance, NOW)]


def random_cuts(chance, low, high, most=6):
    return sorted(round(math.exp(chance.uniform(math.log(low), math.log(high))), 3) for _ in range(chance.randint(0, most)))


def random_rfm(chance):
    """A grid of any size; in some, neighbouring cells and neighbouring cuts are the same."""
    cuts = {"recency_days": random_cuts(chance, 0.001, 2000), "frequency": sorted(chance.randint(0, 12) for _ in range(chance.randint(0, 5))),
            "monetary": random_cuts(chance, 1, 5000)}
    if chance.random() < 0.2:
        cuts["recency_days"] = sorted([chance.randint(1, 600) for _ in range(3)] + [30, 30])
    ids = [f"g{n}" for n in range(chance.randint(1, 8))]
    table = [[chance.choice(ids) for _ in range(len(cuts["frequency"]) + 1)] for _ in range(len(cuts["recency_days"]) + 1)]
    return {"name": "rfm", "type": "rfm", "cuts": cuts, "table": table, "segments": [{"id": i} for i in ids]}


def random_a(chance):
    """Not too near to 1, where the reference takes the mean of both sides and loses digits."""
    a = chance.choice((0.0, 0.0, chance.lognormvariate(-2, 1), chance.lognormvariate(0, 0.7), chance.uniform(2, 30)))
    return a if abs(a - 1) > 0.05 else 1.5


def random_cltv(chance, orders):
    """Cuts about the value that the customer has, so that time moves most of them."""
    unit_days = chance.choice((1, 7, 7, 30))
    scheme = {"name": "cltv", "type": "cltv", "x": chance.choice(("frequency", "repeat_frequency")), "unit_days": unit_days,
              "months": chance.choice((1, 3, 6, 12)), "discount": chance.choice((0, 0.01, 0.05)),
              "bgnbd": {"r": chance.uniform(0.3, 4), "alpha": chance.lognormvariate(4, 1) / unit_days, "a": random_a(chance),
                        "b": chance.uniform(0.1, 6)},  # the reference's formula loses digits where b is much greater than r
              "gamma_gamma": {"p": chance.uniform(1, 8), "q": chance.uniform(1.1, 9), "v": chance.uniform(5, 300)}, "cuts": [],
              "segments": []}
    if chance.random() < 0.3:
        scheme["caps"] = {"orders_online": chance.randint(1, 15), "value_offline": chance.uniform(10, 3000)}
    totals = Pair(orders, NOW, model_of(scheme)).totals
    value = Cltv(scheme, 100.0).value(totals, NOW)
    cuts = sorted({value * chance.choice((chance.uniform(0.01, 1.5), chance.uniform(0.9, 1.0))) for _ in range(chance.randint(0, 5))})
    return {**scheme, "cuts": cuts, "segments": [{"id": f"b{n}"} for n in range(len(cuts) + 1)]}


def random_kmeans(chance):
    return {**generate.random_kmeans(chance), "name": "kmeans"}


def random_pair(chance):
    orders = random_orders(chance)
    makers = {"kmeans": random_kmeans, "rfm": random_rfm, "cltv": lambda c: random_cltv(c, orders)}
    kinds = chance.choice((["kmeans"], ["kmeans"], ["rfm"], ["cltv"], ["rfm", "kmeans"], ["cltv", "rfm", "kmeans"]))
    pair = Pair(orders, NOW, model_of(*(makers[kind](chance) for kind in kinds)))
    scheme = pair.schemes.get("kmeans")
    if scheme is not None and chance.random() < 0.5:  # not on entry: hysteresis may hold the customer where they are
        pair.present["kmeans"] = chance.choice(scheme.ids)
    return pair


def steps(after, until, count):
    """Instants in (after, until], close together at first, then in proportion to the time gone by."""
    growth = (until - after) ** (1 / count)
    elapsed = 1.0
    for _ in range(count):
        elapsed = max(elapsed + 1, elapsed * growth)
        if after + elapsed >= until:
            break
        yield after + int(elapsed)
    for back in (DAY_MS, 3_600_000, 60_000, 1000, 100, 10, 2, 1):
        if until - back > after:
            yield until - back
