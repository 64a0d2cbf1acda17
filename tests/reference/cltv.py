"""The cltv scheme: expected value over some months from BG/NBD and Gamma-Gamma (oracles.md, "Stable formulas")."""
import math

from .model import Answer, days_between, first_true

MONTH_DAYS = 4.345 * 7            # the notebooks' month: 4.345 weeks
NO_DROPOUT = 1e-9                 # below this, a is the NBD limit


def hyp2f1(a, b, c, z):
    """Gauss's series, for 0 <= z < 1."""
    term = total = 1.0
    n = 0
    while True:
        term *= (a + n) * (b + n) / ((c + n) * (n + 1)) * z
        total += term
        n += 1
        if abs(term) <= 1e-17 * abs(total) or n > 100_000:
            return total


class BgNbd:
    def __init__(self, r, alpha, a, b):
        self.r, self.alpha, self.a, self.b = float(r), float(alpha), float(a), float(b)

    def p_alive(self, x, tx, T):
        if x == 0 or self.a < NO_DROPOUT:
            return 1.0
        return 1.0 / (1.0 + math.exp(self._log_odds_gone(self.a, x, tx, T)))

    def _log_odds_gone(self, a, x, tx, T):
        return (self.r + x) * math.log((self.alpha + T) / (self.alpha + tx)) + math.log(a / (self.b + x - 1))

    def purchases(self, t, x, tx, T):
        """Expected purchases in the next t units."""
        if self.a < NO_DROPOUT:
            return (self.r + x) / (self.alpha + T) * t
        if abs(self.a - 1) < 1e-6:        # removable: the mean of both sides
            return (self._purchases(1 - 1e-5, t, x, tx, T) + self._purchases(1 + 1e-5, t, x, tx, T)) / 2
        return self._purchases(self.a, t, x, tx, T)

    def _purchases(self, a, t, x, tx, T):
        z, c = t / (self.alpha + T + t), a + self.b + x - 1
        series = hyp2f1(a + self.b - 1 - self.r, a - 1, c, z)
        alive = c / (a - 1) * (1 - (1 - z) ** (a - 1) * series)
        return alive if x == 0 else alive / (1 + math.exp(self._log_odds_gone(a, x, tx, T)))


def mean_value(p, q, v, x, m):
    """Gamma-Gamma: the expected value of a purchase."""
    return p * (v + x * m) / (p * x + q - 1)


class Cltv:
    def __init__(self, spec, unit):
        self.name, self.unit = spec["name"], unit
        self.x_name = spec.get("x", "repeat_frequency")
        self.caps = spec.get("caps") or {}
        self.bgnbd = BgNbd(**{k: spec["bgnbd"][k] for k in ("r", "alpha", "a", "b")})
        self.pqv = tuple(float(spec["gamma_gamma"][k]) for k in "pqv")
        self.unit_days, self.months = float(spec.get("unit_days", 7)), spec["months"]
        self.discount = float(spec["discount"])
        self.cuts = [float(c) for c in spec["cuts"]]
        self.ids = [s["id"] for s in spec["segments"]]

    def capped(self, name, x):
        cap = self.caps.get(name)
        return x if cap is None else min(x, float(cap))

    def inputs(self, totals, now):
        orders = self.capped("orders_online", float(totals.n_online)) + \
            self.capped("orders_offline", float(totals.n_offline))
        value = self.capped("value_online", float(totals.v_online) / self.unit) + \
            self.capped("value_offline", float(totals.v_offline) / self.unit)
        x = orders if self.x_name == "frequency" else max(0.0, orders - 1)
        tx = days_between(totals.first, totals.last) / self.unit_days
        T = days_between(totals.first, now) / self.unit_days
        return x, value / orders, tx, T

    def value(self, totals, now):
        x, m, tx, T = self.inputs(totals, now)
        month = MONTH_DAYS / self.unit_days
        total, before = 0.0, 0.0
        for i in range(1, self.months + 1):
            bought = self.bgnbd.purchases(month * i, x, tx, T)
            total += (bought - before) / (1 + self.discount) ** i
            before = bought
        return mean_value(*self.pqv, x, m) * total

    def assign(self, totals, now, present):
        value = self.value(totals, now)
        return sum(cut < value for cut in self.cuts)

    def answer(self, totals, now, index):
        x, m, tx, T = self.inputs(totals, now)
        value = self.value(totals, now)
        features = {self.x_name: x, "avg_order_value": m,
                    "active_days": days_between(totals.first, totals.last),
                    "tenure_days": days_between(totals.first, now),
                    "cltv": value, "p_alive": self.bgnbd.p_alive(x, tx, T),
                    "purchases": self.bgnbd.purchases(MONTH_DAYS / self.unit_days * self.months, x, tx, T)}
        return Answer(features, *self.edge(value, index))

    def edge(self, value, index):
        """(distance to the nearer cut over the band's width, the band behind it); the outer bands: see below."""
        if not self.cuts:
            return 1.0, None
        if index == 0:                               # from 0 up
            return clamp((self.cuts[0] - value) / self.cuts[0]), 1
        lower = self.cuts[index - 1]
        if index == len(self.cuts):                  # no upper end: as wide as the way up to it
            return clamp((value - lower) / lower), index - 1
        upper = self.cuts[index]
        if value - lower <= upper - value:
            return clamp((value - lower) / (upper - lower)), index - 1
        return clamp((upper - value) / (upper - lower)), index + 1

    def first_change(self, totals, present, after, until):
        """The value falls while nothing is bought, so there is one edge to bisect on."""
        if present == 0 or self.assign(totals, until, present) == present:
            return None
        lower = self.cuts[present - 1]
        return first_true(lambda t: self.value(totals, t) <= lower, after, until)


def clamp(x):
    return min(1.0, max(0.0, x))
