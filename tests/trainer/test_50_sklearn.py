"""Bring your own: models that the real scikit-learn and lifetimes fitted, written by tools/sklearn_to_obek.py, give the same labels."""
import json
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


def test_lifetimes_parameters(fitted):
    theirs = json.loads((fitted[0] / "lifetimes.json").read_text())["p_alive"]
    for found, value in zip(numbers(assigned(fitted, "cltv")["p_alive"]), theirs, strict=True):
        assert found == pytest.approx(value, rel=1e-6)
