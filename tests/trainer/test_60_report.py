"""report.html in a real browser: nothing goes wrong, every chart is there with the right marks, its numbers are those of the files, and
whatever the data say stays text."""
import csv
import io
import json
import math
import re
import shutil
from collections import Counter, defaultdict

import pytest

from . import made, sight
from .browser import Browser
from .running import PROJECT, RECIPES, hold, numbers, run, shared, table, train

SHARED = shared()
DATA = {"mall-kmeans": "Mall_Customers.csv", "cdnow-cltv": "CDNOW_sample.txt"}
HOSTILE = ["<script>window.hacked=1</script>", "</script><img src=x onerror=\"window.hacked=1\">", "\u202eevil\u202c \u2067rtl\u200f", "=cmd|'/c calc'!A1",
           "@SUM(A1)", "x" + "ş" * 3999, "{{7*7}}${7*7}", "a&lt;b\"'><svg onload=window.hacked=1>", "-->", "]]>"]


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


def customers_file(path, n=300, names=("web", "store")):
    rows, _ = made.customers(n)
    far = next(i for i, row in enumerate(rows) if row[4] == 1)
    rows[far] = (*rows[far][:6], "4000.00")  # one far from all others
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*"id,first,last,n_web,n_store,v_web,v_store".split(","), "channel", "likes"])
        for i, row in enumerate(rows):
            writer.writerow([*row, names[i % len(names)], f"[{names[i % len(names)].replace(',', '')}, {'AB'[i % 2]}]"])
    return path


def recipe_of(*schemes, **more):
    columns = {**made.CUSTOMERS["columns"], "channel": "channel", "categories": "likes"}
    return made.recipe({**made.CUSTOMERS, "columns": columns}, *schemes, **more)


@pytest.fixture(scope="module")
def everything(out):
    """Every type of scheme in one report, of rows of customers."""
    tree = {"name": "tree", "type": "hierarchical", "features": ["recency_days", "value_online"], "transform": "log1p", "scale": "standard", "cut": {"k": 3}}
    elbow = {**made.KMEANS, "features": ["recency_days", "orders_online", "value_online"], "k": {"from": 1, "to": 8}}
    return train(recipe_of(elbow, made.RFM, {"name": "ranked", "type": "rfm", "mode": "rank"}, {**made.CLTV, "horizons": [12, 26]}, tree),
                 customers_file(out / "customers.csv"), out / "everything")


@pytest.fixture(scope="module")
def with_holdout(out):
    path = out / "orders.csv"
    path.write_text(made.csv_text(made.bgnbd_orders(900, 0.8, 6, 0.7, 2.5), made.ORDER_HEADER), encoding="utf-8")
    return train(made.recipe(made.ORDERS, {**made.CLTV, "process": "pareto_nbd"}), path, out / "holdout", "--as-of", "2023-07-01")


def opened(browser, folder, width=1440):
    browser.size(width)
    browser.prefer("light")
    browser.said()
    browser.open(folder / "report.html")
    assert browser.run("return document.documentElement.dataset.drawn") == "1"
    assert browser.said() == []


def marks(browser, chart, attribute="data-value", what="mark"):
    return browser.run("return [...document.querySelectorAll(`#${arguments[0]} svg .${arguments[2]}`)].map((m) => m.getAttribute(arguments[1]))", chart, attribute, what)


def table_of(browser, chart):
    """What the details of a chart show: exact numbers, else texts."""
    return browser.run("""const d = document.querySelector(`#${arguments[0]} details`); d.open = true; d.dispatchEvent(new Event("toggle"));
        return [...d.querySelectorAll("tbody tr")].map((r) => [...r.children].map((c) => c.dataset.value ?? c.textContent))""", chart)


def choose(browser, scheme):
    browser.run("const s = document.getElementById('scheme'); if (!s) return; s.value = arguments[0]; s.dispatchEvent(new Event('change'))", scheme)


def rows_of(result, scheme):
    columns = result.profiles
    return {columns["segment"][i]: {name: columns[name][i] for name in columns} for i in range(len(columns["scheme"])) if columns["scheme"][i] == scheme}


def check_labels(browser, folder, languages=2):
    """At a desk's and a telephone's width: no label on another, none cut off by its chart."""
    for width in (1440, 390):
        opened(browser, folder, width)
        for _ in range(languages):
            for scheme in range(browser.run("return document.querySelectorAll('#scheme option').length") or 1):
                choose(browser, scheme)
                assert browser.overlaps("figure") == [], (folder, width, scheme)
            browser.run("document.getElementById('language').click()")
    assert browser.said() == []


