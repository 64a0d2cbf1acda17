"""Runs in .fetched/science: what obek train is compared with, on the same rows. Prints {name: {seconds, cpu, megabytes, objective}}.

    trainer_others.py TASK CUSTOMERS.csv
    trainer_others.py numbers TASK CUSTOMERS.csv OUT      what the fit gets, for bench/fits.c; prints rows and columns
    trainer_others.py generate CUSTOMERS.csv ROWS
"""
import json
import resource
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
CHUNK = 500_000


def generate(path, rows):
    """Customers of eight blurred kinds."""
    chance = np.random.default_rng(1)
    kinds = [(10, 700, 12, 4), (40, 300, 3, 1), (300, 30, 1, 1), (200, 900, 8, 1), (15, 60, 2, 1), (90, 500, 2, 5), (330, 400, 2, 2), (60, 1500, 30, 8)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("id,first,last,n_web,n_store,v_web,v_store\n")
        for start in range(0, rows, CHUNK):
            n = min(CHUNK, rows - start)
            kind = np.array(kinds)[chance.integers(0, len(kinds), n)]
            last = np.minimum(1 + chance.gamma(2, kind[:, 0] / 2), 900).astype(int)
            first = last + chance.gamma(2, kind[:, 1] / 2).astype(int)
            web, store = 1 + chance.poisson(kind[:, 2]), chance.poisson(kind[:, 3])
            v_web, v_store = web * chance.gamma(4, 20, n), store * chance.gamma(4, 15, n)
            day = np.datetime64("2024-01-01")
            table = pd.DataFrame({"id": [f"customer-{i}" for i in range(start, start + n)], "first": (day - first).astype(str), "last": (day - last).astype(str),
                                  "w": web, "s": store, "vw": np.round(v_web, 2), "vs": np.round(v_store, 2)})
            table.to_csv(file, header=False, index=False)


def matrix(table):
    as_of = np.datetime64("2024-01-01")
    first, last = (pd.to_datetime(table[name]).to_numpy() for name in ("first", "last"))
    recency, active = (as_of - last) / np.timedelta64(1, "D"), (last - first) / np.timedelta64(1, "D")
    x = np.log1p(np.column_stack([table["n_web"], table["n_store"], table["v_store"], table["v_web"], recency, active]))
    return (x - x.min(0)) / (x.max(0) - x.min(0))


def timed(fit):
    began, worked = time.monotonic(), time.process_time()
    objective = fit()
    return {"seconds": time.monotonic() - began, "cpu": time.process_time() - worked, "objective": objective, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def kmeans(x, ks):
    from sklearn.cluster import KMeans
    KMeans(2, n_init=1).fit(x[:100])  # loads its libraries
    return {"scikit-learn": timed(lambda: [KMeans(k, n_init=10, random_state=0).fit(x).inertia_ for k in ks])}


def silhouette(x):
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    labels = KMeans(7, n_init=10, random_state=0).fit_predict(x)
    return {"scikit-learn": timed(lambda: [silhouette_score(x, labels)])}


def ward(x):
    import fastcluster
    from scipy.cluster.hierarchy import fcluster

    def cut(tree):
        labels = fcluster(tree, 5, "maxclust")
        return [float(sum(((x[labels == k] - x[labels == k].mean(0)) ** 2).sum() for k in set(labels)))]

    return {"fastcluster, by vectors": timed(lambda: cut(fastcluster.linkage_vector(x, "ward")))}


def histories(table):
    """Repeat purchases, time of the last one, age: in weeks."""
    as_of = np.datetime64("2024-01-01")
    first, last = (pd.to_datetime(table[name]).to_numpy() for name in ("first", "last"))
    frequency = (table["n_web"] + table["n_store"] - 1).to_numpy(float)
    age = (as_of - first) / np.timedelta64(7, "D")
    return frequency, np.where(frequency > 0, (last - first) / np.timedelta64(7, "D"), 0), age


def bgnbd(table):
    from lifetimes import BetaGeoFitter
    frequency, tx, age = histories(table)
    fitter = BetaGeoFitter()
    return {"lifetimes": timed(lambda: [log_likelihood(fitter.fit(frequency, tx, age), frequency, tx, age)])}


def log_likelihood(fitter, x, tx, age):
    """In the data's own unit of time (Fader, Hardie, Lee 2005)."""
    from scipy.special import betaln, gammaln
    r, alpha, a, b = (float(fitter.params_[name]) for name in ("r", "alpha", "a", "b"))
    a1 = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    a2 = betaln(a, b + x) - betaln(a, b)
    a3 = -(r + x) * np.log(alpha + age)
    a4 = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + tx), -np.inf)
    return float(np.sum(a1 + a2 + np.logaddexp(a3, a4)))


def main():
    task, path = sys.argv[1:3]
    if task == "generate":
        generate(path, int(sys.argv[3]))
        return
    if task == "numbers":
        task, path, out = sys.argv[2:5]
        table = pd.read_csv(path)
        numbers = np.column_stack(histories(table)) if task == "BG/NBD" else matrix(table)
        np.ascontiguousarray(numbers, dtype=np.float64).tofile(out)
        print(json.dumps(numbers.shape))
        return
    table = pd.read_csv(path)
    x = matrix(table)
    found = (bgnbd(table) if task == "BG/NBD" else ward(x) if task == "Ward" else silhouette(x) if task.startswith("silhouette")
             else kmeans(x, range(2, 21) if "2..20" in task else [7]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
