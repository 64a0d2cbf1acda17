"""Online equals offline: the schemes of every recipe that can be served, by obek run on the replayed orders while time goes by, end with
what obek assign says of the same file as of the same instant, customer by customer. So do obek import of all but the last month and that
month's orders behind it. Made-up customers always; FLO's 19,945, by the recipes of config/recipes, with make soak."""
import csv
import gzip
import json
import os
import subprocess
from types import SimpleNamespace

import pytest
from expected import shown_states
from obek_process import PROJECT, Obek
from redis_server import Redis
from reference import flo
from topics import Topics
from trainer import made

SHARED = flo.shared()
FLO_RECIPES = ["flo-kmeans", "flo-ward", "flo-rfm", "flo-cltv", "flo-cltv-notebook"]
SCHEMES = [{**made.KMEANS, "features": ["recency_days", "tenure_days", "value_online"], "k": 5, "hysteresis": 0.1},
           {"name": "ward", "type": "hierarchical", "features": ["recency_days", "monetary"], "transform": "log1p", "scale": "standard",
            "cut": {"k": 4}, "hysteresis": 0.2}, made.RFM, made.CLTV]

pytestmark = pytest.mark.limit(600)


def call(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done


def flo_world(_folder):
    data = SHARED / "data"
    return SimpleNamespace(as_of="2021-06-01T00:00:00Z", last_month="2021-05-01T00:00:00Z", orders=data / "orders_flo_replay.csv.gz", time="timestamp",
                           table=data / "flo_data_20k.csv", recipes=[f"{PROJECT}/config/recipes/{name}.json" for name in FLO_RECIPES],
                           customers=19_945, buckets=256)


def made_world(folder):
    orders, recipe = f"{folder}/orders.csv", f"{folder}/recipe.json"
    rows = made.bgnbd_orders(400, 0.8, 6.0, 0.7, 2.5)
    with open(orders, "w", encoding="utf-8") as file:
        file.write(made.csv_text(rows, made.ORDER_HEADER))
    with open(recipe, "w", encoding="utf-8") as file:
        json.dump(made.recipe(made.ORDERS, *SCHEMES), file)
    return SimpleNamespace(as_of="2024-01-01T00:00:00Z", last_month="2023-12-01T00:00:00Z", orders=orders, time="occurred_at", table=orders,
                           recipes=[recipe], customers=400, buckets=8)


def learned(program, world, folder):
    """One model of all their schemes: its path, and the schemes."""
    schemes = []
    for n, recipe in enumerate(world.recipes):
        call(program, "train", "--recipe", recipe, world.table, "--out", f"{folder}/{n}")
        with open(f"{folder}/{n}/model.json", encoding="utf-8") as file:
            model = json.load(file)
        assert model.get("servable", True) and model["probes"]
        schemes += [{**scheme, "name": f"{scheme['name']}-{n}"} for scheme in model["schemes"]]
    assert {"kmeans", "rfm", "cltv"} == {scheme["type"] for scheme in schemes} and any(scheme.get("hysteresis") for scheme in schemes)
    path = f"{folder}/all.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**{key: model[key] for key in ("obek_model", "version", "created", "currency")}, "name": "all", "schemes": schemes}, file)
    return path, schemes


class Run:
    """One obek of its own Redis, group and topics."""

    def __init__(self, name, kafka, folder, world, model):
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.redis = Redis(self.folder)
        self.redis.start()
        self.topics, self.world = Topics(kafka.bootstrap, f"-{os.path.basename(folder)}-{name}"), world
        names = {f"{key}.topic": self.topics.name(key) for key in ("campaign", "dead.letter", "control", "feed.orders")}
        self.program = Obek(os.path.join(self.folder, "obek"), {
            "kafka.bootstrap.servers": kafka.bootstrap, "redis.url": self.redis.unix_url, "group.id": self.topics.name("obek"), "instance.id": name,
            **names, "currency.base": "TRY" if world.time == "timestamp" else "EUR", "http.listen": "", "buckets": world.buckets, "model.file": model,
            "clock": "event", "clock.event.until": world.as_of})
        self.topics.create("feed.orders", partitions=4)

    def finish(self, orders):
        """Those orders to the end, and time up to the day of the analysis."""
        self.program.call("replay", "--map", f"occurred_at={self.world.time}", orders, limit_s=120)
        self.program.run_to_end(limit_s=400)
        self.program.call("audit", "--from-beginning", limit_s=120)
        states = shown_states(self.program)
        assert len(states) == self.world.customers
        return states

    def end(self):
        self.program.end()
        self.redis.client.close()
        self.redis.kill()


@pytest.fixture(scope="module", params=["made", pytest.param("flo", marks=[
    pytest.mark.soak, pytest.mark.skipif(SHARED is None, reason="FLO DATA ABSENT: ../shared or OBEK_SHARED not found")])])
def replayed(_kafka, session_folder, request):
    """The schemes, and the states after the replay of all."""
    folder = os.path.join(session_folder, f"train-{request.param}")
    os.mkdir(folder)
    program = Obek(os.path.join(folder, "trainer"), {}).program
    world = {"made": made_world, "flo": flo_world}[request.param](folder)
    model, schemes = learned(program, world, folder)
    run = Run("all", _kafka, folder, world, model)
    states = run.finish(world.orders)
    run.end()
    return SimpleNamespace(program=program, world=world, model=model, schemes=schemes, states=states, kafka=_kafka, folder=folder)


def assigned(replayed, *arguments):
    """{customer: {scheme: segment}} by obek assign."""
    path = f"{replayed.folder}/assigned.csv"
    call(replayed.program, "assign", "--model", replayed.model, "--as-of", replayed.world.as_of, *arguments, "--out", path)
    with open(path, newline="", encoding="utf-8") as file:
        return {row["customer_id"]: {s["name"]: row[s["name"] + ("_band" if s["type"] == "cltv" else "")] for s in replayed.schemes}
                for row in csv.DictReader(file)}


def test_online_equals_offline(replayed):
    world = replayed.world
    offline = assigned(replayed, "--map", f"occurred_at={world.time}", world.orders)
    assert len(offline) == world.customers
    online = {customer: state["segments"] for customer, state in replayed.states.items()}
    assert {c: (online.get(c), offline[c]) for c in offline if online.get(c) != offline[c]} == {}
    assert any(transition["cause"] == "TIME" for state in replayed.states.values() for transition in state["shown"]["transitions"])


def split(world, folder):
    """Two files: the orders before the last month, and those of it."""
    with (gzip.open if str(world.orders).endswith(".gz") else open)(world.orders, "rt", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    at = header.index(world.time)
    parts = {f"{folder}/past.csv": [row for row in rows if row[at] < world.last_month],
             f"{folder}/month.csv": [row for row in rows if row[at] >= world.last_month]}
    for path, part in parts.items():
        assert part
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *part])
    return parts