def check_numbers(browser, result, name):
    """The scheme at hand against the files."""
    segments, scheme = rows_of(result, name), result.schemes[name]
    valued = any(row["value"] for row in segments.values())
    bars = list(zip(marks(browser, "shares", "data-segment"), marks(browser, "shares")))
    wanted = [(s, float(row[c])) for s, row in segments.items() for c in (["share_customers", "share_value"] if valued else ["share_customers"])]
    assert sorted((s, float(v)) for s, v in bars) == sorted(wanted)
    shown = table_of(browser, "shares")
    assert sorted(int(row[1]) for row in shown) == sorted(int(row["customers"]) for row in segments.values())
    if valued:
        assert sorted(float(row[3]) for row in shown) == sorted(float(row["value"]) for row in segments.values())
    assert browser.run("return document.querySelector('[data-tile=customers] b').dataset.value") == str(len(result.segments["customer_id"]))
    assert {s: int(n) for s, n in zip(marks(browser, "treemap", "data-segment"), marks(browser, "treemap"))} == {s: int(r["customers"]) for s, r in segments.items() if r["customers"] != "0"}
    cards = browser.run("return [...document.querySelectorAll('article')].map((a) => [a.dataset.segment, [...a.querySelectorAll('table')[0].querySelectorAll('tbody tr')].map((r) => [...r.children].map((c) => c.dataset.value ?? null))])")
    assert {s for s, _ in cards} == {s for s, r in segments.items() if r["customers"] != "0"}
    for segment, rows in cards:
        means = [float(segments[segment][c]) for c in result.profiles if c.startswith("mean_") and not c.removeprefix("mean_").endswith("_score") and segments[segment][c]]
        assert [float(row[1]) for row in rows] == means
    assert browser.run("return document.querySelectorAll('.next li').length") == len(segments)
    colours = set(marks(browser, "shares", "fill"))
    assert len(colours) == len(segments) and (len(colours) == 1 or min(sight.least(colours, kind) for kind in sight.SIGHTS) >= 9)
    check_type(browser, result, scheme)


def check_type(browser, result, scheme):
    if scheme["type"] == "kmeans" and len(scheme["elbow"]) > 1:
        elbow = table(result.folder / "elbow.csv")
        assert [float(v) for v in marks(browser, "elbow")] == numbers(elbow["inertia"])
        assert [float(v) for v in marks(browser, "silhouette")] == [float(v) for v in elbow["silhouette"] if v]
    if scheme["type"] == "hierarchical" or scheme["type"] == "kmeans" and len(scheme["elbow"]) == 1:
        found = scheme if scheme["type"] == "hierarchical" else scheme["elbow"][0]
        shown = browser.run("return [...document.querySelectorAll('#quality td')].map((c) => c.dataset.value ?? null)")
        assert [v and float(v) for v in shown] == [found.get(key) for key in ("k", "silhouette", "davies_bouldin", "calinski_harabasz", "inertia")]
    if scheme["type"] in ("kmeans", "hierarchical"):
        assert len(marks(browser, "centres")) == len(scheme["segments"])
        assert len(marks(browser, "scatter")) == min(2000, len(result.segments["customer_id"]))
        assert len(marks(browser, "scatter", what="centre")) == len(scheme["segments"])
        assert all("A" not in path for path in marks(browser, "scatter", "d", "centre"))  # diamonds, no circles
        assert sum(int(n) for n in marks(browser, "scaled")) == len(result.segments["customer_id"]) * len(marks(browser, "scaled", what="panel"))
    if scheme["type"] == "hierarchical":
        heights = numbers(table(result.folder / "merges.csv")["height"])
        drawn = sorted(float(v) for v in marks(browser, "dendrogram"))
        assert drawn == heights[-len(drawn):] and len(marks(browser, "dendrogram", what="cut")) == 1
    if scheme["type"] == "rfm":
        prefix = "" if scheme is result.metrics["schemes"][0] or scheme["name"] == "rfm" else f"{scheme['name']}_"
        cells = Counter(zip(result.segments[f"{prefix}recency_score"], result.segments[f"{prefix}frequency_score"]))
        assert [int(float(n)) for n in marks(browser, "grid-customers")] == [cells[str(r), str(f)] for r in range(1, 6) for f in range(1, 6)]
        assert math.fsum(float(v) for v in marks(browser, "grid-value")) == pytest.approx(math.fsum(numbers(result.segments["monetary"])))
    if scheme["type"] == "cltv":
        check_cltv(browser, result, scheme)


