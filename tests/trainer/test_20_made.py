"""Made-up data: what was planted is found, whatever way the file is written."""
import bisect
import csv
import gzip
import io
import json
import math

import pytest

from . import made
from .running import adjusted_rand, numbers, run, table, train


def written_file(tmp_path, text, name="input.csv", encoding="utf-8"):
    path = tmp_path / name
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def test_planted_clusters_are_found_and_named(tmp_path):
    rows, kinds = made.customers()
    found = train(made.recipe(made.CUSTOMERS, made.KMEANS), written_file(tmp_path, made.csv_text(rows)), tmp_path / "out")
    assert adjusted_rand(found.segments["kmeans"], kinds) == 1
    assert found.schemes["kmeans"]["elbow"][0]["silhouette"] > 0.7
    names = {s["id"] for s in found.schemes["kmeans"]["segments"]}
    assert all("recency_days" in name or "orders_online" in name for name in names), names
    assert all(s["label"]["en"] and s["label"]["tr"] for s in found.model["schemes"][0]["segments"])
    assert found.segments["customer_id"] == [row[0] for row in rows]
    assert len(found.model["probes"]) == 3 and found.profiles["customers"] == ["100"] * 3
    assert not (found.folder / "elbow.csv").exists() and not (found.folder / "rejected.csv").exists()


def test_the_elbow_finds_k_and_rules_give_names(tmp_path):
    rows, kinds = made.customers()
    rules = [{"id": "best", "label": {"en": "Best", "tr": "En iyi"}, "most": ["orders_online", "-recency_days"]},
             {"id": "gone", "most": ["recency_days"]}, {"id": "rest", "most": ["orders_online"]}]
    scheme = {**made.KMEANS, "k": {"from": 1, "to": 8}, "segments": rules}
    found = train(made.recipe(made.CUSTOMERS, scheme), written_file(tmp_path, made.csv_text(rows)), tmp_path / "out")
    assert found.schemes["kmeans"]["k"] == 3
    assert set(zip(found.segments["kmeans"], kinds)) == {("best", 0), ("rest", 1), ("gone", 2)}
    elbow = table(found.folder / "elbow.csv")
    assert list(elbow) == ["k", "inertia", "silhouette", "davies_bouldin", "calinski_harabasz", "chosen"]
    assert elbow["chosen"] == ["false", "false", "true"] + ["false"] * 5


@pytest.mark.parametrize("linkage", ["ward", "complete", "average", "single"])
def test_trees(tmp_path, linkage):
    rows, kinds = made.customers()
    scheme = {"name": "tree", "type": "hierarchical", "linkage": linkage, "features": made.KMEANS["features"], "transform": "log1p",
              "scale": "minmax", "cut": {"k": 3}}
    found = train(made.recipe(made.CUSTOMERS, scheme), written_file(tmp_path, made.csv_text(rows)), tmp_path / "out")
    assert adjusted_rand(found.segments["tree"], kinds) == 1 and found.schemes["tree"]["centroids_differ_from_tree"] == 0
    merges = table(found.folder / "merges.csv")
    assert list(merges) == ["a", "b", "height", "size"] and len(merges["a"]) == 299 and merges["size"][-1] == "300"
    top = numbers(merges["height"])[-3:]
    by_height = {**scheme, "cut": {"height": (top[0] + top[1]) / 2}}
    again = train(made.recipe(made.CUSTOMERS, by_height), tmp_path / "input.csv", tmp_path / "again")
    assert again.segments["tree"] == found.segments["tree"]


