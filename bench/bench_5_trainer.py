"""obek train against scikit-learn, fastcluster and lifetimes: the same customers, machine and number of threads. Theirs is the time of the
fit alone, in a process that has loaded everything; obek's is that of the whole command, from the CSV file to the written files, and that of
the fit alone (bench/fits.c). Then a large table."""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from statistics import median

from table import Table

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SCIENCE = PROJECT / ".fetched" / "science" / "bin" / "python"
RUNS = 3
SIX = ["orders_online", "orders_offline", "value_offline", "value_online", "recency_days", "active_days"]
BASE = {"obek_recipe": 1, "name": "bench", "currency": "EUR", "as_of": "2024-01-01", "rows": "customers",
        "columns": {"customer_id": "id", "first_at": "first", "last_at": "last", "orders_online": "n_web", "orders_offline": "n_store",
                    "value_online": "v_web", "value_offline": "v_store"}}
CLUSTERS = {"name": "clusters", "transform": "log1p", "scale": "minmax", "features": SIX}
KMEANS = {**CLUSTERS, "type": "kmeans", "starts": 10, "silhouette_max": 2}
TASKS = {
    "K-Means, k = 7, 10 starts": {**KMEANS, "k": 7},
    "K-Means, k = 2..20, 10 starts": {**KMEANS, "k": {"from": 2, "to": 20}},
    "K-Means, k = 2..20, 10 starts, obek's 50": {**KMEANS, "k": {"from": 2, "to": 20}, "starts": 50},  # ten are a matter of luck, on both sides
    "silhouette, k = 7": {**KMEANS, "k": 7, "silhouette_max": 10000000},
    "Ward": {**CLUSTERS, "type": "hierarchical", "cut": {"k": 5}},
    "BG/NBD": {"name": "cltv", "type": "cltv", "segments": [{"id": "low"}, {"id": "high"}]},
}