def check_cltv(browser, result, scheme):
    sums, members = defaultdict(float), defaultdict(list)
    column = [name for name in scheme["bands"] if name.startswith("purchases_")]
    for i, band in enumerate(result.segments["cltv_band"]):
        sums[band] += float(result.segments["cltv"][i])
        members[band].append((-float(result.segments["cltv"][i]), i))
    shown = table_of(browser, "bands")
    assert len(marks(browser, "bands")) == (len(column) + 1) * len(scheme["segments"])
    for row, segment in zip(shown, scheme["segments"]):
        assert float(row[-2]) == pytest.approx(sums[segment["id"]], rel=1e-9)
    tops = browser.run("return Object.fromEntries([...document.querySelectorAll('article')].map((a) => [a.dataset.segment, [...a.querySelectorAll('td.id')].map((c) => c.textContent)]))")
    for band, ids in tops.items():
        assert ids == [result.segments["customer_id"][i] for _, i in sorted(members[band])[:20]]
    assert len(marks(browser, "heat-p_alive")) == len(marks(browser, "heat-purchases")) > 100
    assert all(0 <= float(v) <= 1 for v in marks(browser, "heat-p_alive"))
    if scheme["holdout"]:
        assert [float(v) for v in marks(browser, "holdout")] == [v for h in scheme["holdout"] for v in (h["expected"], h["bought"])]
    for i, h in enumerate(scheme["holdout"]):
        assert [float(v) for v in marks(browser, f"calibration-{i}")] == [g[key] / g["customers"] for g in h["groups"] for key in ("expected", "bought")]
        assert sum(g["customers"] for g in h["groups"]) == len(result.segments["customer_id"])
    fitted = [p for fit in (scheme["process"], scheme["gamma_gamma"]) for p in fit["parameters"].values()]
    shown = browser.run("return [...document.querySelectorAll('#parameters tbody tr')].map((r) => [r.children[2].dataset.value, r.children[3].dataset.value ?? null])")
    assert [[float(v), e and float(e)] for v, e in shown] == [[p["value"], p["standard_error"]] for p in fitted]


def check_report(browser, result):
    opened(browser, result.folder)
    for scheme in result.model["schemes"]:  # in one order, by which the dashboard colours them too
        assert [s["id"] for s in scheme["segments"]] == [s["id"] for s in result.schemes[scheme["name"]]["segments"]]
    for i, scheme in enumerate(result.metrics["schemes"]):
        choose(browser, i)
        check_numbers(browser, result, scheme["name"])
        warned = browser.run("return [...document.querySelectorAll('[data-warning]')].map((c) => c.dataset.warning)")
        assert {w["code"] for w in scheme["warnings"]} <= set(warned)
    assert browser.said() == []


def test_every_chart_of_every_scheme(browser, everything):
    check_report(browser, everything)
    choose(browser, 0)
    for other in range(1, 5):
        assert sum(int(n) for n in marks(browser, f"flows-{other}")) == 300
    pairs = table_of(browser, "correlations")
    found = everything.metrics["exploration"]["correlations"]
    assert len(marks(browser, "correlations")) == len(pairs) * 2 + math.isqrt(len(pairs) * 2) + 1
    assert {float(row[2]) for row in pairs} <= {v for row in found["spearman"] for v in row} and {float(row[3]) for row in pairs} <= {v for row in found["pearson"] for v in row}
    counts = [int(n) for n in marks(browser, "distributions")]
    assert sum(counts) == 300 * len(marks(browser, "distributions", what="panel"))
    spread = browser.run("return JSON.parse(document.getElementById('data').textContent).spread")
    for name, found in spread.items():
        values, edges = sorted(float(v) for v in everything.segments[name] if v not in ("", "inf")), found["edges"]
        assert sum(found["counts"]) == len(values) and edges[0] == values[0] and (found["greatest"] or edges[-1]) == values[-1]
        assert found["greatest"] is None or edges[-1] < values[-1] and sum(v > edges[-1] for v in values) <= len(values) / 100 + 1
        near = 1e-9 * (values[-1] - values[0])
        for i, count in enumerate(found["counts"]):
            up_to = math.inf if i == len(found["counts"]) - 1 else edges[i + 1]
            sure = sum(edges[i] + near < v < up_to - near for v in values)
            assert sure <= count <= sum(edges[i] - near <= v <= up_to + near for v in values), (name, i)
    assert any(found["greatest"] for found in spread.values())


def test_a_holdout_period(browser, with_holdout):
    check_report(browser, with_holdout)