FORMS = {
    "semicolons and decimal commas": (lambda t: t.replace(",", ";").replace(".", ","), {"separator": "semicolon", "decimal": "comma"}, "i.csv", "utf-8"),
    "gzip": (lambda t: t, {}, "i.csv.gz", "utf-8"),
    "byte order mark": (lambda t: "\ufeff" + t, {}, "i.csv", "utf-8"),
    "carriage returns": (lambda t: t.replace("\n", "\r\n"), {}, "i.csv", "utf-8"),
    "tabs": (lambda t: t.replace(",", "\t"), {"separator": "tab"}, "i.csv", "utf-8"),
    "blanks": (lambda t: t.replace(",", "   "), {"separator": "blank"}, "i.csv", "utf-8"),
    "quotes": (lambda t: "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in t.split("\n")[:-1]) + "\n", {}, "i.csv", "utf-8"),
    "utf-16": (lambda t: t, {"encoding": "utf-16"}, "i.csv", "utf-16"),
    "latin-5, semicolons, decimal commas, carriage returns, gzip": (
        lambda t: t.replace(",", ";").replace(".", ",").replace("\n", "\r\n"), {"separator": "semicolon", "decimal": "comma", "encoding": "latin-5"},
        "i.csv.gz", "iso8859-9"),
    "a byte order mark and semicolons": (lambda t: "\ufeff" + t.replace(",", ";"), {"separator": "semicolon"}, "i.csv", "utf-8"),
}


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_same_table_in_many_forms(tmp_path, form):
    change, format_, name, encoding = FORMS[form]
    text = made.csv_text(made.customers()[0])
    plain = train(made.recipe(made.CUSTOMERS, made.RFM, made.KMEANS), written_file(tmp_path, text), tmp_path / "plain")
    other = train(made.recipe(made.CUSTOMERS, made.RFM, made.KMEANS, format=format_), written_file(tmp_path, change(text), name, encoding),
                  tmp_path / "other")
    assert other.segments == plain.segments and other.profiles == plain.profiles


def test_turkish_letters_in_latin_5(tmp_path):
    text = "id,first,last,n_web,n_store,v_web,v_store,kanal,ilgi\n" + "".join(
        f"müşteri-{i},{made.day(50 + i)},{made.day(i)},{i % 7 + 1},1,10,20,Mağaza,\"[COCUK, AKTIFCOCUK]\"\n" for i in range(1, 30))
    columns = {**made.CUSTOMERS["columns"], "channel": "kanal", "categories": "ilgi"}
    found = train(made.recipe(made.CUSTOMERS, made.RFM, columns=columns, format={"encoding": "latin-5"}),
                  written_file(tmp_path, text, encoding="iso8859-9"), tmp_path / "out")
    assert found.segments["customer_id"][0] == "müşteri-1"
    assert found.metrics["exploration"]["channels"]["Mağaza"]["customers"] == 29
    assert {name: group["customers"] for name, group in found.metrics["exploration"]["categories"].items()} == {"COCUK": 29, "AKTIFCOCUK": 29}
    assert "channel_Mağaza" in found.profiles


def quantile(values, q):
    """By linear interpolation, as numpy's default."""
    place = q * (len(values) - 1)
    low = values[math.floor(place)]
    return low + (values[math.ceil(place)] - low) * (place - math.floor(place))


def pearson(a, b):
    a, b = ([x - math.fsum(xs) / len(xs) for x in xs] for xs in (a, b))
    return math.fsum(x * y for x, y in zip(a, b)) / math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))


def ranks(values):
    """Mean ranks of equal values."""
    places = sorted(values)
    return [(bisect.bisect_left(places, x) + bisect.bisect_right(places, x)) / 2 for x in values]


def test_exploration(tmp_path):
    """Every number of it, computed once more in other words."""
    rows, _ = made.customers()
    rows = [(*row[:5], "" if i % 50 == 7 else row[5], row[6], "Web" if i % 3 else "Store", "[A, B]" if i % 2 else "[AB]") for i, row in enumerate(rows)]
    columns = {**made.CUSTOMERS["columns"], "channel": "channel", "categories": "likes"}
    cleaning = [{"step": "missing", "columns": ["value_online"], "then": "constant", "constant": 0}]
    text = io.StringIO()
    csv.writer(text).writerows(["id,first,last,n_web,n_store,v_web,v_store,channel,likes".split(","), *rows])
    found = train(made.recipe(made.CUSTOMERS, made.RFM, columns=columns, cleaning=cleaning), written_file(tmp_path, text.getvalue()), tmp_path / "out")
    explored = found.metrics["exploration"]

    columns = {column["header"]: column for column in explored["columns"]}
    values = sorted(float(row[5]) for row in rows if row[5])
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((x - mean) ** 2 for x in values) / len(values))
    of = columns["v_web"]
    assert (of["count"], of["missing"], of["distinct"]) == (294, 6, len(set(values)))
    assert [of["min"], of["max"], of["mean"], of["deviation"]] == pytest.approx([values[0], values[-1], mean, deviation], rel=1e-12)
    assert of["skew"] == pytest.approx(math.fsum((x - mean) ** 3 for x in values) / len(values) / deviation ** 3, rel=1e-9)
    assert of["quantiles"] == pytest.approx({q: quantile(values, float(q)) for q in ("0.01", "0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.99")})
    edges = of["histogram"]["edges"]
    assert edges == pytest.approx([values[0] + (values[-1] - values[0]) * i / 20 for i in range(21)])
    assert of["histogram"]["counts"] == [sum(a <= x < b or (b == edges[-1] and x == b) for x in values) for a, b in zip(edges, edges[1:])]
    assert columns["channel"]["top"] == [{"value": "Web", "count": 200}, {"value": "Store", "count": 100}]
    assert columns["last"]["min"] == min(row[2] for row in rows) + "T00:00:00.000Z" and columns["id"]["distinct"] == 300

    orders, worth = [row[3] + row[4] for row in rows], [float(row[5] or 0) + float(row[6]) for row in rows]
    assert explored["features"]["frequency"]["mean"] == pytest.approx(sum(orders) / 300)
    names, correlations = explored["correlations"]["names"], explored["correlations"]
    at = names.index("frequency"), names.index("monetary")
    assert correlations["pearson"][at[0]][at[1]] == correlations["pearson"][at[1]][at[0]] == pytest.approx(pearson(orders, worth), rel=1e-9)
    assert correlations["spearman"][at[0]][at[1]] == pytest.approx(pearson(ranks(orders), ranks(worth)), rel=1e-9)
    assert all(correlations["pearson"][i][i] == 1 for i in range(len(names)))

    def group(rows_of):
        return {"customers": len(rows_of), "orders": sum(orders[i] for i in rows_of), "value": pytest.approx(sum(worth[i] for i in rows_of))}

    assert explored["channels"] == {"Web": group([i for i in range(300) if i % 3]), "Store": group(range(0, 300, 3))}
    assert explored["categories"] == {"A": group(range(1, 300, 2)), "B": group(range(1, 300, 2)), "AB": group(range(0, 300, 2))}


