"""The same input, recipe and seed give the same bytes, whatever the number of threads; a run that is stopped leaves nothing half done."""
import json
import signal
import subprocess
import time

import pytest

from . import made
from .running import OBEK, train

SCHEMES = [{**made.KMEANS, "k": {"from": 2, "to": 6}}, made.RFM, {**made.CLTV, "months": 3},
           {"name": "tree", "type": "hierarchical", "features": ["recency_days", "value_online"], "scale": "robust", "cut": {"k": 4}}]


def worked(process):
    """Of the processor's time, in hundredths of a second."""
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
        return int(file.read().split()[13])


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def table_file(tmp_path):
    path = tmp_path / "input.csv"
    path.write_text(made.csv_text(made.customers(2000)[0]), encoding="utf-8")
    return path


def test_any_number_of_threads(tmp_path, table_file):
    recipe = made.recipe(made.CUSTOMERS, *SCHEMES)
    one, four, again = (contents(train(recipe, table_file, tmp_path / name, "--seed", 5, "--threads", n).folder)
                        for name, n in (("one", 1), ("four", 4), ("again", 4)))
    assert one == four == again
    assert b"/" + str(tmp_path).encode()[1:] not in one["model.json"] + one["metrics.json"]  # no machine's path


def test_created_is_source_date_epoch_or_the_as_of_date(tmp_path, table_file):
    recipe = made.recipe(made.CUSTOMERS, made.RFM)
    assert train(recipe, table_file, tmp_path / "a").model["created"] == "2024-01-01T00:00:00.000Z"
    assert train(recipe, table_file, tmp_path / "b", "--as-of", "2024-02-02").model["created"] == "2024-02-02T00:00:00.000Z"
    assert train(recipe, table_file, tmp_path / "c", env={"SOURCE_DATE_EPOCH": "1700000000"}).model["created"] == "2023-11-14T22:13:20.000Z"


def test_a_model_is_replaced_and_never_changed_in_place(tmp_path, table_file):
    train(made.recipe(made.CUSTOMERS, *SCHEMES), table_file, tmp_path / "out")
    before = contents(tmp_path / "out")
    with open(tmp_path / "out" / "model.json", "rb") as served:
        train(made.recipe(made.CUSTOMERS, made.RFM), table_file, tmp_path / "out")
        assert served.read() == before["model.json"]
    assert set(contents(tmp_path / "out")) == {"model.json", "segments.csv", "profiles.csv", "metrics.json", "report.html"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_stop_leaves_the_last_run(tmp_path, table_file, number):
    train(made.recipe(made.CUSTOMERS, made.RFM), table_file, tmp_path / "out")
    before = contents(tmp_path / "out")
    table_file.write_text(made.csv_text(made.customers(20000)[0]), encoding="utf-8")
    long = {**made.KMEANS, "k": {"from": 2, "to": 40}, "starts": 10000}
    path = tmp_path / "long.json"
    path.write_text(json.dumps(made.recipe(made.CUSTOMERS, long)), encoding="utf-8")
    process = subprocess.Popen([OBEK, "train", "--recipe", path, table_file, "--out", tmp_path / "out"], stderr=subprocess.PIPE, text=True)
    while worked(process) < 50:  # half a second
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1 and "interrupted" in said
    assert contents(tmp_path / "out") == before
