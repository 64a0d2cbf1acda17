"""Features and schemes: what segment, how sure, and the first instant at which the answer changes (design, 3 and 4).

A scheme has
    assign(totals, now, present) -> index of the segment (present: index or None on entry)
    answer(totals, now, index)   -> Answer: features as used, margin, and the index of the runner-up if it knows one
    first_change(totals, present, after, until) -> first integer ms in (after, until] at which assign(...) is not
                                    present, or None. Found by bisection over monotone bounds; no closed form anywhere.
"""
import math
from dataclasses import dataclass

DAY_MS = 86_400_000
HORIZON_MS = 36_525 * DAY_MS      # "never" means not within 100 years
NODES_MAX = 2_000_000             # a search that needs more than this is a mistake worth hearing of
SLOPES_AFTER = 300                # nodes after which a search also looks at slopes


@dataclass
class Answer:
    features: dict
    margin: float | None
    runner_up: int | None


# --- features ---------------------------------------------------------------------------------------------------

ANCHOR = {"recency_days": "last", "tenure_days": "first",
          "recency_online_days": "last_online", "recency_offline_days": "last_offline"}


def days_between(start, end):
    return float(end - start) / 86_400_000.0


def moving_feature(name, totals, now):
    anchor = getattr(totals, ANCHOR[name])
    return math.inf if anchor is None else days_between(anchor, now)


def still_feature(name, totals, unit):
    """The ten features that do not move with time. `unit`: minor units in a major one, as float."""
    if name == "active_days":
        return days_between(totals.first, totals.last)
    if name == "frequency":
        return float(totals.n)
    if name == "repeat_frequency":
        return float(max(0, totals.n - 1))
    if name == "monetary":
        return float(totals.value) / unit
    if name == "avg_order_value":
        return float(totals.value) / unit / float(totals.n)
    if name == "orders_online":
        return float(totals.n_online)
    if name == "orders_offline":
        return float(totals.n_offline)
    if name == "value_online":
        return float(totals.v_online) / unit
    if name == "value_offline":
        return float(totals.v_offline) / unit
    if name == "share_online":
        monetary = float(totals.value) / unit
        return float(totals.v_online) / unit / monetary if monetary else 0.0
    raise ValueError(f"unknown feature {name}")


def feature(name, totals, now, unit):
    return moving_feature(name, totals, now) if name in ANCHOR else still_feature(name, totals, unit)


FEATURES = (*ANCHOR, "active_days", "frequency", "repeat_frequency", "monetary", "avg_order_value", "orders_online",
            "orders_offline", "value_online", "value_offline", "share_online")

TRANSFORM = {"none": lambda x: x, "log1p": math.log1p, "sqrt": math.sqrt}
SLOPE = {"none": lambda x: 1.0, "log1p": lambda x: 1 / (1 + x),
         "sqrt": lambda x: 0.5 / math.sqrt(x) if x > 0 else math.inf}


class Column:
    """One feature of a k-means scheme: z = (transform(clip(x)) - offset) * factor."""

    def __init__(self, spec):
        self.name = spec["name"]
        self.transform = spec.get("transform", "none")
        self.lo, self.hi = spec.get("clip") or (None, None)
        self.offset, self.factor = float(spec["offset"]), float(spec["factor"])
        self.function = TRANSFORM[self.transform]
        if self.name not in FEATURES:
            raise ValueError(f"unknown feature {self.name}")
        if self.name in ("recency_online_days", "recency_offline_days") and self.hi is None:
            raise ValueError(f"{self.name} needs an upper clip")

    def clip(self, x):
        if self.lo is not None and x < self.lo:
            return float(self.lo)
        if self.hi is not None and x > self.hi:
            return float(self.hi)
        return x

    def scale(self, x):
        return (self.function(self.clip(x)) - self.offset) * self.factor

    def slopes(self, low, high):
        """Bounds of dz/dx for raw x in [low, high]; all three transforms flatten."""
        inside_low = low if self.lo is None else max(low, self.lo)
        inside_high = high if self.hi is None else min(high, self.hi)
        if inside_low >= inside_high:
            return 0.0, 0.0
        steep, flat = (SLOPE[self.transform](x) * self.factor for x in (inside_low, inside_high))
        clipped = [0.0] if (inside_low, inside_high) != (low, high) else []
        return min(steep, flat, *clipped), max(steep, flat, *clipped)

    def same_scale(self, other):
        return (self.transform, self.lo, self.hi, self.offset, self.factor) == \
               (other.transform, other.lo, other.hi, other.offset, other.factor)


# --- k-means ----------------------------------------------------------------------------------------------------

def squared_distance(z, c):
    total = 0.0
    for a, b in zip(z, c):
        d = a - b
        total += d * d
    return total