def test_dates_by_a_pattern(tmp_path):
    rows = [(i, "31.12.2022", "05.01.2023", 1 + int(i[1:]) % 4, 0, "10.00", "0") for i, *_ in made.customers()[0]]
    found = train(made.recipe(made.CUSTOMERS, made.RFM, format={"dates": "%d.%m.%Y"}), written_file(tmp_path, made.csv_text(rows)), tmp_path / "out")
    assert set(found.segments["recency_days"]) == {"361"}


def test_cleaning_is_counted(tmp_path):
    rows = [list(row) for row in made.customers()[0]]
    rows[3][5] = ""  # missing
    rows[4][5] = "-5"  # impossible
    rows[5][3] = "5000"  # beyond the cap
    rows.append(rows[7])  # twice
    rows[8][1], rows[8][2] = rows[8][2], rows[8][1]  # first after last
    cleaning = [{"step": "duplicates", "then": "keep_first"}, {"step": "dates"}, {"step": "range", "columns": ["value_online"], "min": 0, "then": "drop"},
                {"step": "missing", "columns": ["value_online"], "then": "median"}, {"step": "cap", "columns": ["orders_online"]}]
    found = train(made.recipe(made.CUSTOMERS, made.RFM, cleaning=cleaning), written_file(tmp_path, made.csv_text(rows)), tmp_path / "out")
    touched = {step["step"]: step["rows"] for step in found.metrics["cleaning"]}
    assert touched == {"duplicates": 1, "dates": 1, "range": 1, "missing": 1, "cap": 1}
    assert len(found.segments["customer_id"]) == 298
    assert max(numbers(found.segments["frequency"])) < 200
    assert found.model["servable"] is False and "capped" in found.model["servable_reason"]


VALUES = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 1000]


def clean(tmp_path, rows, *steps):
    """What is left of the values, by customer, and the report of the last step."""
    text = made.csv_text([(i, "2023-01-01", last, 2, 0, "" if v is None else v, 0) for i, last, v in rows])
    found = train(made.recipe(made.CUSTOMERS, made.RFM, cleaning=list(steps)), written_file(tmp_path, text), tmp_path / "out")
    return dict(zip(found.segments["customer_id"], numbers(found.segments["monetary"]))), found.metrics["cleaning"][-1]


@pytest.mark.parametrize("step, rows, changed", [
    ({"step": "missing", "then": "drop"}, 1, {12: None}),
    ({"step": "missing", "then": "median"}, 1, {12: 65}),
    ({"step": "missing", "then": "constant", "constant": 7}, 1, {12: 7}),
    ({"step": "range", "max": 500, "then": "drop"}, 1, {11: None}),
    ({"step": "range", "max": 500, "then": "clip"}, 1, {11: 500}),
    ({"step": "range", "min": 15, "max": 105, "then": "clip"}, 3, {0: 15, 10: 105, 11: 105}),
    ({"step": "cap", "quantiles": [.25, .75]}, 1, {11: 175}),  # 92.5 + 1.5 * (92.5 - 37.5)
    ({"step": "cap", "quantiles": [.01, .99], "factor": 0, "sides": "upper"}, 1, {11: 902.1}),
    ({"step": "cap", "quantiles": [0, .5], "factor": 0, "sides": "upper", "then": "drop"}, 6, dict.fromkeys(range(6, 12)))], ids=str)
