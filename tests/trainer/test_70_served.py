"""What cannot be served says so: in the model, on stderr, in metrics.json; and obek run, obek model put and obek import refuse it with that
reason, before they look for any server. What can be, among the rest, is."""
import json

import pytest

from . import made
from .running import run, table, train

CONFIG = "currency.base = EUR\nkafka.bootstrap.servers = 127.0.0.1:1\nredis.url = redis://127.0.0.1:1\nhttp.listen =\n"
CAP = {"step": "cap", "columns": ["orders_online"], "quantiles": [0.01, 0.99], "factor": 0}
CASES = {  # of rows of customers or orders, the scheme, more of the recipe, the reason
    "rank": (made.CUSTOMERS, {**made.RFM, "mode": "rank"}, {}, "scores by rank depend on the other customers and on the order of the file"),
    "an attribute": (made.CUSTOMERS, {**made.KMEANS, "features": ["age"], "k": 2}, {"attributes": {"age": "age"}},
                     "age is a column of the input and no feature of the state"),
    "a feature of capped columns": (made.CUSTOMERS, {**made.KMEANS, "features": ["frequency", "recency_days"]}, {"cleaning": [CAP]},
                                    "frequency was learned from capped columns, which a state does not have"),
    "rfm of capped columns": (made.CUSTOMERS, made.RFM, {"cleaning": [CAP]}, "it was learned from capped columns, which a state does not have"),
    "mbgnbd": (made.ORDERS, {**made.CLTV, "process": "mbgnbd"}, {}, "obek run serves bgnbd, not mbgnbd"),
    "pareto_nbd": (made.ORDERS, {**made.CLTV, "process": "pareto_nbd"}, {}, "obek run serves bgnbd, not pareto_nbd"),
    "merged days": (made.ORDERS, {**made.CLTV, "same_day": "merged"}, {}, "it counts purchases of one day as one, which a state does not tell"),
    "repeat means": (made.ORDERS, {**made.CLTV, "mean": "repeat"}, {}, "its mean value leaves the first purchase out, which a state does not tell apart"),
    "rounded times": (made.ORDERS, {**made.CLTV, "round_units": 2}, {}, "times or means were rounded, which obek run does not do"),
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Paths: rows of customers (with an age), rows of orders."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "customers").write_text("id,first,last,n_web,n_store,v_web,v_store,age\n" + "".join(
        ",".join(map(str, (*row, 20 + 30 * kind))) + "\n" for row, kind in zip(*made.customers())), encoding="utf-8")
    (folder / "orders").write_text(made.csv_text(made.bgnbd_orders(300, 0.8, 6.0, 0.7, 2.5), made.ORDER_HEADER), encoding="utf-8")
    return folder


def hold_refused(folder, model, reason):
    """By all that would serve it."""
    config = folder / "obek.properties"
    config.write_text(CONFIG + f"model.file = {model}\n", encoding="utf-8")
    refused = f"{model}: servable: the model says that it cannot be served: {reason}"
    for words in (["run"], ["run", "--check-config"], ["model", "put", model], ["model", "diff", model], ["import", "--model", model, config]):
        command = words[:2] if words[0] == "model" else words[:1]
        done = run(*command, "-c", config, *words[len(command):])
        assert done.returncode == 2 and refused in done.stderr.replace('\\"', '"'), (words, done.stderr)
    shown = run("model", "check", model)
    assert shown.returncode == 0 and f"cannot be served: {reason}" in shown.stdout


@pytest.mark.parametrize("case", CASES)
def test_refused_with_the_reason(tmp_path, tables, case):
    base, scheme, more, why = CASES[case]
    found = train(made.recipe(base, scheme, **more), tables / base["rows"], tmp_path / "out")
    reason = f"{scheme['name']}: {why}"
    assert found.model["servable"] is False and found.model["servable_reason"] == found.metrics["not_served"] == reason
    assert found.schemes[scheme["name"]]["not_served_because"] == why and found.schemes[scheme["name"]]["served"] is False
    assert f"the model cannot be served ({reason})" in found.stderr
    hold_refused(tmp_path, found.folder / "model.json", reason)


