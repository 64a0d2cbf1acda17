"""Online equals offline: the schemes of every FLO recipe that can be served, by obek run on the replayed orders, end with what obek assign
says of the same file as of the same instant, customer by customer."""
import csv
import gzip
import json
import subprocess

import pytest
from expected import shown_states
from obek_process import PROJECT
from reference import flo

SHARED = flo.shared()
AS_OF = "2021-06-01T00:00:00Z"
CUSTOMERS = 19_945
RECIPES = ["flo-kmeans", "flo-ward", "flo-rfm", "flo-cltv", "flo-cltv-notebook"]

pytestmark = [pytest.mark.skipif(SHARED is None, reason="FLO DATA ABSENT: ../shared or OBEK_SHARED not found"), pytest.mark.limit(300)]


def call(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def learned(program, folder):
    """One model of all their schemes."""
    schemes = []
    for recipe in RECIPES:
        call(program, "train", "--recipe", f"{PROJECT}/config/recipes/{recipe}.json", SHARED / "data" / "flo_data_20k.csv", "--out", f"{folder}/{recipe}")
        with open(f"{folder}/{recipe}/model.json", encoding="utf-8") as file:
            model = json.load(file)
        assert model.get("servable", True) and model["probes"]
        schemes += [{**scheme, "name": recipe} for scheme in model["schemes"]]
    assert [scheme["type"] for scheme in schemes] == ["kmeans", "kmeans", "rfm", "cltv", "cltv"]
    path = f"{folder}/all.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**{key: model[key] for key in ("obek_model", "version", "created", "currency")}, "name": "all", "schemes": schemes}, file)
    return path, schemes


def with_touches(orders, path):
    """The orders, and at AS_OF a return of nothing by every customer: by it everybody has lived until then, whether or not there is a
    clock that ticks."""
    with gzip.open(orders, "rt", newline="", encoding="utf-8") as file:
        rows = [{**row, "kind": "ORDER"} for row in csv.DictReader(file)]
    newest = {row["customer_id"]: row for row in sorted(rows, key=lambda row: row["timestamp"])}
    touches = [{**row, "kind": "RETURN", "timestamp": AS_OF, "amount": "0"} for row in newest.values()]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows + touches)
    return path


def assigned(program, model, schemes, orders, path):
    call(program, "assign", "--model", model, "--as-of", AS_OF, "--map", "occurred_at=timestamp", orders, "--out", path)
    with open(path, newline="", encoding="utf-8") as file:
        return {row["customer_id"]: {s["name"]: row[s["name"] + ("_band" if s["type"] == "cltv" else "")] for s in schemes}
                for row in csv.DictReader(file)}


def test_online_equals_offline(obek, topics, folder):
    program = obek({}, clock="event")
    model, schemes = learned(program.program, folder)
    program.write_config(model_file=model)
    topics.create("orders", partitions=4)
    orders = SHARED / "data" / "orders_flo_replay.csv.gz"
    touched = with_touches(orders, f"{folder}/touched.csv")
    program.call("replay", "--map", "occurred_at=timestamp", touched, limit_s=120)
    program.run_to_end(limit_s=180)
    online = {customer: state["segments"] for customer, state in shown_states(program).items()}
    for source in (orders, touched):
        offline = assigned(program.program, model, schemes, source, f"{folder}/assigned.csv")
        assert len(offline) == CUSTOMERS
        assert {c: (online.get(c), offline[c]) for c in offline if online.get(c) != offline[c]} == {}