def comparable(state, schemes):
    """What the way there does not show in: the ledger and the segments."""
    shown = state["shown"]
    return {"ledger": shown["ledger"], **{name: shown[name] for name in ("orders", "value", "first_order", "last_order")},
            **{scheme["name"]: shown["segments"][scheme["name"]]["segment"] for scheme in schemes}}


def test_an_import_and_the_last_month_end_there_too(replayed):
    world = replayed.world
    run = Run("imported", replayed.kafka, replayed.folder, world, replayed.model)
    (past, told), (month, _) = split(world, run.folder).items()
    done = run.program.call("import", "--model", replayed.model, "--until", world.last_month, "--map", f"occurred_at={world.time}", past, limit_s=120)
    known = len({row[2 if world.time == "timestamp" else 1] for row in told})
    assert done.stdout.startswith(f"{known} customers")
    states = run.finish(month)
    run.end()
    assert sum(state["shown"]["imported_until"] is not None for state in states.values()) == known <= world.customers
    differ = {c: (comparable(states[c], replayed.schemes), comparable(state, replayed.schemes)) for c, state in replayed.states.items()
              if comparable(states[c], replayed.schemes) != comparable(state, replayed.schemes)}
    assert differ == {}


@pytest.mark.soak
@pytest.mark.skipif(SHARED is None, reason="FLO DATA ABSENT: ../shared or OBEK_SHARED not found")
@pytest.mark.parametrize("replayed", ["flo"], indirect=True)
def test_imported_rows_of_customers_are_what_assign_says(replayed):
    """FLO's own table: the retailer's totals, and the segments of an entry at the day of the analysis."""
    world = flo_world(replayed.folder)
    run = Run("sums", replayed.kafka, replayed.folder, world, replayed.model)
    done = run.program.call("import", "--model", replayed.model, "--recipe", world.recipes[0], "--until", world.as_of, world.table, limit_s=120)
    assert done.stdout.startswith(f"{world.customers} customers")
    run.program.run_to_end(limit_s=400)
    states = shown_states(run.program)
    run.end()
    assert len(states) == world.customers and flo.mismatches(SHARED, states) == []
    online = {customer: state["segments"] for customer, state in states.items()}
    offline = assigned(replayed, "--recipe", world.recipes[0], world.table)
    assert {c: (online.get(c), offline[c]) for c in offline if online.get(c) != offline[c]} == {}