def test_each_step(tmp_path, step, rows, changed):
    values = VALUES + ([None] if step["step"] == "missing" else [])
    left, report = clean(tmp_path, [(i, "2023-06-01", v) for i, v in enumerate(values)], {"columns": ["value_online"], **step})
    wanted = {str(i): float(changed.get(i, v)) for i, v in enumerate(values) if changed.get(i, v) is not None}
    assert left == pytest.approx(wanted, rel=1e-12) and report["rows"] == rows and report["step"] == step["step"]


@pytest.mark.parametrize("step, left, rows", [
    ({"step": "duplicates", "then": "keep_first"}, {"a": 10, "b": 20, "c": 30}, 2), ({"step": "duplicates", "then": "keep_last"}, {"b": 20, "c": 30, "a": 50}, 2),
    ({"step": "duplicates", "then": "drop_all"}, {"b": 20, "c": 30}, 3), ({"step": "range", "columns": ["value_online"], "min": 0, "then": "missing"}, None, 1)],
    ids=str)
def test_rows_that_are_wrong_together(tmp_path, step, left, rows):
    if left is None:  # impossible becomes missing, and missing the median
        found, _ = clean(tmp_path, [("a", "2023-06-01", 10), ("b", "2023-06-01", -5), ("c", "2023-06-01", 30)], step,
                         {"step": "missing", "columns": ["value_online"], "then": "median"})
        assert found == {"a": 10, "b": 20, "c": 30}
        return
    found, report = clean(tmp_path, [("a", "2023-06-01", 10), ("b", "2023-06-01", 20), ("a", "2023-06-01", 40), ("c", "2023-06-01", 30),
                                     ("a", "2023-06-01", 50)], step)
    assert found == left and report["rows"] == rows


def test_wrong_lines_are_skipped_when_asked(tmp_path):
    rows = [list(row) for row in made.customers()[0]]
    for i in range(0, 24, 2):
        rows[i][5] = "a lot"
    rows[30][0] = "=HYPERLINK(1)"
    rows[31][3] = "-2"
    found = train(made.recipe(made.CUSTOMERS, made.RFM, on_error="skip"), written_file(tmp_path, made.csv_text(rows)), tmp_path / "out")
    rejected = table(found.folder / "rejected.csv")
    assert rejected["line"] == [str(i + 2) for i in range(0, 24, 2)] + ["33"]
    assert rejected["column"] == ["v_web"] * 12 + ["n_web"] and rejected["value"][0] == "a lot" and rejected["value"][-1] == "'-2"
    assert found.metrics["input"]["rejected"]["count"] == 13 and len(found.metrics["input"]["rejected"]["first"]) == 10
    assert "13 lines" in found.stderr and "line 2: column 'v_web': 'a lot' is no number" in found.stderr
    assert "'=HYPERLINK(1)" in found.segments["customer_id"]  # no formula for a spreadsheet


def off(fit, planted):
    """In standard errors."""
    return {name: (fit["parameters"][name]["value"] - value) / fit["parameters"][name]["standard_error"] for name, value in planted.items()}


@pytest.mark.parametrize("scheme", [{"x": "frequency"}, {"mean": "repeat"}], ids=str)
def test_gamma_gamma_is_recovered(tmp_path, scheme):
    """Where x counts the purchases that the mean is of."""
    rows = made.bgnbd_orders(3000, 0.8, 6.0, 0.7, 2.5)
    found = train(made.recipe(made.ORDERS, {**made.CLTV, **scheme}), written_file(tmp_path, made.csv_text(rows, made.ORDER_HEADER)), tmp_path / "out")
    errors = off(found.schemes["cltv"]["gamma_gamma"], {"p": 6.0, "q": 4.0, "v": 15.0})
    assert all(abs(error) < 2.5 for error in errors.values()), errors


def test_bgnbd_is_recovered(tmp_path):
    truth = {"r": 0.8, "alpha": 6.0, "a": 0.7, "b": 2.5}
    rows = made.bgnbd_orders(3000, **truth)
    found = train(made.recipe(made.ORDERS, made.CLTV), written_file(tmp_path, made.csv_text(rows, made.ORDER_HEADER)), tmp_path / "out")
    scheme = found.schemes["cltv"]
    assert all(abs(errors) < 2.5 for errors in off(scheme["process"], truth).values()), off(scheme["process"], truth)
    assert scheme["served"] and scheme["warnings"] == []
    assert all(0 < p <= 1 for p in numbers(found.segments["p_alive"]))
    assert set(found.segments["cltv_band"]) == {"low", "middle", "high"}


