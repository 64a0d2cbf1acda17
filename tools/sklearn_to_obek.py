#!/usr/bin/env python3
"""Writes an obek model.json from what was fitted with scikit-learn or lifetimes.

    tools/sklearn_to_obek.py MODEL.json --currency TRY --as-of 2021-06-01 [--name NAME]
        [--kmeans PIPELINE.pickle --features orders_online,recency_days,... [--segments lapsed,loyal,...] [--hysteresis 0.05]]
        [--cltv PARAMETERS.json --bands low,high]

PIPELINE.pickle is a fitted sklearn Pipeline of FunctionTransformer (log1p, sqrt or none), MinMaxScaler or StandardScaler, and KMeans,
its columns being the features of obek named by --features, in their order. Unpickling runs whatever is in the file: only load
your own. PARAMETERS.json: {"bgnbd": {r, alpha, a, b}, "gamma_gamma": {p, q, v}, "x": "frequency" | "repeat_frequency", "unit_days": 7,
"months": 6, "discount": 0.01, "cuts": [...]}; the first two are params_ of lifetimes' BetaGeoFitter and GammaGammaFitter.

Or from Python: model([kmeans_scheme(pipeline, features), cltv_scheme(...)], ...). `obek model check MODEL.json` says whether it is right.
"""
import argparse
import json
import math
import pickle
import sys

TRANSFORMS = {None: "none", "log1p": "log1p", "sqrt": "sqrt"}


def _transform(step):
    if getattr(step, "kw_args", None):
        raise ValueError("FunctionTransformer with arguments")
    name = getattr(step.func, "__name__", None) if step.func is not None else None
    if name not in TRANSFORMS:
        raise ValueError(f"FunctionTransformer of {name}: obek knows log1p and sqrt")
    return TRANSFORMS[name]


def _scaling(step, n):
    """(offset, factor) of each column: z = (x - offset) * factor."""
    kind = type(step).__name__
    if kind == "MinMaxScaler":
        if step.clip:
            raise ValueError("MinMaxScaler(clip=True): obek clips raw values; leave it out and give the features a clip")
        low = step.feature_range[0]
        return [(float(m) - low / float(s), float(s)) for m, s in zip(step.data_min_, step.scale_)]
    if kind == "StandardScaler":
        means = step.mean_ if step.with_mean else [0.0] * n
        scales = step.scale_ if step.with_std else [1.0] * n
        return [(float(m), 1 / float(s)) for m, s in zip(means, scales)]
    raise ValueError(f"{kind}: obek knows MinMaxScaler and StandardScaler")


def kmeans_scheme(pipeline, features, segments=None, name="kmeans", hysteresis=0.0):
    """A scheme of the fitted pipeline. segments: ids, or {"id", "label"}, in the order of the clusters."""
    transform, scaling, seen = "none", [(0.0, 1.0)] * len(features), []
    *steps, kmeans = [step for _, step in getattr(pipeline, "steps", [("kmeans", pipeline)])]
    for step in steps:
        kind = type(step).__name__
        if kind in seen or (kind == "FunctionTransformer" and seen):
            raise ValueError("obek transforms first and scales then, each once")
        seen.append(kind)
        if kind == "FunctionTransformer":
            transform = _transform(step)
        else:
            scaling = _scaling(step, len(features))
    centres = [[float(x) for x in row] for row in kmeans.cluster_centers_]
    if len(centres[0]) != len(features):
        raise ValueError(f"the pipeline has {len(centres[0])} columns, {len(features)} features are named")
    ids = segments or [f"cluster_{chr(ord('a') + i)}" if len(centres) <= 26 else f"cluster_{i + 1}" for i in range(len(centres))]
    if len(ids) != len(centres):
        raise ValueError(f"{len(centres)} clusters, {len(ids)} names")
    return {"name": name, "type": "kmeans", "hysteresis": hysteresis,
            "features": [{"name": feature, "transform": transform, "clip": [None, None], "offset": offset, "factor": factor}
                         for feature, (offset, factor) in zip(features, scaling)],
            "segments": [{**({"id": s} if isinstance(s, str) else s), "centroid": centre} for s, centre in zip(ids, centres)]}


def cltv_scheme(bgnbd, gamma_gamma, cuts, segments, name="cltv", x="frequency", unit_days=7, months=6, discount=0.01, caps=None):
    """A scheme of lifetimes' parameters (params_). cuts: ascending, one fewer than segments, which are named worst first."""
    number = {key: float(bgnbd[key]) for key in ("r", "alpha", "a", "b")}
    scheme = {"name": name, "type": "cltv", "x": x, "m": "avg_order_value", "bgnbd": number,
              "gamma_gamma": {key: float(gamma_gamma[key]) for key in ("p", "q", "v")}, "unit_days": unit_days, "months": months,
              "discount": discount, "cuts": [float(cut) for cut in cuts],
              "segments": [{"id": s} if isinstance(s, str) else s for s in segments]}
    return {**scheme, "caps": caps} if caps else scheme


def model(schemes, currency, as_of, name="from-sklearn", version=None, trained_on=None):
    created = as_of if "T" in as_of else f"{as_of}T00:00:00Z"
    made = {"obek_model": 1, "name": name, "version": version or as_of, "created": created, "currency": currency, "schemes": schemes}
    if trained_on:
        made["trained_on"] = trained_on
    return made


def write(made, path):
    """Numbers are written so that they read back exactly (repr)."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(made, file, ensure_ascii=False, allow_nan=False, indent=2)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("out")
    parser.add_argument("--currency", required=True)
    parser.add_argument("--as-of", required=True)
    parser.add_argument("--name", default="from-sklearn")
    parser.add_argument("--kmeans")
    parser.add_argument("--features", default="")
    parser.add_argument("--segments")
    parser.add_argument("--hysteresis", type=float, default=0.0)
    parser.add_argument("--cltv")
    parser.add_argument("--bands", default="")
    options = parser.parse_args()
    schemes = []
    if options.kmeans:
        with open(options.kmeans, "rb") as file:
            pipeline = pickle.load(file)
        schemes.append(kmeans_scheme(pipeline, options.features.split(","), options.segments and options.segments.split(","),
                                     hysteresis=options.hysteresis))
    if options.cltv:
        with open(options.cltv, encoding="utf-8") as file:
            parameters = json.load(file)
        if any(not math.isfinite(v) for v in parameters["cuts"]):
            raise ValueError("cuts must be finite")
        schemes.append(cltv_scheme(segments=options.bands.split(","), **parameters))
    if not schemes:
        parser.error("--kmeans or --cltv: what was fitted?")
    write(model(schemes, options.currency, options.as_of, options.name), options.out)


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        sys.exit(f"sklearn_to_obek: {error}")
