"""report.html of 20,000 customers and of --rows: how long obek report takes, how large the page is, and when a reader sees it all."""
import json
import pathlib
import random
import sys
import tempfile
from statistics import median

from bench_5_trainer import BASE, PROJECT, measured
from table import Table

sys.path.insert(0, str(PROJECT / "tests" / "trainer"))

from browser import Browser  # noqa: E402

OPENINGS = 7
RECIPE = {**BASE, "columns": {**BASE["columns"], "channel": "channel", "categories": "likes"}, "schemes": [
    {"name": "kmeans", "type": "kmeans", "features": ["recency_days", "orders_online", "value_online"], "transform": "log1p", "scale": "minmax", "k": 8, "starts": 1, "silhouette_max": 2000},
    {"name": "rfm", "type": "rfm"},
    {"name": "cltv", "type": "cltv", "horizons": [12, 24], "segments": [{"id": name} for name in ("low", "medium", "high", "top")]}]}


def write_customers(path, rows):
    chance = random.Random(1)
    with open(path, "w") as file:
        file.write("id,first,last,n_web,n_store,v_web,v_store,channel,likes\n")
        for i in range(rows):
            web, store = chance.randint(1, 1 + int(chance.expovariate(0.3))), chance.randint(0, 5)
            file.write(f"customer-{i:08},202{chance.randint(0, 2)}-0{chance.randint(1, 9)}-01,2023-0{chance.randint(1, 9)}-{chance.randint(10, 28)},{web},{store},"
                       f"{web * chance.randint(10, 200)},{store * chance.randint(10, 200)},{chance.choice(('web', 'app', 'desk'))},[{chance.choice('ABC')}]\n")


def opened(browser, page):
    """Milliseconds until everything is drawn."""
    taken = []
    for _ in range(OPENINGS):
        browser.open(page)
        taken.append(browser.run("return document.documentElement.dataset.drawn === '1' && performance.now()"))
    assert all(taken) and not browser.said()
    return taken


def run(servers, options, _results):
    made, numbers = Table("obek report", "peak MB", "page", "opened and drawn in"), {}
    with tempfile.TemporaryDirectory(prefix="obek-bench-") as name:
        folder, browser = pathlib.Path(name), Browser()
        folder.joinpath("recipe.json").write_text(json.dumps(RECIPE))
        try:
            browser.size(1440)
            for rows in (20000, options.rows):
                write_customers(folder / "customers.csv", rows)
                measured([servers.program("../obek"), "train", "--recipe", folder / "recipe.json", folder / "customers.csv", "--out", folder / "out"])
                seconds, megabytes, _ = measured([servers.program("../obek"), "report", folder / "out"])
                page, taken = folder / "out" / "report.html", opened(browser, folder / "out" / "report.html")
                numbers[rows] = {"seconds": seconds, "megabytes": megabytes, "bytes": page.stat().st_size, "opened_ms": taken}
                made.row(f"{rows:,} customers, 3 schemes", f"{seconds:.2f} s", f"{megabytes:,.0f}", f"{page.stat().st_size / 1e6:.2f} MB", f"{median(taken):,.0f} ms (at most {max(taken):,.0f})")
        finally:
            browser.close()
    print(made)
    return numbers