@pytest.mark.parametrize("process", ["mbgnbd", "pareto_nbd"])
def test_other_processes_are_learned_and_not_served(tmp_path, process):
    rows = made.bgnbd_orders(400, 0.8, 6.0, 0.7, 2.5)
    found = train(made.recipe(made.ORDERS, {**made.CLTV, "process": process}), written_file(tmp_path, made.csv_text(rows, made.ORDER_HEADER)),
                  tmp_path / "out")
    assert not found.schemes["cltv"]["served"] and process in found.model["servable_reason"]
    refused = run("model", "diff", "-c", "/dev/null", found.folder / "model.json")
    assert refused.returncode == 2


def test_a_fit_without_dropout_says_so(tmp_path):
    rows = [(f"o{c}-{k}", f"c{c}", f"2023-{k + 1:02}-{1 + c % 28:02}T00:00:00Z", "web", "10.00") for c in range(200) for k in range(12 - c % 3)]
    found = train(made.recipe(made.ORDERS, made.CLTV), written_file(tmp_path, made.csv_text(rows, made.ORDER_HEADER)), tmp_path / "out")
    assert "no_dropout" in {w["code"] for w in found.schemes["cltv"]["warnings"]}
    assert "warning: scheme cltv: no dropout can be seen" in found.stderr


def test_a_customer_of_221_orders_is_a_number(tmp_path):
    rows = made.bgnbd_orders(300, 0.8, 6.0, 0.7, 2.5)
    rows += [(f"big{k}", "big", f"2022-{1 + k // 20:02}-{1 + k % 20:02}T0{k % 10}:00:00Z", "web", "30.00") for k in range(221)]
    found = train(made.recipe(made.ORDERS, made.CLTV), written_file(tmp_path, made.csv_text(rows, made.ORDER_HEADER)), tmp_path / "out")
    for column in ("p_alive", "purchases_26", "expected_value", "cltv"):
        assert all(0 <= x < 1e9 for x in numbers(found.segments[column]))


def test_orders_are_added_up_as_online(tmp_path):
    rows = [("1", "a", "2023-01-01T00:00:00Z", "web", "10.00"), ("2", "a", "2023-02-01T00:00:00Z", "Store", "20.00"),
            ("2", "a", "2023-02-01T00:00:00Z", "Store", "20.00"), ("3", "b", "2023-03-01T00:00:00Z", "web", "5.50"),
            ("4", "b", "2024-03-01T00:00:00Z", "web", "7.00")] + [(f"x{i}", f"x{i}", "2023-05-05T00:00:00Z", "web", f"{i}.00") for i in range(1, 9)]
    found = train(made.recipe(made.ORDERS, made.RFM), written_file(tmp_path, made.csv_text(rows, made.ORDER_HEADER)), tmp_path / "out")
    assert found.metrics["input"]["orders"] == {"applied": 11, "after_as_of": 1, "duplicates": 1, "customers_without_a_live_order": 0}
    assert (found.segments["frequency"][:2], found.segments["monetary"][:2]) == (["2", "1"], ["30", "5.5"])


def test_numbers_read_back_exactly(tmp_path):
    rows, _ = made.customers()
    found = train(made.recipe(made.CUSTOMERS, made.KMEANS, made.CLTV), written_file(tmp_path, made.csv_text(rows)), tmp_path / "out")
    text = (found.folder / "model.json").read_text(encoding="utf-8")
    assert json.loads(text) == json.loads(json.dumps(json.loads(text)))
    centroid = found.model["schemes"][0]["segments"][0]["centroid"]
    assert all(repr(x) in text or repr(x).replace(".0", "") in text for x in centroid)


def test_a_model_of_attributes_assigns_again(tmp_path):
    text = "id,first,last,n_web,n_store,v_web,v_store,age\n" + "".join(",".join(map(str, (*row, 20 + 30 * k))) + "\n" for row, k in zip(*made.customers()))
    scheme = {**made.KMEANS, "features": ["age", "recency_days"]}
    found = train(made.recipe(made.CUSTOMERS, scheme, attributes={"age": "age"}), written_file(tmp_path, text), tmp_path / "out")
    again = run("assign", "--model", found.folder / "model.json", "--as-of", "2024-01-01", tmp_path / "input.csv", "--out", tmp_path / "a.csv")
    assert again.returncode == 0 and table(tmp_path / "a.csv")["kmeans"] == found.segments["kmeans"]
