"""The instants at which time moves customers, the core against the reference and against steps through time (to 1 ms)."""
import math
import random

import pytest

from reference.model import DAY_MS, HORIZON_MS

from .answers import Pair, ask, model_of
from .random_pairs import NOW, random_pair, steps

PAIRS, BATCH = 10_000, 500
STEPS = {"KMeans": 400, "Rfm": 400, "Cltv": 40}


def apart(a, b):
    """Margins are not compared by their last bits: the reference sums in another order."""
    return a != b and not (a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9))


def check_answer(pair, name, found):
    expected = pair.reference(name)
    context = (pair.question(), name, found, expected)
    assert (found["due"] is None) == (expected["due"] is None), context
    assert found["due"] is None or abs(found["due"] - expected["due"]) <= 1, context
    for key in ("segment", "next", "runner_up"):
        assert found[key] == expected[key], (key, context)
    assert not apart(found["margin"], expected["margin"]), context
    assert found["values"].keys() == expected["values"].keys(), context
    for key, value in expected["values"].items():
        assert math.isclose(found["values"][key], value, rel_tol=1e-10, abs_tol=1e-12), (key, context)


def check_steps(pair, name, found):
    """Through time in small steps: nobody leaves before the due time, and at it they have left."""
    scheme = pair.schemes[name]
    index = pair.index(scheme)
    until = pair.now + HORIZON_MS if found["due"] is None else found["due"] - 1
    if until > pair.now:
        for at in steps(pair.now, until, STEPS[type(scheme).__name__]):
            assert scheme.assign(pair.totals, at, index) == index, (pair.question(), name, found, at)
    if found["due"] is not None:
        assert scheme.assign(pair.totals, found["due"] + 1, index) != index, (pair.question(), name, found)