class KMeans:
    def __init__(self, spec, unit):
        self.name, self.unit = spec["name"], unit
        self.h = float(spec.get("hysteresis", 0.0))
        self.columns = [Column(f) for f in spec["features"]]
        self.ids = [s["id"] for s in spec["segments"]]
        self.centroids = [[float(x) for x in s["centroid"]] for s in spec["segments"]]
        self.between = [[squared_distance(a, b) for b in self.centroids] for a in self.centroids]
        if not 0 <= self.h < 0.5:
            raise ValueError("hysteresis not in [0, 0.5)")
        k = len(self.ids)
        if any(self.between[i][j] == 0 for i in range(k) for j in range(i)):
            raise ValueError("equal centroids")

    def distances(self, totals, now):
        z = [c.scale(feature(c.name, totals, now, self.unit)) for c in self.columns]
        return [squared_distance(z, c) for c in self.centroids]

    def assign(self, totals, now, present):
        d = self.distances(totals, now)
        best = None
        for j in range(len(d)):
            if present is not None:
                if j == present or not d[present] - d[j] > 2 * self.h * self.between[present][j]:
                    continue
            if best is None or d[j] < d[best]:
                best = j
        return present if best is None else best

    def answer(self, totals, now, index):
        features = {c.name: c.clip(feature(c.name, totals, now, self.unit)) for c in self.columns}
        d = self.distances(totals, now)
        others = [j for j in range(len(d)) if j != index]
        if not others:
            return Answer(features, 1.0, None)
        runner_up = min(others, key=lambda j: (d[j], j))
        margin = (d[runner_up] - d[index]) / self.between[index][runner_up]
        return Answer(features, min(1.0, max(0.0, margin)), runner_up)

    def first_change(self, totals, present, after, until):
        search = KMeansSearch(self, totals, present)
        return search.first(after, until)


class KMeansSearch:
    """For each rival j: f_j(t) = d_i^2 - d_j^2 - 2 h D_ij^2 = constant + sum of w * z_m(t), each z_m monotone.

    f_j > 0 somewhere is when the customer leaves i. On an interval each term is at most the greater of its two ends,
    so an interval where every rival's bound stays below zero holds no change. What is left is halved, the earlier
    half first, down to single milliseconds, where the plain evaluation decides.
    """

    def __init__(self, scheme, totals, present):
        self.scheme, self.totals, self.present, self.nodes = scheme, totals, present, 0
        self.clocks = []                         # (anchor, column): distinct functions of time
        own = scheme.centroids[present]
        still, which = [], []                    # per column: its z if it stands still; else the clock's index
        for column in scheme.columns:
            anchor = getattr(totals, ANCHOR[column.name]) if column.name in ANCHOR else None
            if anchor is None:
                still.append(column.scale(feature(column.name, totals, 0, scheme.unit)))
                which.append(None)
            else:
                still.append(None)
                which.append(self._clock(anchor, column))
        self.rivals = []                         # (constant and its rounding, weights per clock)
        for j, other in enumerate(scheme.centroids):
            if j == present:
                continue
            constant = -2 * scheme.h * scheme.between[present][j]
            size, weights = abs(constant), [0.0] * len(self.clocks)
            for m in range(len(own)):
                if which[m] is None:
                    a, b = (still[m] - own[m]) ** 2, (still[m] - other[m]) ** 2
                else:
                    a, b = own[m] ** 2, other[m] ** 2
                    weights[which[m]] += 2 * (other[m] - own[m])
                constant += a - b
                size += a + b
            # terms that cancel stand still: on the bisector (a tie) the customer stays, for ever
            if any(weights) or constant > ROUNDING * size:
                self.rivals.append((constant + ROUNDING * size, weights))

    def _clock(self, anchor, column):
        for n, (known_anchor, known) in enumerate(self.clocks):
            if known_anchor == anchor and known.same_scale(column):
                return n
        self.clocks.append((anchor, column))
        return len(self.clocks) - 1

    def at(self, t):
        return [column.scale(days_between(anchor, t)) for anchor, column in self.clocks]

    def first(self, after, until):
        if until <= after or not self.clocks:
            return None
        start, end = self.at(after), self.at(until)
        self.nodes = 0
        return self._first(after, start, until, end, self.rivals)

    def _first(self, a, za, b, zb, rivals):
        """First change in (a, b]; za, zb: the clocks at a and b."""
        self.nodes += 1
        if self.nodes > NODES_MAX:
            raise RuntimeError("first_change: the search does not end")
        noise = slack(za, zb)
        left = [rival for rival in rivals if end_bound(rival, za, zb) + noise > 0]
        if left and self.nodes > SLOPES_AFTER:   # a hard case: terms that nearly cancel, or a near tangent
            slopes = [column.slopes(days_between(anchor, a), days_between(anchor, b))
                      for anchor, column in self.clocks]
            left = [rival for rival in left if slope_bound(rival, a, za, b, zb, slopes) + noise > 0]
        if not left:
            return None
        if b == a + 1 or za == zb:               # monotone and equal at both ends: constant between
            changed = self.scheme.assign(self.totals, b, self.present) != self.present
            return a + 1 if changed else None
        mid = (a + b) // 2
        zmid = self.at(mid)
        found = self._first(a, za, mid, zmid, left)
        return found if found is not None else self._first(mid, zmid, b, zb, left)


