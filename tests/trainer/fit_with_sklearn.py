"""Runs in .fetched/science: fits scikit-learn pipelines and lifetimes models to the features of a segments.csv and writes models of obek
by tools/sklearn_to_obek.py, with the labels and values that scikit-learn and lifetimes give themselves.

    fit_with_sklearn.py TOOLS SEGMENTS.csv OUT
"""
import json
import pathlib
import pickle
import sys

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter
from sklearn.cluster import KMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

tools, segments, out = sys.argv[1:]
sys.path.insert(0, tools)
import sklearn_to_obek  # noqa: E402

FEATURES = ["recency_days", "orders_online", "value_online"]
table = pd.read_csv(segments)
rows = table[FEATURES].to_numpy()
out = pathlib.Path(out)
pipelines = {
    "minmax": make_pipeline(FunctionTransformer(np.log1p), MinMaxScaler(), KMeans(4, n_init=3, random_state=1)),
    "range": make_pipeline(MinMaxScaler((-1, 3)), KMeans(4, n_init=3, random_state=1)),
    "standard": make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), KMeans(4, n_init=3, random_state=1)),
    "plain": make_pipeline(KMeans(4, n_init=3, random_state=1)),
}
for name, pipeline in pipelines.items():
    labels = pipeline.fit_predict(rows)
    made = sklearn_to_obek.model([sklearn_to_obek.kmeans_scheme(pipeline, FEATURES)], "EUR", "2024-01-01")
    sklearn_to_obek.write(made, out / f"{name}.json")
    ids = [segment["id"] for segment in made["schemes"][0]["segments"]]
    (out / f"{name}.labels").write_text("\n".join(ids[label] for label in labels))
    (out / f"{name}.pickle").write_bytes(pickle.dumps(pipeline))

x, tx, age = table["frequency"] - 1, table["active_days"] / 7, table["tenure_days"] / 7
bgf, ggf = BetaGeoFitter(penalizer_coef=0.01), GammaGammaFitter(penalizer_coef=0.001)
bgf.fit(x, tx, age)
ggf.fit(x[x > 0], table["avg_order_value"][x > 0])
cltv = sklearn_to_obek.cltv_scheme(bgf.params_, ggf.params_, [50.0], ["low", "high"], x="repeat_frequency")
sklearn_to_obek.write(sklearn_to_obek.model([cltv], "EUR", "2024-01-01"), out / "cltv.json")
parameters = {"bgnbd": dict(bgf.params_), "gamma_gamma": dict(ggf.params_), "x": "repeat_frequency", "cuts": [50.0]}
(out / "cltv.parameters").write_text(json.dumps(parameters))
value = ggf.customer_lifetime_value(bgf, x, tx, age, table["avg_order_value"], time=6, discount_rate=0.01, freq="W")
json.dump({"p_alive": bgf.conditional_probability_alive(x, tx, age).tolist(), "cltv": value.tolist()}, open(out / "lifetimes.json", "w", encoding="utf-8"))

for wrong in (make_pipeline(StandardScaler(), FunctionTransformer(np.log1p), KMeans(4, n_init=1)), make_pipeline(MinMaxScaler(clip=True), KMeans(4, n_init=1)),
              make_pipeline(FunctionTransformer(np.cbrt), KMeans(4, n_init=1))):
    wrong.fit(rows)
    try:
        sklearn_to_obek.kmeans_scheme(wrong, FEATURES)
    except ValueError:
        continue
    sys.exit(f"taken: {wrong}")