@pytest.mark.parametrize("seed", range(PAIRS // BATCH))
def test_random_pairs(seed):
    chance = random.Random(f"due {seed}")
    pairs = [random_pair(chance) for _ in range(BATCH)]
    for pair, answers in zip(pairs, ask(pairs), strict=True):
        assert answers.keys() == pair.schemes.keys()
        for name, found in answers.items():
            check_answer(pair, name, found)
            check_steps(pair, name, found)


# --- degenerate cases ---------------------------------------------------------------------------------------------

def kmeans(features, *centroids, h=0.0):
    return {"name": "s", "type": "kmeans", "hysteresis": h,
            "features": [{"name": name, "transform": transform, "clip": [None, high], "offset": offset, "factor": 1.0}
                         for name, transform, high, offset in features],
            "segments": [{"id": f"s{n}", "centroid": list(c)} for n, c in enumerate(centroids)]}


def rfm(days, row_ids):
    return {"name": "s", "type": "rfm", "cuts": {"recency_days": days, "frequency": [], "monetary": []},
            "table": [[i] for i in row_ids], "segments": [{"id": i} for i in sorted(set(row_ids))]}


def cltv(*cuts, **changes):
    return {"name": "s", "type": "cltv", "x": "repeat_frequency", "bgnbd": {"r": 3.0, "alpha": 80.0, "a": 0.0, "b": 1.0},
            "gamma_gamma": {"p": 7.5, "q": 8.3, "v": 146.0}, "months": 6, "discount": 0.01, "cuts": list(cuts),
            "segments": [{"id": f"b{n}"} for n in range(len(cuts) + 1)], **changes}


ONE = [(NOW, 10_000, False)]
RECENCY = ("recency_days", "none", 1e9, 0.0)
TANGENT = [("recency_days", "sqrt", None, 0.0), ("tenure_days", "none", None, 0.0), ("frequency", "none", None, 1.0)]
# f = d_0^2 - d_1^2 = 4 sqrt(x) - 2 x - 2 - lift: its maximum, -lift, is at a day


def tangent(lift):
    return kmeans(TANGENT, (-1.0, 0.5, 0.0), (1.0, -0.5, math.sqrt(2.0 + lift)))


CASES = {  # name: orders, now, scheme, due
    "kmeans never: nothing moves": (ONE, NOW, kmeans([("frequency", "none", None, 0.0)], (1,), (2,)), None),
    "kmeans never: the clip ends on the bisector": (ONE, NOW, kmeans([("recency_days", "none", 5.0, 0.0)], (0,), (10,)), None),
    "kmeans never: moves away": (ONE, NOW, kmeans([RECENCY], (0,), (-10,)), None),
    "kmeans never: beyond 100 years": (ONE, NOW, kmeans([RECENCY], (0,), (73052,)), None),
    "kmeans at the end of the 100 years": (ONE, NOW, kmeans([RECENCY], (0,), (73048,)), NOW + 36524 * DAY_MS + 1),
    "kmeans now": (ONE, NOW + 5 * DAY_MS, kmeans([RECENCY], (0,), (10,)), NOW + 5 * DAY_MS + 1),
    "kmeans, the first ms": (ONE, NOW, kmeans([RECENCY], (0,), (0.2 / DAY_MS,)), NOW + 1),
    "kmeans with hysteresis": (ONE, NOW, kmeans([RECENCY], (0,), (10,), h=0.1), NOW + 6 * DAY_MS + 1),
    "kmeans tangent from below": (ONE, NOW, tangent(1e-9), None),
    "kmeans tangent that touches": (ONE, NOW, tangent(-1e-9), ...),
    "rfm never: one row": (ONE, NOW, rfm([], ["a"]), None),
    "rfm never: the last band": (ONE, NOW + 40 * DAY_MS, rfm([30], ["a", "b"]), None),
    "rfm never: all bands are alike": (ONE, NOW, rfm([10, 20], ["a", "a", "a"]), None),
    "rfm never: beyond 100 years": (ONE, NOW, rfm([36525], ["a", "b"]), None),
    "rfm now: on the cut": (ONE, NOW + 30 * DAY_MS, rfm([30], ["a", "b"]), NOW + 30 * DAY_MS + 1),
    "rfm at once": (ONE, NOW, rfm([1e-9], ["a", "b"]), NOW + 1),
    "rfm passes a cut that is not noticed": (ONE, NOW, rfm([10, 20], ["a", "b", "b"]), NOW + 20 * DAY_MS + 1),
    "rfm two cuts in one ms": (ONE, NOW, rfm([10, 10 + 1e-12], ["a", "b", "a"]), None),
    "rfm equal cuts": (ONE, NOW, rfm([10, 10, 20], ["c", "a", "b", "a"]), NOW + 20 * DAY_MS + 1),
    "cltv never: the lowest band": (ONE, NOW, cltv(1e6), None),
    "cltv never: no bands": (ONE, NOW, cltv(), None),
    "cltv never: not within 100 years": (ONE, NOW, cltv(0.01), None),
    "cltv, an edge": (ONE, NOW, cltv(50.0, 60.0), ...),
}


@pytest.mark.parametrize("case", CASES)
def test_degenerate_cases(case):
    orders, now, scheme, due = CASES[case]
    pair = Pair(orders, now, model_of(scheme))
    answer = ask([pair])[0]["s"]
    check_answer(pair, "s", answer)
    check_steps(pair, "s", answer)
    if due is ...:
        assert answer["due"] is not None
    else:
        assert answer["due"] == due


def lived(pair):
    """(due, segment) of all changes within 100 years, the core's answer at each due time the question at the next."""
    moves, now, present = [], pair.now, {}
    while True:
        asked = Pair(pair.orders, now, pair.spec, present)
        answer = ask([asked])[0]["s"]
        check_answer(asked, "s", answer)
        if answer["due"] is None:
            return moves
        now, present = answer["due"], {"s": answer["next"]}
        moves.append((now - pair.now, answer["next"]))


def test_twice_within_a_day():
    hour = 3_600_000
    assert lived(Pair(ONE, NOW, model_of(rfm([0.25, 0.5], ["c", "b", "a"])))) == [(6 * hour + 1, "b"), (12 * hour + 1, "c")]
    # into a corner of s1 and out again: log1p against the straight line
    corner = kmeans([("recency_days", "log1p", None, 0.0), ("tenure_days", "none", None, 0.0)], (0.0, 0.0), (0.3, 0.2), (0.5, 1.0))
    moves = lived(Pair(ONE, NOW, model_of(corner)))
    assert [segment for _, segment in moves] == ["s1", "s2"] and moves[1][0] < DAY_MS
    band = lived(Pair(ONE, NOW, model_of(cltv(99.98, 99.99, gamma_gamma={"p": 7.5, "q": 8.3, "v": 146.0}))))
    assert all(a[0] < b[0] for a, b in zip(band, band[1:]))


def test_a_visit_that_ends_is_lived_through():
    """sqrt(recency) against tenure: into s1 and back to s0, 27 s about a day after the order."""
    moves = lived(Pair(ONE, NOW, model_of(tangent(-1e-7))))
    assert [segment for _, segment in moves] == ["s1", "s0"]
    assert moves[0][0] < DAY_MS < moves[1][0] and moves[1][0] - moves[0][0] < 120_000