ROUNDING = 2e-14                  # of what is summed: more than a difference of squared distances can lose


def slack(za, zb):
    """The rounding that the moving terms bring, however they are summed."""
    size = 0.0
    for x, y in zip(za, zb):
        size += x * x if x * x > y * y else y * y
    return ROUNDING * size


def end_bound(rival, za, zb):
    """Nowhere on the interval is f_j greater, because each term is monotone."""
    bound, weights = rival
    for w, x, y in zip(weights, za, zb):
        bound += w * x if w * x > w * y else w * y
    return bound


def slope_bound(rival, a, za, b, zb, slopes):
    """The mean value theorem from either end; for when the monotone bound is too wide."""
    constant, weights = rival
    steepest = sum(max(w * low, w * high) for w, (low, high) in zip(weights, slopes) if w)
    flattest = sum(min(w * low, w * high) for w, (low, high) in zip(weights, slopes) if w)
    if not (math.isfinite(steepest) and math.isfinite(flattest)):
        return math.inf
    days = (b - a) / DAY_MS
    at_a = constant + sum(w * x for w, x in zip(weights, za))
    at_b = constant + sum(w * x for w, x in zip(weights, zb))
    return min(at_a + days * max(0.0, steepest), at_b - days * min(0.0, flattest))


# --- rfm --------------------------------------------------------------------------------------------------------

class Rfm:
    def __init__(self, spec, unit):
        self.name, self.unit = spec["name"], unit
        self.cuts = {name: [float(c) for c in spec["cuts"][name]] for name in ("recency_days", "frequency", "monetary")}
        self.table = spec["table"]
        self.ids = [s["id"] for s in spec["segments"]]

    def scores(self, totals, now):
        below = {name: sum(cut < feature(name, totals, now, self.unit) for cut in cuts)
                 for name, cuts in self.cuts.items()}
        recency = 1 + len(self.cuts["recency_days"]) - below["recency_days"]
        return recency, 1 + below["frequency"], 1 + below["monetary"]

    def assign(self, totals, now, present):
        recency, frequency, _ = self.scores(totals, now)
        return self.ids.index(self.table[recency - 1][frequency - 1])

    def answer(self, totals, now, index):
        features = {name: feature(name, totals, now, self.unit) for name in self.cuts}
        features.update(zip(("recency_score", "frequency_score", "monetary_score"),
                            map(float, self.scores(totals, now))))
        days, cuts = features["recency_days"], self.cuts["recency_days"]
        n = sum(cut < days for cut in cuts)
        if n == len(cuts):
            return Answer(features, 1.0, None)   # the last band has no end
        lower = cuts[n - 1] if n else 0.0
        return Answer(features, min(1.0, max(0.0, (cuts[n] - days) / (cuts[n] - lower))), None)

    def first_change(self, totals, present, after, until):
        """The recency score only falls, so the candidates are the first instants past each cut."""
        for cut in self.cuts["recency_days"]:
            def past(t, cut=cut):
                return cut < moving_feature("recency_days", totals, t)
            if past(after) or not past(until):
                continue
            t = first_true(past, after, until)
            if self.assign(totals, t, present) != present:
                return t
        return None


def first_true(predicate, low, high):
    """First integer in (low, high] where a monotone predicate, false at low and true at high, holds."""
    while high - low > 1:
        mid = (low + high) // 2
        if predicate(mid):
            high = mid
        else:
            low = mid
    return high


# --- the model file ---------------------------------------------------------------------------------------------

class Model:
    def __init__(self, spec, minor_digits=2):
        from .cltv import Cltv
        kinds = {"kmeans": KMeans, "rfm": Rfm, "cltv": Cltv}
        if spec.get("obek_model") != 1:
            raise ValueError("not a model file of version 1")
        self.name, self.version = spec["name"], spec["version"]
        unit = float(10 ** minor_digits)
        self.schemes = [kinds[s["type"]](s, unit) for s in spec["schemes"]]


def brute_first_change(scheme, totals, present, after, until, step_ms):
    """By steps through time, refined where the answer differs: what the exact search is held against.

    It may step over a short visit (then it is late, never early)."""
    t = after
    while t < until:
        following = min(t + step_ms, until)
        if scheme.assign(totals, following, present) != present:
            return first_true(lambda at: scheme.assign(totals, at, present) != present, t, following)
        t = following
    return None
