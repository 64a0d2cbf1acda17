"""Ten troubles, planted for real: what the operator sees names cause and command, and the command mends it (docs/operations.md, "At
three in the morning"). Those of which other tests are full (halts in test_51, time in test_34) are held there, too."""
import glob
import json
import re
import shlex
import shutil
import subprocess

import pytest

import small
from processes import free_port
from obek_process import PROJECT
from small import order
from test_34_time_held_back import OpenTransaction
from test_80_http import Http, total
from timed import Timed, days
from waiting import wait_until

HOUR_MS = 3600 * 1000


def lines(process, event):
    """The log's lines of the event, as dicts."""
    found = [line for line in process.log().splitlines() if f" event={event} " in line]
    return [dict(word.split("=", 1) for word in shlex.split(line)[1:]) for line in found]


def wait_said(process, event, limit_s=30, **fields):
    """The first line of the event with these fields."""
    def said():
        assert process.running or lines(process, event), process.log_tail()
        return next((line for line in lines(process, event) if fields.items() <= line.items()), None)
    return wait_until(said, limit_s, f"the log to say {event} {fields}")


def last_words(process, limit_s=30):
    """Of one that ends: the exit status, and the line that says why."""
    status = process.wait(limit_s)
    (line,) = lines(process, "halted") + lines(process, "failed")
    assert line["exit"] == str(status) and line["do"]
    return status, line


@pytest.fixture
def watched(obek, folder):
    """Makes an obek with HTTP: (one, http)."""
    def make(**more):
        port = free_port()
        return obek(model_file=small.model(folder), buckets=16, http_listen=f"127.0.0.1:{port}", **more), Http(port)
    return make


def wait_ready(web, process):
    wait_until(lambda: process.running and web.listens() and web.ready() == "ready", 30, "obek to be ready")


def wait_orders(topics, customers):
    wait_until(lambda: {move[0] for move in small.moves(topics)} >= set(customers), 30, f"the events of {customers}")


def as_told(words, redis):
    """Runs the redis-cli command that a line names."""
    command = re.search(r"redis-cli (CONFIG SET \S+ \S+?),? ", words + " ")[1]
    subprocess.run(["redis-cli", "-s", redis.socket_path, *command.split()], check=True, stdout=subprocess.DEVNULL)


def test_every_end_has_its_words():
    """Each reason that a run may end for has advice in the log and a row in docs/operations.md."""
    sources = [open(path, encoding="utf-8").read() for path in glob.glob(f"{PROJECT}/consumer/*.c") + [f"{PROJECT}/tools/run.c"]]
    reasons = {reason for text in sources for reason in re.findall(r'EXIT_[A-Z]+,\s*"(\w+)"', text)} | {"http"}
    assert len(reasons) > 20
    with open(f"{PROJECT}/consumer/advice.c", encoding="utf-8") as file:
        advised = set(re.findall(r'^    \{ "(\w+)",', file.read(), re.M))
    with open(f"{PROJECT}/docs/operations.md", encoding="utf-8") as file:
        told = set(re.findall(r"^\| `(\w+)` \|", file.read(), re.M))
    assert reasons - advised - {"internal"} == set() == reasons - told - {"internal", "config"}


def test_the_walk_through_quotes_what_is_said():
    """The `do` of each line in docs/operations.md stands in the program."""
    with open(f"{PROJECT}/docs/operations.md", encoding="utf-8") as file:
        quoted = re.findall(r'\bdo="([^"]+)"', file.read())
    words = ""
    for path in ("advice.c", "advice.h"):
        with open(f"{PROJECT}/consumer/{path}", encoding="utf-8") as file:
            words += re.sub(r'"[\s\\]*"', "", file.read())
    assert len(quoted) >= 12 and [do for do in quoted if do not in words] == []


def test_a_partition_lags(obek, topics, folder):
    """A producer's transaction that is open keeps one partition from being read; its customers wait, and everybody's time."""
    port = free_port()
    timed = Timed(obek, topics, folder, partitions=2, clock="event", align_ms=10 ** 12, http_listen=f"127.0.0.1:{port}")
    timed.produce(timed.order("a", days(0)), timed.order("b", days(50)), timed.order("c", days(1), 1))
    opened = OpenTransaction(timed, timed.order("c", days(49), 1), timed.order("d", days(49), 1))
    process, web = timed.start(), Http(port)
    line = wait_said(process, "time_held_back", source=f"{timed.orders}/1", why="backlog")
    assert int(line["lag_records"]) >= 2 and "lag_records falls" in line["do"]
    lag = web.metrics()["obek_lag_records"]
    assert lag[("partition", "1"), ("topic", timed.orders)] >= 2 and lag[("partition", "0"), ("topic", timed.orders)] == 0
    opened.commit()
    wait_said(process, "time_goes_on")
    wait_until(lambda: total(web.metrics()["obek_lag_records"], topic=timed.orders) == 0, 20, "the partition to be read")
    timed.stop()


