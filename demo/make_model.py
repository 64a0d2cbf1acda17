#!/usr/bin/env python3
"""Learns the demo's model from the demo's own customers: plain K-Means over z-scores of recency_days (its square root),
frequency and monetary (their logarithms), started from profiles that a marketer would draw, so that each segment keeps its meaning.

    build/demo/generate - 1767225600000 customers | demo/make_model.py > config/models/demo-kmeans6.json
"""
import json
import math
import sys

FEATURES = (("recency_days", "sqrt"), ("frequency", "log1p"), ("monetary", "log1p"))
TRANSFORMS = {"sqrt": math.sqrt, "log1p": math.log1p}
BACK = {"sqrt": lambda z: z * z, "log1p": math.expm1}
HYSTERESIS = 0.05
ROUNDS = 1  # more would fit the points better and the names worse
# id, English, Turkish, and where it starts: days since the last order, orders, value
SEGMENTS = (
    ("champions", "Champions", "Şampiyonlar", (12, 22, 2800)),
    ("loyal", "Loyal", "Sadık müşteriler", (35, 9, 800)),
    ("new", "New", "Yeni müşteriler", (20, 1, 60)),
    ("occasional", "Buy now and then", "Ara sıra alanlar", (110, 4, 270)),
    ("about_to_lapse", "About to lapse", "Kaybedilmek üzere olanlar", (230, 10, 900)),
    ("lapsed", "Lapsed", "Kaybedilenler", (450, 1, 70)),
)


def main():
    raw = [tuple(map(float, line.split(","))) for line in sys.stdin]
    columns = list(zip(*map(transformed, raw)))
    means = [sum(column) / len(column) for column in columns]
    factors = [1 / math.sqrt(sum((x - mean) ** 2 for x in column) / len(column)) for column, mean in zip(columns, means)]

    def scaled(row):
        return [(x - mean) * factor for x, mean, factor in zip(transformed(row), means, factors)]

    points = [scaled(row) for row in raw]
    centroids = [scaled(start) for *_, start in SEGMENTS]
    for _ in range(ROUNDS):
        members = [[] for _ in centroids]
        for point in points:
            members[nearest(point, centroids)].append(point)
        centroids = [[sum(column) / len(rows) for column in zip(*rows)] for rows in members]
    for (name, *_), rows, centre in zip(SEGMENTS, members, centroids):
        typical = [BACK[how](c / factor + mean) for (_, how), c, factor, mean in zip(FEATURES, centre, factors, means)]
        print(f"{name:15} {len(rows):5} customers, typically {typical[0]:4.0f} days, {typical[1]:4.1f} orders, {typical[2]:5.0f}",
              file=sys.stderr)
    print(document(len(raw), means, factors, centroids))


def transformed(row):
    return [TRANSFORMS[how](max(0.0, x)) for (_, how), x in zip(FEATURES, row)]


def nearest(point, centroids):
    distances = [sum((a - b) ** 2 for a, b in zip(point, centre)) for centre in centroids]
    return distances.index(min(distances))


def document(customers, means, factors, centroids):
    def rows(items):
        return ",\n        ".join(json.dumps(item, ensure_ascii=False) for item in items)

    features = [{"name": name, "transform": how, "clip": [0.0, None], "offset": mean, "factor": factor}
                for (name, how), mean, factor in zip(FEATURES, means, factors)]
    segments = [{"id": id_, "label": {"en": en, "tr": tr}, "centroid": centre}
                for (id_, en, tr, _), centre in zip(SEGMENTS, centroids)]
    head = {"obek_model": 1, "name": "demo-kmeans6", "version": "1", "created": "2026-01-01T00:00:00Z", "currency": "EUR",
            "trained_on": {"data": "made-up customers of demo/generate.c", "customers": customers}}
    return (json.dumps(head)[:-1] + f""",
  "schemes": [
    {{
      "name": "kmeans", "type": "kmeans", "hysteresis": {HYSTERESIS},
      "features": [
        {rows(features)}
      ],
      "segments": [
        {rows(segments)}
      ]
    }}
  ]
}}""")


if __name__ == "__main__":
    main()
