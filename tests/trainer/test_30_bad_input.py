"""cases/<name>/{recipe.json, input or input.hex, expected}: wrong tables and wrong recipes get an answer, never a crash. `expected`: the
exit status, then the lines of stderr, with INPUT, RECIPE and OUT for the paths; `...` stands for any lines. Nothing is left behind by a run that failed."""
import json
import pathlib
import re

import pytest

from .running import RECIPES, hold, run, written

CASES = sorted((pathlib.Path(__file__).parent / "cases").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case, tmp_path):
    status, *said = (case / "expected").read_text(encoding="utf-8").splitlines()
    source = case / "input"
    if (case / "input.hex").exists():
        source = tmp_path / "input"
        source.write_bytes(bytes.fromhex((case / "input.hex").read_text()))
    done = run("train", "--recipe", case / "recipe.json", source, "--out", tmp_path / "out", limit_s=60)
    assert str(done.returncode) == status, done.stderr
    text = done.stderr.replace(str(source), "INPUT").replace(str(case / "recipe.json"), "RECIPE").replace(str(tmp_path / "out"), "OUT")
    pattern = "".join("(.*\n)*" if line == "..." else re.escape(line) + "\n" for line in said)
    assert re.fullmatch(pattern, text), text
    if done.returncode == 0:
        written(tmp_path / "out")
    else:
        assert said[-1].startswith("obek train: ")
        assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_recipes_are_valid():
    for path in RECIPES.glob("*.json"):
        hold("recipe", json.loads(path.read_text(encoding="utf-8")))


def test_a_constant_column_is_left_alone(tmp_path):
    """Sums of many equal numbers are rounded, and a spread of 1e-13 would make giants of what comes later."""
    recipe = json.loads((CASES[0].parent / "missing-id" / "recipe.json").read_text(encoding="utf-8"))
    (tmp_path / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    rows = [f"c{i},2022-01-01,2023-0{1 + i % 9}-01,2,1,{10 + i % 50}.30,40.00" for i in range(5000)]
    (tmp_path / "input").write_text("\n".join(["id,first,last,n_web,n_store,v_web,v_store", *rows, ""]), encoding="utf-8")
    done = run("train", "--recipe", tmp_path / "recipe.json", tmp_path / "input", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    features = {f["name"]: f for f in json.loads((tmp_path / "out" / "model.json").read_text(encoding="utf-8"))["schemes"][0]["features"]}
    assert features["orders_online"]["factor"] == 1 and features["value_online"]["factor"] not in (0, 1)


def test_no_such_file(tmp_path):
    done = run("train", "--recipe", CASES[0] / "recipe.json", tmp_path / "nowhere.csv", "--out", tmp_path / "out")
    assert done.returncode == 1 and "No such file" in done.stderr
    done = run("train", "--recipe", tmp_path / "nowhere.json", CASES[0] / "input", "--out", tmp_path / "out")
    assert done.returncode == 2 and "No such file" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--recipe", "r"], ["--out", "o", "i"], ["--recipe", "r", "--out", "o", "i", "--seed", "x"],
                                       ["--recipe", "r", "--out", "o", "i", "--threads", "0"], ["--recipe", "r", "--out", "o", "a", "b"],
                                       ["--recipe", "r", "--out", "o", "i", "--as-of", "soon"], ["--wrong"]], ids=" ".join)
def test_wrong_usage(arguments):
    done = run("train", *arguments)
    assert done.returncode == 2 and "see obek train --help" in done.stderr