def measured(words):
    """(seconds, peak MB, what it printed); the program must succeed."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   env={**os.environ, "OMP_NUM_THREADS": str(threads()), "OPENBLAS_NUM_THREADS": str(threads())})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        err.seek(0), out.seek(0)
        if status != 0:
            sys.exit(f"{words[0]}: {err.read().decode()[-2000:]}")
        return seconds, usage.ru_maxrss / 1024, out.read().decode()


FITS = {"K-Means, k = 7, 10 starts": ["kmeans"], "K-Means, k = 2..20, 10 starts": ["kmeans", "--k-min", "2", "--k-max", "20"],
        "K-Means, k = 2..20, 10 starts, obek's 50": ["kmeans", "--k-min", "2", "--k-max", "20", "--starts", "50"], "Ward": ["ward"],
        "BG/NBD": ["bgnbd"]}


def threads():
    return len(os.sched_getaffinity(0))


def obek(servers, scheme, source, folder):
    recipe = folder / "recipe.json"
    recipe.write_text(json.dumps({**BASE, "schemes": [scheme]}))
    runs = [measured([servers.program("../obek"), "train", "--recipe", recipe, source, "--out", folder / "out", "--threads", threads()]) for _ in range(RUNS)]
    metrics = json.loads((folder / "out" / "metrics.json").read_text())["schemes"][0]
    return {"seconds": median(run[0] for run in runs), "megabytes": max(run[1] for run in runs), "metrics": metrics}


def fit_alone(servers, task, source, folder):
    """Of obek, of the numbers that the others get. The median run."""
    numbers = folder / "numbers"
    rows, columns = json.loads(measured([SCIENCE, PROJECT / "bench" / "trainer_others.py", "numbers", task, source, numbers])[2])
    words = [servers.program("fits"), "--task", *FITS[task], "--matrix", numbers, "--rows", rows, "--columns", columns, "--threads", threads()]
    return sorted((json.loads(measured(words)[2]) for _ in range(RUNS)), key=lambda run: run["seconds"])[RUNS // 2]


def objective(task, metrics):
    """What both sides make as good as they can."""
    if task.startswith("K-Means, k = 2"):
        return [step["inertia"] for step in metrics["elbow"]]
    if task.startswith("silhouette"):
        return [metrics["elbow"][0]["silhouette"]]
    return [metrics["process"]["log_likelihood"] if task == "BG/NBD" else metrics["inertia"]]


def compare(servers, source, folder):
    made, numbers = Table("obek, all of it", "peak MB", "theirs, the fit alone", "peak MB", "times"), {}
    alone = Table("obek, the fit alone", "CPU", "theirs", "CPU", "times", "of CPU")
    for task, scheme in TASKS.items():
        ours = obek(servers, scheme, source, folder)
        fit = fit_alone(servers, task, source, folder) if task in FITS else None
        if "obek's" not in task:  # the others' runs are those of the row above
            runs = [json.loads(measured([SCIENCE, PROJECT / "bench" / "trainer_others.py", task, source])[2]) for _ in range(RUNS if "2..20" not in task else 1)]
        for other in runs[0]:
            seconds, cpu = (median(run[other][what] for run in runs) for what in ("seconds", "cpu"))
            theirs = runs[0][other]
            made.row(f"{task}: {other}", f"{ours['seconds']:.2f} s", f"{ours['megabytes']:.0f}", f"{seconds:.2f} s", f"{theirs['megabytes']:.0f}",
                     f"{seconds / ours['seconds']:.1f}")
            if fit is not None:
                alone.row(f"{task}: {other}", f"{fit['seconds']:.3f} s", f"{fit['cpu']:.3f} s", f"{seconds:.2f} s", f"{cpu:.2f} s",
                          f"{seconds / fit['seconds']:.1f}", f"{cpu / fit['cpu']:.1f}")
            numbers[f"{task}: {other}"] = {"obek": ours["seconds"], "obek MB": ours["megabytes"], "obek's fit": fit, "theirs": seconds, "their CPU": cpu, "their MB": theirs["megabytes"],
                                           "obek's objective": objective(task, ours["metrics"]), "their objective": theirs["objective"]}
    print(made)
    print(alone)
    for name, found in numbers.items():
        sign = -1 if "BG/NBD" in name or "silhouette" in name else 1
        worse = [(a, b) for a, b in zip(found["obek's objective"], found["their objective"]) if sign * (a - b) > 1e-4 * abs(b)]
        print(f"{name}: objective {'at least as good' if not worse else f'worse: {worse}'}")
    return numbers


def large(servers, rows, folder):
    source = folder / "large.csv"
    measured([SCIENCE, PROJECT / "bench" / "trainer_others.py", "generate", source, rows])
    folder.joinpath("recipe.json").write_text(json.dumps({**BASE, "schemes": [{**KMEANS, "k": 8, "starts": 3, "silhouette_max": 10000}]}))
    seconds, megabytes, _ = measured([servers.program("../obek"), "train", "--recipe", folder / "recipe.json", source, "--out", folder / "large"])
    print(f"{rows:,} customers ({source.stat().st_size / 1e6:,.0f} MB of CSV), K-Means, k = 8, 3 starts: {seconds:.0f} s, peak {megabytes:,.0f} MB")
    return {"rows": rows, "seconds": seconds, "megabytes": megabytes}


def run(servers, options, _results):
    if not SCIENCE.exists():
        print("SKIPPED: scikit-learn is not here (scripts/fetch science)")
        return {}
    with tempfile.TemporaryDirectory(prefix="obek-bench-") as name:
        folder = pathlib.Path(name)
        source = folder / "customers.csv"
        measured([SCIENCE, PROJECT / "bench" / "trainer_others.py", "generate", source, 20000])
        with open(source, newline="") as file:
            print(f"{sum(1 for _ in csv.reader(file)) - 1:,} made-up customers, {threads()} threads")
        return {"compared": compare(servers, source, folder), "large": large(servers, options.rows, folder)}