def test_a_poison_feed(watched, topics):
    """One of two feeds sends what its mapping does not know."""
    good, poison = topics.create("web"), topics.create("store")
    one, _ = watched(feeds="web, store", feed_orders_topic=None, feed_web_topic=good, feed_store_topic=poison, dead_letter_window=20)
    one.run_to_end()
    topics.produce(good, [order("o-1", "c-1", 5)])
    sent = [{"id": f"s-{n}", "buyer": f"b-{n}", "amount": "5"} for n in range(15)]
    topics.produce(poison, [{"key": b"k", "value": json.dumps(value).encode()} for value in sent])
    status, line = last_words(one.start())
    assert (status, line["reason"]) == (3, "too_many_dead_letters")
    assert f"{poison}/0 at offset" in line["error"] and "feed's mapping" in line["do"]
    assert topics.read(topics.name("orders-dead")) == []
    one.run_to_end(overrides={"feed.store.field.order_id": "id", "feed.store.field.customer_id": "buyer"})
    assert {move[0] for move in small.moves(topics)} == {"c-1", *(f"b-{n}" for n in range(15))}


def test_redis_is_full(watched, topics, redis):
    """What is saved stays, what is not waits; more memory mends it, and everything has come exactly once."""
    name = topics.create("orders")
    one, web = watched(batch_orders_max=50)
    process = one.start()
    wait_ready(web, process)
    redis.client.config_set("maxmemory", redis.client.info("memory")["used_memory"] + 20_000)
    topics.produce(name, [order(f"o-{n}", f"c-{n}", 5) for n in range(2000)])
    line = wait_said(process, "redis_down")
    assert "OOM" in line["error"] and "Redis is full" in line["do"] and "CONFIG SET maxmemory" in line["do"]
    wait_until(lambda: web.ready() == "redis_down", 10, "readyz to say so")
    assert web.ask("/livez").status == 200  # nobody should restart it
    assert total(web.metrics()["obek_redis_errors_total"], kind="broken") > 0 and process.running
    assert small.commits(topics, name)[name, 0] < 2000
    redis.client.config_set("maxmemory", 0)
    wait_said(process, "redis_back")
    wait_until(lambda: len(small.events(topics)) >= 2000, 60, "all to be there")
    wait_ready(web, process)
    assert process.terminate() == 0
    assert small.moves(topics) == sorted((f"c-{n}", "small", 1) for n in range(2000))
    assert len(lines(process, "assigned")) == 1  # it has kept its place in the group


def test_redis_is_full_at_the_first_start(watched, topics, redis):
    topics.create("orders")
    redis.client.config_set("maxmemory", 1)
    one, web = watched()
    process = one.start()
    assert "Redis is full" in wait_said(process, "redis_down")["do"]
    wait_until(lambda: web.listens() and web.ask("/readyz").json()["ready"] is False and
               "redis_down" in web.ask("/readyz").json()["reasons"], 10, "readyz to say so")
    redis.client.config_set("maxmemory", 0)
    wait_ready(web, process)


@pytest.mark.parametrize("running", [False, True])
def test_redis_may_evict(watched, topics, redis, running):
    topics.create("orders")
    one, _ = watched()
    one.run_to_end()
    if running:
        process = one.start()
        wait_said(process, "assigned")
    redis.client.config_set("maxmemory-policy", "allkeys-lru")
    status, line = last_words(process if running else one.start())
    assert (status, line["reason"]) == (3, "redis_policy")
    as_told(line["do"], redis)
    one.run_to_end()


def test_the_registry_is_down(watched, topics):
    topics.create("orders")
    nobody = f"http://127.0.0.1:{free_port()}"
    one, web = watched(schema_registry_url=nobody)
    process = one.start()
    line = wait_said(process, "registry_down")
    assert nobody.removeprefix("http://") in line["error"] + nobody and "none is a dead letter" in line["do"]
    wait_until(lambda: web.listens() and "registry_down" in web.ask("/readyz").json()["reasons"], 10, "readyz to say so")
    assert process.terminate() == 0


def test_the_topic_was_made_anew(watched, topics):
    name = topics.create("orders")
    topics.produce(name, [order(f"o-{n}", "c-1", 5) for n in range(3)])
    one, _ = watched()
    one.run_to_end()
    topics.delete(name)
    wait_until(lambda: not topics.exists(name), 30, "the topic to go")
    topics.create("orders")
    status, line = last_words(one.start())
    assert (status, line["reason"]) == (3, "topic_truncated")
    assert f"{name}/0" in line["error"] and "new group.id and redis.prefix" in line["do"]
    topics.produce(name, [order("new", "c-1", 5)])
    one.run_to_end(overrides={"group.id": topics.name("anew"), "redis.prefix": "anew", "control.topic": topics.name("anew-control")})


