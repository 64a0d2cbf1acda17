"""Bring your own: models that the real scikit-learn and lifetimes fitted, written by tools/sklearn_to_obek.py, give the same labels."""
import json
import math
import subprocess

import pytest

from . import made
from .running import PROJECT, SCIENCE, numbers, run, table, train

pytestmark = pytest.mark.skipif(not SCIENCE.exists(), reason="SCIKIT-LEARN ABSENT: scripts/fetch science")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sklearn")
    (folder / "input.csv").write_text(made.csv_text(made.customers(600)[0]), encoding="utf-8")
    scheme = {**made.KMEANS, "features": ["recency_days", "orders_online", "value_online"]}
    trained = train(made.recipe(made.CUSTOMERS, scheme, made.CLTV), folder / "input.csv", folder / "out")
    done = subprocess.run([SCIENCE, PROJECT / "tests" / "trainer" / "fit_with_sklearn.py", PROJECT / "tools", trained.folder / "segments.csv", folder],
                          capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    recipe = folder / "out.recipe.json"
    return folder, recipe


def assigned(fitted, name):
    folder, recipe = fitted
    assert run("model", "check", folder / f"{name}.json").returncode == 0
    done = run("assign", "--model", folder / f"{name}.json", "--recipe", recipe, "--as-of", "2024-01-01", folder / "input.csv",
               "--out", folder / f"{name}.csv")
    assert done.returncode == 0, done.stderr
    return table(folder / f"{name}.csv")


@pytest.mark.parametrize("name", ["minmax", "range", "standard", "plain"])
def test_same_labels(fitted, name):
    assert assigned(fitted, name)["kmeans"] == (fitted[0] / f"{name}.labels").read_text().split()


def written_by_the_program(fitted, name, *arguments):
    path = fitted[0] / f"{name}.json"
    done = subprocess.run([SCIENCE, PROJECT / "tools" / "sklearn_to_obek.py", path, "--currency", "EUR", "--as-of", "2024-01-01", *map(str, arguments)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return path


def test_the_program(fitted):
    """From a pickled pipeline and a file of parameters, as from Python; segments by names of one's own."""
    folder = fitted[0]
    written_by_the_program(fitted, "both", "--kmeans", folder / "standard.pickle", "--features", "recency_days,orders_online,value_online",
                           "--segments", "one,two,three,four", "--hysteresis", "0.05", "--cltv", folder / "cltv.parameters", "--bands", "low,high")
    both, again = assigned(fitted, "both"), assigned(fitted, "standard")
    names = dict(zip(sorted(set(again["kmeans"])), ("one", "two", "three", "four"), strict=True))
    assert both["kmeans"] == [names[segment] for segment in again["kmeans"]]
    assert [both[name] for name in ("p_alive", "cltv", "cltv_band")] == [assigned(fitted, "cltv")[name] for name in ("p_alive", "cltv", "cltv_band")]


@pytest.mark.parametrize("arguments, says", [
    ([], "what was fitted?"), (["--cltv", "nowhere.json", "--bands", "a"], "No such file"),
    (["--kmeans", "plain.pickle", "--features", "recency_days"], "the pipeline has 3 columns, 1 features are named"),
    (["--kmeans", "plain.pickle", "--features", "recency_days,orders_online,value_online", "--segments", "a,b"], "4 clusters, 2 names")], ids=str)
def test_the_program_refuses(fitted, arguments, says):
    done = subprocess.run([SCIENCE, PROJECT / "tools" / "sklearn_to_obek.py", "wrong.json", "--currency", "EUR", "--as-of", "2024-01-01", *arguments],
                          capture_output=True, text=True, timeout=60, cwd=fitted[0])
    assert done.returncode != 0 and says in done.stderr and not (fitted[0] / "wrong.json").exists()


def test_lifetimes_parameters(fitted):
    """Where lifetimes has a number at all: its hypergeometric function gives none for some who bought often long ago."""
    theirs, found = json.loads((fitted[0] / "lifetimes.json").read_text()), assigned(fitted, "cltv")
    for column in ("p_alive", "cltv"):
        pairs = [(a, b) for a, b in zip(numbers(found[column]), theirs[column], strict=True) if not math.isnan(b)]
        assert len(pairs) > 500 and [a for a, _ in pairs] == pytest.approx([b for _, b in pairs], rel=1e-6)
        assert all(math.isfinite(value) for value in numbers(found[column]))
