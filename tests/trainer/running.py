"""Runs obek train and obek assign, and reads what they write."""
import csv
import gzip
import json
import os
import pathlib
import subprocess
from types import SimpleNamespace

import jsonschema

PROJECT = pathlib.Path(__file__).resolve().parents[2]
OBEK = PROJECT / os.environ.get("OBEK_BUILD", "build") / "obek"
RECIPES = PROJECT / "config" / "recipes"
SCIENCE = PROJECT / ".fetched" / "science" / "bin" / "python"
SCHEMAS = {name: json.loads((PROJECT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
           for name in ("recipe", "metrics", "model", "campaigns")}
OUTPUTS = {"model.json", "segments.csv", "profiles.csv", "elbow.csv", "merges.csv", "metrics.json", "report.html", "rejected.csv"}


def shared():
    """The folder with the data and the oracles, or None."""
    for folder in (os.environ.get("OBEK_SHARED"), PROJECT / ".." / "shared"):
        if folder and (pathlib.Path(folder) / "oracles").is_dir():
            return pathlib.Path(folder).resolve()
    return None


def run(*arguments, limit_s=120, env=None):
    return subprocess.run([OBEK, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace", timeout=limit_s,
                          env={**os.environ, **(env or {})})


def hold(name, document):
    jsonschema.validate(document, SCHEMAS[name], jsonschema.Draft202012Validator)


def table(path):
    """{column: list of texts}"""
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rt", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return {name: [row[i] for row in rows] for i, name in enumerate(header)}


def numbers(texts):
    return [float(text) for text in texts]


def written(folder):
    """What a run of train left; the schemas hold."""
    folder = pathlib.Path(folder)
    names = {path.name for path in folder.iterdir()}
    assert names <= OUTPUTS and {"model.json", "segments.csv", "profiles.csv", "metrics.json", "report.html"} <= names, names
    model, metrics = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("model.json", "metrics.json"))
    hold("model", model)
    hold("metrics", metrics)
    return SimpleNamespace(folder=folder, model=model, metrics=metrics, segments=table(folder / "segments.csv"),
                           profiles=table(folder / "profiles.csv"), schemes={s["name"]: s for s in metrics["schemes"]})


def train(recipe, source, out, *arguments, env=None, limit_s=120):
    """recipe: a name of config/recipes, a path, or an object."""
    if isinstance(recipe, dict):
        path = pathlib.Path(out).parent / f"{pathlib.Path(out).name}.recipe.json"
        path.write_text(json.dumps(recipe), encoding="utf-8")
    else:
        path = RECIPES / f"{recipe}.json" if (RECIPES / f"{recipe}.json").exists() else recipe
    done = run("train", "--recipe", path, source, "--out", out, *arguments, env=env, limit_s=limit_s)
    assert done.returncode == 0, done.stderr
    result = written(out)
    result.stderr = done.stderr
    assert run("model", "check", result.folder / "model.json").returncode == 0
    return result


def adjusted_rand(a, b):
    """Hubert and Arabie 1985."""
    pairs, left, right = {}, {}, {}
    for x, y in zip(a, b, strict=True):
        pairs[x, y] = pairs.get((x, y), 0) + 1
        left[x] = left.get(x, 0) + 1
        right[y] = right.get(y, 0) + 1
    two = lambda counts: sum(n * (n - 1) / 2 for n in counts.values())  # noqa: E731
    all_pairs = len(a) * (len(a) - 1) / 2
    expected = two(left) * two(right) / all_pairs
    return (two(pairs) - expected) / ((two(left) + two(right)) / 2 - expected)