def clock_off(hours):
    """The environment of a process whose host's clock is off (a build with failpoints)."""
    return {"OBEK_FAILPOINT_CLOCK_AHEAD_MS": str(hours * HOUR_MS)}


def test_this_host_s_clock_is_an_hour_behind(watched, topics):
    """Orders are ahead of it: dead letters, until the clock is right and they are sent back."""
    name = topics.create("orders")
    one, web = watched(dead_letter_share_max=1, variant="failpoints")
    one.run_to_end()
    process = one.start(env=clock_off(-1))
    line = wait_said(process, "clock_off")
    assert abs(int(line["ahead_ms"]) + HOUR_MS) < 60_000 and "timedatectl" in line["do"]
    topics.produce(name, [order(f"o-{n}", f"c-{n}", 5) for n in range(4)])
    line = wait_said(process, "dead_letters", last="future")
    assert line["source"] == f"{name}/0" and "--reason future" in line["do"]
    assert abs(total(web.metrics()["obek_clock_ahead_seconds"]) + 3600) < 60
    assert process.terminate() == 0
    process = one.start()
    wait_said(process, "assigned")
    one.call("redrive", "--reason", "future")
    wait_orders(topics, [f"c-{n}" for n in range(4)])
    assert lines(process, "clock_off") == []
    assert process.terminate() == 0


def test_this_host_s_clock_is_an_hour_ahead(watched, topics):
    """Customers would lapse an hour early: said before any does."""
    topics.create("orders")
    one, web = watched(variant="failpoints")
    process = one.start(env=clock_off(+1))
    line = wait_said(process, "clock_off")
    assert abs(int(line["ahead_ms"]) - HOUR_MS) < 60_000
    wait_said(process, "assigned")
    assert process.log().index("event=clock_off") < process.log().index("event=assigned")
    wait_until(lambda: abs(total(web.metrics()["obek_clock_ahead_seconds"]) - 3600) < 60, 10, "the metric to say so")
    assert process.terminate() == 0


def test_a_model_is_refused(watched, topics, folder):
    """At a start: exit 2, and nothing is touched. Later: the one in force stays."""
    topics.create("orders")
    one, _ = watched()
    broken = small.model(folder, "broken.json", changed=lambda model: model["schemes"][0].update(hysteresis=0.7))
    status, line = last_words(one.start(overrides={"model.file": broken}))
    assert (status, line["reason"]) == (2, "model") and "broken.json" in line["error"] and "obek model check" in line["do"]
    told = one.call("model check", broken, config=False, expect=2)
    assert "hysteresis" in told.stderr + told.stdout
    process = one.start()
    wait_said(process, "assigned")
    shutil.copy(broken, f"{folder}/model.json")
    process.signal(1)
    line = wait_said(process, "model_refused")
    assert "hysteresis" in line["error"] and "stays" in line["do"]
    assert process.terminate() == 0


def test_a_flood_of_dead_letters(watched, topics):
    """Too few to halt: one line a minute, numbers by reason, and what to do with them."""
    name = topics.create("orders")
    one, web = watched()
    process = one.start()
    wait_ready(web, process)
    topics.produce(name, [order(f"o-{n}", f"c-{n}", "-5" if n % 3 == 0 else "5") for n in range(300)])
    line = wait_said(process, "dead_letters")
    assert (line["last"], line["source"]) == ("bad_amount", f"{name}/0") and "redrive -c FILE --dry-run" in line["do"]
    wait_until(lambda: total(web.metrics()["obek_dead_letters_total"], reason="bad_amount") == 100, 20, "all to be counted")
    assert len(lines(process, "dead_letters")) <= 2
    told = one.call("redrive", "--dry-run").stdout
    assert "bad_amount" in told and "100" in told
    assert process.terminate() == 0


def test_a_source_that_stands_still(obek, topics, folder):
    """With clock = event a feed whose orders have ended holds time back; idle.after lets it go on."""
    timed = Timed(obek, topics, folder, clock="event", feeds=("web", "old"))
    timed.produce(timed.order("w", days(0)), timed.order("x", days(45)), feed="web")
    timed.produce(timed.order("o", days(1)), feed="old")
    process = timed.start()
    line = wait_said(process, "time_held_back", why="at_its_end")
    assert line["source"] == f"{timed.names['old']}/0" and "feed.F.idle.after" in line["do"]
    timed.stop()
    process = timed.start(overrides={"feed.old.idle.after": "1s"})
    wait_said(process, "source_idle", source=f"{timed.names['old']}/0")
    timed.wait_events(3 + 4 + 4)
    timed.stop()