@pytest.mark.parametrize("name", ["everything", "with_holdout"])
def test_labels_do_not_overlap(browser, name, request):
    check_labels(browser, request.getfixturevalue(name).folder)


@pytest.mark.skipif(SHARED is None, reason="ORACLES ABSENT: ../shared or OBEK_SHARED not found")
@pytest.mark.parametrize("name", sorted(path.stem for path in RECIPES.glob("*.json")))
def test_reports_of_all_recipes(browser, out, name):
    recipe = json.loads((RECIPES / f"{name}.json").read_text(encoding="utf-8"))
    if name == "flo-kmeans":  # the report is what is looked at here
        recipe["schemes"][0].update(k={"from": 5, "to": 8}, starts=3, silhouette_max=2000)
    result = train(recipe, SHARED / "data" / DATA.get(name, "flo_data_20k.csv"), out / name)
    check_report(browser, result)
    check_labels(browser, result.folder, languages=1)
    assert (result.folder / "report.html").stat().st_size < 5e6
    missing = browser.run("const d = JSON.parse(document.getElementById('data').textContent); return d.catalogue.segments.flat().filter((e) => !e || !['goal', 'next', 'products'].every((k) => e[k].en && e[k].tr)).length")
    assert missing == 0 or name == "flo-kmeans"  # so few starts may leave clusters that no rule names


def test_language_and_theme(browser, everything):
    opened(browser, everything.folder)
    paper = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(paper)
    browser.run("document.getElementById('theme').click()")
    dark = browser.run(paper)
    assert light != dark
    browser.run("document.getElementById('theme').click()")
    assert browser.run(paper) == light
    browser.prefer("dark")
    browser.open(everything.folder / "report.html")
    assert browser.run(paper) == dark
    assert browser.run("return [document.documentElement.lang, document.querySelector('#how h2').textContent]") == ["en", "How it was found"]
    browser.run("document.getElementById('language').click()")
    assert browser.run("return [document.documentElement.lang, document.querySelector('#how h2').textContent]") == ["tr", "Nasıl bulundu"]
    assert browser.run("return document.querySelector('#shares svg').textContent").count("%") == 6
    assert run("report", everything.folder, "--lang", "tr").returncode == 0
    browser.open(everything.folder / "report.html")
    assert browser.run("return document.documentElement.lang") == "tr"
    assert run("report", everything.folder).returncode == 0
    assert browser.said() == []


def test_a_segment_has_one_colour(browser, everything):
    opened(browser, everything.folder)
    for scheme in range(5):
        choose(browser, scheme)
        colours = browser.run("""const found = {};
            for (const m of document.querySelectorAll('#shares [data-segment], #treemap [data-segment], #centres [data-segment]'))
                (found[m.dataset.segment] ??= new Set()).add(m.getAttribute('fill') === 'none' ? m.getAttribute('stroke') : m.getAttribute('fill'));
            return Object.values(found).map((s) => [...s])""")
        assert all(len(c) == 1 for c in colours) and len({c[0] for c in colours}) == len(colours)


def test_colours_for_every_eye(browser, everything):
    """Ten segments and the value bands: told apart by people with normal sight and by the colour-blind, seen on both papers."""
    assert sight.difference(sight.lab("#ff0000"), sight.lab("#00ff00")) == pytest.approx(86.61, abs=0.05)  # a known pair
    assert sight.least(["#3fa79a", "#8c929c"], "deuteranopia") < 2  # the measure sees what is too near
    opened(browser, everything.folder)
    for scheme, apart in enumerate((12, 12, 12, 10, 12)):
        choose(browser, scheme)
        colours = set(marks(browser, "treemap", "fill")) | set(marks(browser, "shares", "fill"))
        assert len(colours) == len(everything.metrics["schemes"][scheme]["segments"])
        for kind in ("normal", "protanopia", "deuteranopia"):
            assert sight.least(colours, kind) >= apart, kind
        assert sight.least(colours, "tritanopia") >= 9
        for theme in ("light", "dark"):
            browser.prefer(theme)
            card = browser.run("return getComputedStyle(document.querySelector('figure')).backgroundColor")
            assert all(sight.contrast(colour, card) > 1.6 for colour in colours)
        browser.prefer("light")


A4_HEIGHT = (297 - 12 - 14) / 25.4 * 96  # less the margins, as CSS counts