def test_the_rest_is_served(tmp_path, tables):
    """Two schemes of which one can be: the model has that one, and says what it left out."""
    found = train(made.recipe(made.CUSTOMERS, made.RFM, {**made.RFM, "name": "ranked", "mode": "rank"}, made.KMEANS), tables / "customers", tmp_path / "out")
    assert [scheme["name"] for scheme in found.model["schemes"]] == ["rfm", "kmeans"] and found.model.get("servable", True)
    assert "ranked" in json.dumps(found.model["trained_on"]["not_served"]) and "not in the model: ranked: scores by rank" in found.stderr
    assert f"by rank and by frozen cut points {found.schemes['ranked']['rank_differs_from_frozen']} of 300 customers" in found.stderr


def test_a_tree_is_served_by_its_centroids(tmp_path, tables):
    """The labels of the tree stay offline; how many customers the centroids put elsewhere is told, and is what obek assign finds."""
    tree = {"name": "tree", "type": "hierarchical", "linkage": "complete", "features": ["monetary", "active_days"], "scale": "standard", "cut": {"k": 6}}
    found = train(made.recipe(made.CUSTOMERS, tree), tables / "customers", tmp_path / "out")
    differ = found.schemes["tree"]["centroids_differ_from_tree"]
    assert differ > 0 and f"they put {differ} of 300 customers elsewhere than the tree does" in found.stderr
    done = run("assign", "--model", found.folder / "model.json", "--as-of", "2024-01-01", tables / "customers", "--out", tmp_path / "assigned.csv")
    assert done.returncode == 0
    assert sum(a != b for a, b in zip(table(tmp_path / "assigned.csv")["tree"], found.segments["tree"], strict=True)) == differ


# ---- obek assign ------------------------------------------------------------------------------------------------------------

def test_assign_skips_what_the_columns_do_not_give(tmp_path, tables):
    recipe = made.recipe(made.ORDERS, made.RFM, {**made.KMEANS, "features": ["recency_days", "value_offline"]})
    found = train(recipe, tables / "orders", tmp_path / "out")
    (tmp_path / "sums.csv").write_text("id,first,last,n,v\n" + "".join(f"c{i},2023-01-0{1 + i % 9},2023-06-01,{1 + i},{10 * i}\n" for i in range(20)))
    columns = {"customer_id": "id", "first_at": "first", "last_at": "last", "orders": "n", "value": "v"}
    (tmp_path / "sums.json").write_text(json.dumps(made.recipe({**made.CUSTOMERS, "columns": columns}, made.RFM)))
    done = run("assign", "--model", found.folder / "model.json", "--recipe", tmp_path / "sums.json", "--as-of", "2024-01-01", tmp_path / "sums.csv",
               "--out", tmp_path / "assigned.csv")
    assert done.returncode == 0 and "obek assign: scheme kmeans is skipped: " in done.stderr and "value_offline" in done.stderr
    assigned = table(tmp_path / "assigned.csv")
    assert "kmeans" not in assigned and all(assigned["rfm"]) and len(assigned["rfm"]) == 20


def test_assign_warns_of_hysteresis_where_there_is_no_history(tmp_path, tables):
    """Rows of customers are entries; rows of orders are lived through."""
    found = train(made.recipe(made.CUSTOMERS, {**made.KMEANS, "hysteresis": 0.1}), tables / "customers", tmp_path / "out")
    assert found.model["input"]["columns"] == made.CUSTOMERS["columns"]
    model = found.folder / "model.json"
    done = run("assign", "--model", model, "--as-of", "2024-01-01", tables / "customers")
    assert done.returncode == 0 and "warning: scheme kmeans has a hysteresis of 0.1" in done.stderr
    done = run("assign", "--model", model, "--as-of", "2024-01-01", tables / "orders")  # the contract's names: not the model's input
    assert done.returncode == 0 and "warning" not in done.stderr and len(done.stdout.splitlines()) == 301