def test_print(browser, everything):
    """All schemes go to paper, a page for each segment, no chart cut; afterwards the screen is as it was."""
    opened(browser, everything.folder)
    browser.run("document.getElementById('theme').click()")
    choose(browser, 2)
    browser.run("window.widths = []; for (const e of ['beforeprint', 'afterprint']) addEventListener(e, () => widths.push(document.querySelector('#shares svg').getAttribute('width')))")
    before = browser.run("return [document.querySelector('#shares svg').getAttribute('width'), document.getElementById('page').innerHTML]")
    pdf = browser.print()
    assert browser.run("return widths[0]") == "720"  # drawn for paper, and back
    assert browser.run("return [document.querySelector('#shares svg').getAttribute('width'), document.getElementById('page').innerHTML]") == before
    segments = sum(s["customers"] > 0 for scheme in everything.metrics["schemes"] for s in scheme["segments"])
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert pdf.startswith(b"%PDF-") and len(pdf) > 50_000 and segments + 2 * 5 <= pages <= segments + 5 * 5
    try:
        browser.cdp("Emulation.setEmulatedMedia", media="print")
        browser.size(round((210 - 28) / 25.4 * 96))
        browser.run("dispatchEvent(new Event('beforeprint'))")
        assert browser.run("return document.querySelectorAll('.chapter').length") == 5
        on_paper = browser.run("return [...document.querySelectorAll('.chapter')].map((c) => [...c.querySelectorAll('article')].map((a) => a.dataset.segment))")
        assert [set(ids) for ids in on_paper] == [{s["id"] for s in scheme["segments"] if s["customers"] > 0} for scheme in everything.metrics["schemes"]]
        heights = browser.run("return [...document.querySelectorAll('article, figure, .card, #answer')].map((e) => [e.getBoundingClientRect().height, e.id])")
        assert [h for h in heights if h[0] > A4_HEIGHT] == []
        answers = browser.run("return [...document.querySelectorAll('.chapter')].map((c, i) => c.querySelector('[id^=segments]').getBoundingClientRect().top - (i ? c : document.body).getBoundingClientRect().top)")
        assert len(answers) == 5 and max(answers) < A4_HEIGHT  # the answer is on one page
        ids = browser.run("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
        assert len(ids) == len(set(ids))
        assert browser.run("return [...document.querySelectorAll('.tile b, td, th')].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)") == []
        assert browser.run("return [document.documentElement.scrollWidth, innerWidth]")[0] <= 690
    finally:
        browser.run("dispatchEvent(new Event('afterprint'))")
        browser.cdp("Emulation.setEmulatedMedia", media="")
    assert browser.said() == []


def marks_wanted(chart, rows):
    """How many marks a chart must have for the rows of its table."""
    filled = lambda *columns: sum(row[c] not in ("", "–") for row in rows for c in columns)  # noqa: E731
    n = len(rows)
    return {
        "shares": lambda: filled(2, 4), "silhouette": lambda: filled(2), "treemap": lambda: sum(float(row[1]) > 0 for row in rows),
        "correlations": lambda: ((1 + math.isqrt(1 + 8 * n)) // 2) ** 2, "bands": lambda: (n - 1) * (len(rows[0]) - 2) // 2,
        "holdout": lambda: 2 * n, "calibration": lambda: 2 * n,
    }.get(chart.split("-")[0], lambda: n)()


@pytest.mark.parametrize("name", ["everything", "with_holdout"])
def test_every_chart_has_its_table_and_downloads(browser, name, request):
    """Of each chart: a table with as many rows as it has marks, the same rows as CSV, and the picture as SVG and PNG."""
    result, seen, types = request.getfixturevalue(name), set(), set()
    opened(browser, result.folder)
    browser.run("window.saved = []; URL.createObjectURL = (blob) => { saved.push([blob]); return 'about:blank' };"
                "HTMLAnchorElement.prototype.click = function () { const one = saved.find((s) => s.length === 1); one.push(this.download) }")
    for scheme, kind in enumerate(s["type"] for s in result.metrics["schemes"]):
        kinds = ("csv",) if kind in types else ("csv", "svg", "png")
        types.add(kind)
        choose(browser, scheme)
        charts = browser.run("return [...document.querySelectorAll('figure')].map((f) => f.id)")
        assert len(charts) == len(set(charts)) == browser.run("return document.querySelectorAll('main svg').length")
        seen |= {re.sub(r"-.*", "", chart) for chart in charts}
        browser.run("for (const kind of arguments[0]) for (const b of document.querySelectorAll(`figure [data-as=${kind}]`)) b.click()", kinds)
        saved = browser.run_async("""const done = arguments[arguments.length - 1], n = arguments[0], wait = setInterval(async () => {
            if (saved.length < n) return;
            clearInterval(wait);
            const all = saved.splice(0);
            done(Object.fromEntries(await Promise.all(all.map(async ([blob, name]) => [name, name.endsWith("png") ? [blob.type, blob.size] : await blob.text()]))));
        }, 20)""", len(kinds) * len(charts))
        assert set(saved) == {f"{chart}.{kind}" for chart in charts for kind in kinds}
        for chart in charts:
            rows = table_of(browser, chart)
            assert len(rows) > 0 and len(marks(browser, chart)) == marks_wanted(chart, rows), chart
            header, *lines = csv.reader(io.StringIO(saved[f"{chart}.csv"].removeprefix("\ufeff")))
            assert len(lines) == len(rows) and all(len(line) == len(header) for line in lines), chart
            assert [["" if cell == "–" else cell for cell in row] for row in rows] == lines, chart
            if "svg" not in kinds:
                continue
            picture = saved[f"{chart}.svg"]
            assert picture.startswith("<svg") and "var(--" not in picture and "style=" not in picture
            assert picture.count('class="mark"') == len(marks(browser, chart))
            assert browser.run("return document.querySelector(`#${arguments[0]} h3`).textContent", chart).replace("&", "&amp;") in picture
            assert saved[f"{chart}.png"][0] == "image/png" and saved[f"{chart}.png"][1] > 1000
    assert seen >= ({"shares", "apart", "distributions", "scaled", "correlations", "elbow", "silhouette", "scatter", "centres", "dendrogram", "grid", "treemap", "flows",
                     "bands", "heat"} if name == "everything" else {"holdout", "calibration"})
    assert browser.said() == []


def doctored(folder, out, change):
    """The page with other data in it."""
    before, mark, rest = (folder / "report.html").read_text(encoding="utf-8").partition('id="data">')
    data, end, after = rest.partition("</script>")
    data = json.loads(data)
    change(data)
    out.mkdir(exist_ok=True)
    (out / "report.html").write_text(before + mark + json.dumps(data).replace("<", "\\u003c") + end + after, encoding="utf-8")
    return out


def test_every_warning_in_plain_words(browser, everything, out):
    """Each code of the trainer, each way of cleaning: words of its own in both languages, not the trainer's."""
    codes = set(re.findall(r'= \{ "(\w+)"', (PROJECT / "trainer" / "fit_warnings.c").read_text()))
    for path in (PROJECT / "trainer").glob("*.c"):
        codes |= set(re.findall(r'learned_warn\(\w+, "(\w+)"', path.read_text()))
    assert len(codes) >= 10
    recipe = json.loads((PROJECT / "schemas" / "recipe.schema.json").read_text())
    ways = set(re.findall(r'"then": \{"enum": (\[[^]]*\])', json.dumps(recipe)))
    ways = {way for found in ways for way in json.loads(found)} | {"drop"}
    steps = recipe["$defs"]["step"]["properties"]["step"]["enum"]

    def change(data):
        data["metrics"]["schemes"][0]["warnings"] = [{"code": code, "text": f"TEXT-{code}", "advice": "ADVICE"} for code in sorted(codes)]
        data["metrics"]["schemes"][0].update(served=False, not_served_because="BECAUSE")
        data["metrics"]["cleaning"] = [{"step": step, "then": way, "rows": 1} for step in steps for way in sorted(ways)]
        data["metrics"]["input"]["rejected"]["count"] = 3
    opened(browser, doctored(everything.folder, out / "doctored", change))
    said = []
    for _ in range(2):
        said.append(browser.run("return Object.fromEntries([...document.querySelectorAll('[data-warning]')].map((c) => [c.dataset.warning, [c.querySelector('h3').textContent, c.querySelector('p').textContent]]))"))
        assert browser.run("return document.querySelectorAll('#cleaning tbody tr').length") == len(steps) * len(ways)
        cleaning = browser.run("return document.getElementById('cleaning').textContent")
        assert not any(re.search(rf"\b{way}\b", cleaning) for way in ways if "_" in way) and "undefined" not in cleaning
        browser.run("document.getElementById('language').click()")
    assert set(said[0]) == set(said[1]) >= codes | {"not_served", "rejected"}
    for code, (title, text) in said[0].items():
        assert title != code and "TEXT" not in title + text and "BECAUSE" not in text and len(text) > 20
        assert title != said[1][code][0] and text != said[1][code][1]
    assert browser.said() == []


def test_hostile_names_stay_text(browser, out):
    labels = [{"id": f"s{i}", "label": {"en": name, "tr": name[:100]}, "most": ["recency_days"]} for i, name in enumerate((HOSTILE[0], HOSTILE[3], HOSTILE[2]))]
    for label in labels:
        label["label"]["en"] = label["label"]["en"][:200]
    path = customers_file(out / "hostile.csv", 300, HOSTILE)
    text = path.read_text(encoding="utf-8").replace("\nc0,", f"\n{HOSTILE[3]},".replace("'", ""))
    path.write_text(text, encoding="utf-8")
    said = lambda i: {"en": HOSTILE[i], "tr": HOSTILE[i - 1]}  # noqa: E731
    catalogue = out / "hostile.json"
    catalogue.write_text(json.dumps({"obek_campaigns": 1, "campaigns": [{"id": "c1", "name": said(1)}], "segments": [
        {"id": f"s{i}", "goal": said(1), "next": said(5), "actions": [said(7), said(8)], "products": said(0), "campaigns": ["c1", "unknown"]} for i in range(3)]}), encoding="utf-8")
    result = train(recipe_of({**made.KMEANS, "segments": labels}, {**made.CLTV}, name=HOSTILE[0], description=HOSTILE[1]), path, out / "hostile", "--campaigns", catalogue)
    raw = (result.folder / "report.html").read_text(encoding="utf-8")
    assert "<script>window.hacked" not in raw and "<img" not in raw and raw.count("</script>") == 3
    check_report(browser, result)
    check_labels(browser, result.folder, languages=1)
    assert browser.run("return [typeof window.hacked, document.querySelectorAll('main img, main script, main svg[onload]').length]") == ["undefined", 0]
    choose(browser, 0)
    assert browser.run("return document.getElementById('segments').textContent.includes('<script>window.hacked=1</script>')")
    browser.run("window.saved = []; URL.createObjectURL = (blob) => { saved.push(blob); return 'about:blank' }; HTMLAnchorElement.prototype.click = () => {};"
                "for (const b of document.querySelectorAll('[data-as=csv]')) b.click()")
    cells = [cell for text in browser.run_async("const done = arguments[0]; Promise.all(saved.map((blob) => blob.text())).then(done)")
             for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) for cell in row]
    assert "'=cmd|'/c calc'!A1" in cells and not any(re.match(r"[=+@\t\r]|-(?![\d.])", cell) for cell in cells)
    opened(browser, result.folder)
    assert browser.run("return [...document.querySelectorAll('#segments *')].every((e) => e.textContent.length < 20000 || e.children.length > 0)")


@pytest.mark.parametrize("many", [60_000, pytest.param(1_000_000, marks=[pytest.mark.soak, pytest.mark.limit(1200)])])
def test_size(browser, out, many):
    """However many customers: a page of the same size, with all of them in its counts (how fast it opens: make bench BENCH=report)."""
    sizes = []
    for n in (20_000, many):
        if not (out / str(n)).exists():
            train(recipe_of({**made.KMEANS, "starts": 1, "silhouette_max": 1000}, made.RFM), customers_file(out / f"{n}.csv", n), out / str(n), limit_s=600)
        sizes.append((out / str(n) / "report.html").stat().st_size)
    opened(browser, out / str(n))
    assert sizes[0] < 5e6 and sizes[1] < sizes[0] * 1.02
    assert browser.run("return document.querySelector('[data-warning=drawn]') !== null")
    assert len(marks(browser, "scatter")) == 2000 and sum(int(m) for m in marks(browser, "treemap")) == many
    choose(browser, 1)
    assert sum(int(float(m)) for m in marks(browser, "grid-customers")) == many
    assert browser.said() == []


def test_the_same_bytes(everything):
    before = (everything.folder / "report.html").read_bytes()
    assert run("report", everything.folder).returncode == 0
    assert (everything.folder / "report.html").read_bytes() == before


def test_nothing_comes_from_elsewhere(browser, everything):
    opened(browser, everything.folder)
    assert browser.run("return performance.getEntriesByType('resource').filter((e) => !e.name.startsWith('data:') && !e.name.startsWith('blob:')).map((e) => e.name)") == []
    policy = browser.run("return document.querySelector('meta[http-equiv]').content")
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "script-src 'sha256-" in policy and "style-src 'sha256-" in policy
    browser.run("""window.broken = []; addEventListener('securitypolicyviolation', (event) => broken.push(event.effectiveDirective));
        const style = document.createElement('style'); style.textContent = 'body { color: red }'; document.head.append(style);
        const part = document.createElement('div');
        try { part.setAttribute('onclick', 'window.hacked = 1') } catch { broken.push('onclick') }
        try { part.innerHTML = '<b>markup</b>' } catch { broken.push('innerHTML') }""")
    assert browser.run_async("const done = arguments[0]; setTimeout(() => done([typeof window.hacked, [...new Set(broken)].sort()]), 50)") == [
        "undefined", ["innerHTML", "onclick", "require-trusted-types-for", "style-src-elem"]]
    browser.said()
    assert "Mike Bostock" in browser.run("return document.getElementById('licences').textContent")


def test_catalogue(browser, everything, out):
    built_in = json.loads((PROJECT / "config" / "campaigns.json").read_text(encoding="utf-8"))
    hold("campaigns", built_in)
    known = {c["id"] for c in built_in["campaigns"]}
    assert all(set(e["campaigns"]) <= known for e in built_in["segments"])
    own = out / "own.json"
    own.write_text(json.dumps({"obek_campaigns": 1, "segments": [
        {"id": "champions", "next": {"en": "Call them", "tr": "Ara"}, "campaigns": ["own-1"]},
        {"id": "champions", "scheme": "ranked", "next": {"en": "Only here"}}]}), encoding="utf-8")
    assert run("report", everything.folder, "--campaigns", own).returncode == 0
    opened(browser, everything.folder)
    said = {}
    for scheme in (1, 2):
        choose(browser, scheme)
        said[scheme] = browser.run("return Object.fromEntries([...document.querySelectorAll('.next li')].map((l) => [l.dataset.segment, l.querySelector('b').textContent]))")
    assert said[1]["champions"] == "Call them" and said[2]["champions"] == "Only here" and said[1]["at_risk"] == "Send the win-back offer this week"
    assert run("report", everything.folder).returncode == 0


def test_a_recipe_brings_its_catalogue(browser, out):
    of_recipe = {"obek_campaigns": 1, "segments": [{"id": "champions", "next": {"en": "From the recipe"}}, {"id": "at_risk", "next": {"en": "Recipe"}}]}
    of_user = out / "user.json"
    of_user.write_text(json.dumps({"obek_campaigns": 1, "segments": [{"id": "at_risk", "next": {"en": "User"}}]}), encoding="utf-8")
    source = customers_file(out / "recipe.csv")
    result = train(recipe_of(made.RFM, campaigns=of_recipe), source, out / "recipe", "--campaigns", of_user)
    opened(browser, result.folder)
    said = browser.run("return Object.fromEntries([...document.querySelectorAll('.next li')].map((l) => [l.dataset.segment, l.querySelector('b').textContent]))")
    assert (said["champions"], said["at_risk"], said["hibernating"]) == ("From the recipe", "User", "Take them out of paid campaigns")
    path = out / "slip.json"
    path.write_text(json.dumps(recipe_of(made.RFM, campaigns={"obek_campaigns": 1, "segments": [{}]})), encoding="utf-8")
    done = run("train", "--recipe", path, source, "--out", out / "slip")
    assert done.returncode == 2 and "campaigns: segments[0]" in done.stderr


@pytest.mark.parametrize("wrong, words", [("{", "line 1"), ('{"obek_campaigns": 2}', "obek_campaigns: expected 1"), ('{"obek_campaigns": 1, "segments": [{"goal": {"en": "x"}}]}', 'segments[0]: either "id" or "traits"'),
                                          ('{"obek_campaigns": 1, "segments": [{"id": "a", "actions": [{}]}]}', "segments[0].actions[0]"),
                                          ('{"obek_campaigns": 1, "segments": [{"id": "a", "gaol": {}}]}', "gaol"), ('{"obek_campaigns": 1, "campaigns": [{"id": "a b"}]}', "campaigns[0].id")])
def test_a_wrong_catalogue_says_where(everything, out, wrong, words):
    path = out / "wrong.json"
    path.write_text(wrong, encoding="utf-8")
    done = run("report", everything.folder, "--campaigns", path)
    assert done.returncode == 1 and words in done.stderr and "wrong.json" in done.stderr


def test_wrong_folders_and_usage(everything, out):
    assert run("report").returncode == 2 and run("report", everything.folder, "--lang", "de").returncode == 2
    done = run("report", out / "nowhere")
    assert done.returncode == 1 and "metrics.json" in done.stderr
    damaged = out / "damaged"
    shutil.copytree(everything.folder, damaged)
    (damaged / "segments.csv").write_text("customer_id,kmeans\nc1,nobody\n", encoding="utf-8")
    done = run("report", damaged)
    assert done.returncode == 1 and "segments.csv:2" in done.stderr and "metrics.json does not have" in done.stderr
    assert (damaged / "report.html").read_bytes() == (everything.folder / "report.html").read_bytes()
