"""obek audit: nothing is found after a good run, whatever it was made of; each of many planted corruptions is found and named."""
import json
import os
import re
import threading
from collections import defaultdict

import pytest

import state_record
from obek_process import Obek
from redis_contents import bucket_of
from redis_server import Redis
from reference import flo
from reference.flo import cltv_scheme
from small import model, order
from story import Data, Story
from test_48_ledgers import Interventions
from topics import Topics
from waiting import wait_until

BUCKETS = 8
SOON = {"kafka.consumer.session.timeout.ms": 6000}
DAY = 86_400_000


def audit(obek, expect=0, **more):
    """(differences, summary)"""
    done = obek.call("audit", "--from-beginning", "-o", "json", expect=expect, **more)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines and lines[-1]["type"] == "summary", done.stderr
    assert lines[-1]["differences"] == len([line for line in lines if line["type"] == "difference"])
    return lines[:-1], lines[-1]


# ---- good runs ----------------------------------------------------------------------------------------------------------

class World:
    """A run with orders, cancellations, returns, duplicates, time, imports and erasures, and ways to spoil what it left in Redis."""

    def __init__(self, folder, kafka):
        self.redis = Redis(folder)
        self.redis.start()
        self.topics = Topics(kafka.bootstrap, "-audited")

        def make(properties, variant, name):
            return Obek(os.path.join(folder, name), {
                "kafka.bootstrap.servers": kafka.bootstrap, "redis.url": self.redis.unix_url, "group.id": "audited", "instance.id": name,
                "campaign.topic": "changes-audited", "dead.letter.topic": "dead-audited", "control.topic": "control-audited",
                "feed.orders.topic": self.topics.name("orders"), "currency.base": "TRY", "http.listen": "", "redis.readable": "full",
                **properties})

        story = Story(Data(seed=9, customers=150, timed=True), self.topics, self.redis, make, folder)
        doing = Interventions(story)
        doing.orders(0, 0.33)
        story.finish()
        doing.write()
        doing.orders(0.33, 1)
        story.finish()
        self.obek, self.orders, self.client = story.obek, story.orders, self.redis.client
        self.whole = {key: self.client.dump(key) for key in self.client.keys()}
        self.records = {key.partition(b":customer:")[2].decode(): self.client.get(key) for key in sorted(self.whole) if b"}:customer:" in key}
        self.spoilt = set()

    def heal(self):
        self.spoilt = set()
        self.client.flushall()
        pipeline = self.client.pipeline()
        for key, dumped in self.whole.items():
            pipeline.restore(key, 0, dumped)
        pipeline.execute()

    def end(self):
        self.obek.end()
        self.client.close()
        self.redis.kill()

    # -- where things are --

    @staticmethod
    def key(kind, bucket, customer=None):
        return f"obek:{{{bucket}}}:{kind}" + ("" if customer is None else f":{customer}")

    def customer_key(self, customer):
        return self.key("customer", bucket_of(customer, BUCKETS), customer)

    def states(self):
        """As the run left them."""
        for customer, record in self.records.items():
            yield customer, state_record.decode(record)

    def one(self, wanted):
        """A customer whose state is as wanted, and who is not spoilt yet."""
        for customer, state in self.states():
            if customer not in self.spoilt and wanted(state):
                self.spoilt.add(customer)
                return customer, state
        raise AssertionError("no customer is like that")

    def write(self, customer, state):
        self.client.set(self.customer_key(customer), state_record.encode(state))


@pytest.fixture(scope="module")
def world(_kafka, session_folder):
    folder = os.path.join(session_folder, "audited")
    os.mkdir(folder)
    made = World(folder, _kafka)
    yield made
    made.end()


def test_a_good_run(world):
    found, summary = audit(world.obek)
    assert found == []
    assert summary["customers"] == len(world.records) > 100
    assert {(s["source"], s["highest_mark"]) for s in summary["sources"]} == {
        (f"{name}/{p}", end) for name in (world.orders, "control-audited") for p, end in world.topics.ends(name).items()}
    before = {key: world.client.dump(key) for key in world.client.keys()}
    assert before == world.whole, "it only reads"


def test_the_tests_own_writer(world):
    for customer, state in world.states():
        assert state_record.encode(state) == world.records[customer]


# ---- planted corruptions ------------------------------------------------------------------------------------------------
# Each takes the world, spoils something, and returns (kind, place, field or its beginning) of what must be told.

PLANTED = defaultdict(list)         # by what they spoil


def planted(group):
    def note(function):
        PLANTED[group].append(function)
        return function
    return note


def plain(state):
    return not state["imported_until"] and not state["erased_at"]


def spoil(world, wanted, change, field):
    customer, state = world.one(wanted)
    told = change(state)
    world.write(customer, state)
    return "customer", customer, field.format(told)


def entry(state, at=-1):
    return state["orders"][at]


@planted("ledgers")
def a_changed_amount(world):
    def change(state):
        entry(state)["amount"] += 100
        return entry(state)["hash"][::-1].hex()
    return spoil(world, lambda s: plain(s) and s["orders"] and not entry(s)["flags"] & state_record.RETURNS, change, "orders[{}].amount")


@planted("ledgers")
def another_time(world):
    def change(state):
        entry(state)["time"] -= 1000
        return entry(state)["hash"][::-1].hex()
    return spoil(world, lambda s: plain(s) and len(s["orders"]) > 1 and entry(s)["time"] - entry(s, -2)["time"] > 5000, change,
                 "orders[{}].time")


@planted("ledgers")
def a_dropped_ring_entry(world):
    return spoil(world, lambda s: plain(s) and len(s["orders"]) > 2, lambda s: s["orders"].pop(1)["hash"][::-1].hex(), "orders[{}]")


@planted("ledgers")
def an_order_nobody_placed(world):
    def change(state):
        state["orders"].append({"hash": b"12345678", "flags": 0, "time": entry(state)["time"] + 1, "amount": 4200, "categories": []})
        return b"87654321".hex()
    return spoil(world, lambda s: plain(s) and 0 < len(s["orders"]) < 32 and s["as_of"] > entry(s)["time"] + 1, change, "orders[{}]")


@planted("ledgers")
def a_cancellation_lost(world):
    def change(state):
        voided = next(e for e in state["orders"] if e["flags"] & state_record.VOIDED)
        voided["flags"] ^= state_record.VOIDED
        return voided["hash"][::-1].hex()
    return spoil(world, lambda s: plain(s) and any(e["flags"] & state_record.VOIDED for e in s["orders"]), change, "orders[{}].voided")


@planted("ledgers")
def another_channel(world):
    def change(state):
        entry(state)["flags"] ^= state_record.OFFLINE
        return entry(state)["hash"][::-1].hex()
    return spoil(world, lambda s: plain(s) and s["orders"], change, "orders[{}].offline")


@planted("ledgers")
def another_returned_amount(world):
    def partly(e):
        return e["flags"] & state_record.RETURNS and not e["flags"] & state_record.WHOLE and 1 < e["returned"] < e["amount"]

    def change(state):
        returned = next(e for e in state["orders"] if partly(e))
        returned["returned"] -= 1
        return returned["hash"][::-1].hex()
    return spoil(world, lambda s: plain(s) and any(map(partly, s["orders"])), change, "orders[{}].returned")


def based(state):
    return plain(state) and state["base"] is not None and state["base"]["online"]["orders"] > 1


@planted("ledgers")
def a_wrong_count(world):
    def change(state):
        state["base"]["online"]["orders"] += 1
        state["base"]["fallen"] += 1
    return spoil(world, based, change, "base.online.orders")


@planted("ledgers")
def a_wrong_sum(world):
    return spoil(world, based, lambda s: s["base"]["online"].update(value=s["base"]["online"]["value"] + 1), "base.online.value")


@planted("ledgers")
def a_wrong_first(world):
    return spoil(world, based, lambda s: s["base"]["online"].update(first_at=s["base"]["online"]["first_at"] - 1), "base.online.first_at")


@planted("ledgers")
def a_wrong_last(world):
    return spoil(world, based, lambda s: s["base"]["online"].update(last_at=s["base"]["online"]["last_at"] - 1), "base.online.last_at")


def settled(state):
    return state["schemes"] and all(scheme["segment"] for scheme in state["schemes"])


@planted("segments")
def a_wrong_segment(world):
    names = sorted({s["schemes"][0]["segment"] for _, s in world.states() if settled(s)})

    def change(state):
        other = next(name for name in names if name != state["schemes"][0]["segment"])
        state["schemes"][0]["segment"] = other
        return state["schemes"][0]["scheme"]
    return spoil(world, settled, change, "{}.segment")


@planted("segments")
def a_segment_of_no_model(world):
    def change(state):
        state["schemes"][1]["segment"] = "nobody"
        return state["schemes"][1]["scheme"]
    return spoil(world, settled, change, "{}.segment")


@planted("segments")
def a_wrong_since(world):
    def change(state):
        state["schemes"][0]["since"] -= 1
        return state["schemes"][0]["scheme"]
    return spoil(world, lambda s: settled(s) and any(h["scheme"] == s["schemes"][0]["scheme"] for h in s["history"]), change, "{}.since")


@planted("segments")
def a_wrong_margin(world):
    def change(state):
        state["schemes"][0]["margin"] /= 2
        return state["schemes"][0]["scheme"]
    return spoil(world, lambda s: settled(s) and s["schemes"][0]["margin"] > 0.01, change, "{}.margin")


@planted("segments")
def a_wrong_due_time(world):
    """Index and state agree on it."""
    customer, state = world.one(lambda s: s["due"] is not None)
    state["due"] += 1
    world.write(customer, state)
    world.client.zadd(world.key("due", bucket_of(customer, BUCKETS)), {customer: state["due"]})
    return "customer", customer, "due"


@planted("segments")
def a_due_time_lost(world):
    return spoil(world, lambda s: s["due"] is not None, lambda s: s.update(due=None), "due")


@planted("segments")
def evaluated_too_early(world):
    def wanted(state):
        return plain(state) and state["orders"] and state["history"] and state["history"][-1]["cause"] == 1 and \
            state["as_of"] - entry(state)["time"] > DAY and state["as_of"] == state["history"][-1]["occurred_at"]
    return spoil(world, wanted, lambda s: s.update(as_of=entry(s)["time"] + 1), "as_of")


@planted("segments")
def a_wrong_model_number(world):
    return spoil(world, settled, lambda s: s.update(model=7777), "model")


@planted("segments")
def a_scheme_lost(world):
    return spoil(world, settled, lambda s: s["schemes"].pop(), "schemes")


def anybody(world):
    customer, _ = world.one(settled)
    return customer, bucket_of(customer, BUCKETS)


@planted("views")
def a_missing_index_entry(world):
    customer, bucket = anybody(world)
    world.client.zrem(world.key("due", bucket), customer)
    return "customer", customer, "index"


@planted("views")
def an_extra_index_entry(world):
    world.client.zadd(world.key("due", bucket_of("ghost", BUCKETS)), {"ghost": 1700000000000})
    return "customer", "ghost", "index"


@planted("views")
def an_index_entry_of_another_bucket(world):
    customer, bucket = anybody(world)
    other = (bucket + 1) % BUCKETS
    world.client.zadd(world.key("due", other), {customer: 1700000000000})
    return "bucket", str(other), "index"


@planted("views")
def a_wrong_score(world):
    customer, bucket = anybody(world)
    world.client.zincrby(world.key("due", bucket), 1, customer)
    return "customer", customer, "index"


@planted("views")
def wrong_sizes(world):
    field = sorted(world.client.hgetall(world.key("sizes", 2)))[0].decode()
    world.client.hincrby(world.key("sizes", 2), field, 1)
    return "bucket", "2", f"sizes {field}"


@planted("views")
def a_wrong_value_of_a_segment(world):
    field = sorted(f for f in world.client.hgetall(world.key("sizes", 3)) if f.endswith(b"/value"))[0].decode()
    world.client.hincrby(world.key("sizes", 3), field, -1)
    return "bucket", "3", f"sizes {field}"


@planted("views")
def a_wrong_value_expected_of_a_segment(world):
    field = expected_fields(world, 4)[-1]
    world.client.hincrby(world.key("sizes", 4), field, 1)
    return "bucket", "4", f"sizes {field}"


@planted("views")
def customers_expected_by_a_former_model(world):
    former = re.sub(r"@\d+.*", "@77777", expected_fields(world, 5)[0])
    world.client.hset(world.key("sizes", 5), former, 3)
    return "bucket", "5", f"sizes {former}"


def expected_fields(world, bucket):
    return sorted(field.decode() for field in world.client.hgetall(world.key("sizes", bucket)) if b"@" in field)


@planted("views")
def sizes_of_a_segment_without_customers(world):
    world.client.hset(world.key("sizes", 0), "kmeans/nobody", 1)
    return "bucket", "0", "sizes kmeans/nobody"


@planted("keys")
def a_missing_state(world):
    customer, _ = anybody(world)
    world.client.delete(world.customer_key(customer))
    return "customer", customer, "state"


@planted("keys")
def an_extra_state(world):
    customer, _ = anybody(world)
    world.client.set(world.customer_key("ghost"), world.client.get(world.customer_key(customer)))
    return "customer", "ghost", "state"


@planted("keys")
def a_state_in_the_wrong_bucket(world):
    customer, bucket = anybody(world)
    world.client.rename(world.customer_key(customer), world.key("customer", (bucket + 1) % BUCKETS, customer))
    return "customer", customer, "state"


@planted("keys")
def undecodable_bytes(world):
    customer, _ = anybody(world)
    world.client.setrange(world.customer_key(customer), 20, b"\xff\xff\xff\xff")
    return "customer", customer, "state"


@planted("keys")
def a_state_of_another_type(world):
    customer, _ = anybody(world)
    world.client.delete(world.customer_key(customer))
    world.client.rpush(world.customer_key(customer), "state")
    return "customer", customer, "state"


def mark(world, bucket, change):
    field = sorted(f for f in world.client.hgetall(world.key("marks", bucket)) if f.startswith(b"orders-"))[0]
    words = world.client.hget(world.key("marks", bucket), field).split(b" ")
    change(words)
    world.client.hset(world.key("marks", bucket), field, b" ".join(words))
    return field.decode()


@planted("marks")
def a_mark_ahead(world):
    def change(words):
        words[0] = b"%d" % (int(words[0]) + 1000)
    return "bucket", "0", f"mark of {mark(world, 0, change)}"


@planted("marks")
def a_mark_behind(world):
    def change(words):
        words[0] = b"10"
    return "bucket", "2", f"mark of {mark(world, 2, change)}"


@planted("marks")
def a_mark_lost(world):
    field = f"{world.orders}/1"
    world.client.hdel(world.key("marks", 3), field)
    return "bucket", "3", f"mark of {field}"


@planted("marks")
def a_damaged_mark(world):
    def change(words):
        words[0] = b"ten"
    return "bucket", "5", f"mark of {mark(world, 5, change)}"


@planted("marks")
def a_mark_of_nothing(world):
    world.client.hset(world.key("marks", 1), "elsewhere/0", "10 - x")
    return "bucket", "1", "mark of elsewhere/0"


@planted("marks")
def a_wrong_watermark(world):
    def change(words):
        words[1] = b"%d" % (int(words[1]) - 1)
    return "bucket", "4", f"W of {mark(world, 4, change)}"


@planted("views")
def a_wrong_profile_field(world):
    customer, bucket = anybody(world)
    world.client.hset(world.key("profile", bucket, customer), "orders", "100000")
    return "customer", customer, "profile orders"


@planted("views")
def a_missing_profile(world):
    customer, bucket = anybody(world)
    world.client.delete(world.key("profile", bucket, customer))
    return "customer", customer, "profile segment:"


@planted("views")
def an_extra_profile_field(world):
    customer, bucket = anybody(world)
    world.client.hset(world.key("profile", bucket, customer), "phone", "+90")
    return "customer", customer, "profile phone"


@planted("views")
def a_profile_of_nobody(world):
    world.client.hset(world.key("profile", bucket_of("ghost", BUCKETS), "ghost"), "orders", "1")
    return "customer", "ghost", "profile"


def forgotten(state):
    return state["erased_at"] is not None and not state["orders"] and not state["waiting"] and state["base"] is None


@planted("ledgers")
def a_tombstone_missing(world):
    customer, _ = world.one(forgotten)
    world.client.delete(world.customer_key(customer))
    return "customer", customer, "state"


@planted("ledgers")
def an_erasure_forgotten(world):
    return spoil(world, lambda s: s["erased_at"] is not None and s["orders"], lambda s: s.update(erased_at=None), "erased_at")


@planted("ledgers")
def an_import_forgotten(world):
    return spoil(world, lambda s: s["imported_until"] is not None and s["base"] is None,
                 lambda s: s.update(imported_until=None), "imported_until")


@planted("ledgers")
def the_ledger_of_an_import_lost(world):
    def change(state):
        state["base"] = None
    return spoil(world, lambda s: s["imported_until"] is not None and s["base"] is not None, change, "base.fallen")


DEAD_LETTER = b"d" + b"".join(len(text).to_bytes(4, "little") + text for text in (b"reason", b"message", b"VALUE_CONVERTER"))


@planted("outboxes")
def an_outbox_ahead_of_its_mark(world):
    world.client.hset(world.key("outbox", 5), f"{world.orders}/0/99999/0", DEAD_LETTER)
    return "bucket", "5", f"outbox {world.orders}/0/99999/0"


@planted("outboxes")
def an_outbox_entry_of_nothing(world):
    world.client.hset(world.key("outbox", 5), "what", "ever")
    return "bucket", "5", "outbox what"


@planted("marks")
def a_wrong_incarnation(world):
    world.client.hset(world.key("marks", 6), "incarnation", "0" * 32)
    return "bucket", "6", "incarnation"


@planted("marks")
def another_model_in_force(world):
    note = world.client.hget(world.key("marks", 7), "model").split(b" ")
    world.client.hset(world.key("marks", 7), "model", b" ".join([b"1", *note[1:]]))
    return "bucket", "7", "model in force"


@planted("keys")
def another_file_in_the_cache(world):
    key = next(key for key in world.whole if key.startswith(b"obek:model:"))
    world.client.setrange(key, 100, b"?")
    return "model", key.decode().removeprefix("obek:model:"), "file"


@planted("keys")
def an_unknown_key(world):
    world.client.set("obek:{3}:notes", "1")
    return "key", "obek:{3}:notes", "key"


def hold_planted(world, corruptions):
    try:
        planted_here = {corruption.__name__: corruption(world) for corruption in corruptions}
        found, _ = audit(world.obek, expect=1)
    finally:
        world.heal()
    told = [(line["kind"], line["place"], line["field"]) for line in found if line["type"] == "difference"]
    for name, (kind, place, field) in planted_here.items():
        assert any(line[:2] == (kind, place) and line[2].startswith(field) for line in told), (name, kind, place, field, told)
    assert all(line["expected"] != line["found"] for line in found)
    return planted_here, told


@pytest.mark.parametrize("group", PLANTED)
def test_planted(world, group):
    hold_planted(world, PLANTED[group])


@pytest.mark.soak
@pytest.mark.parametrize("corruption", [one for group in PLANTED.values() for one in group], ids=lambda one: one.__name__)
def test_planted_alone(world, corruption):
    """And nobody else is suspected of a customer's corruption."""
    planted_here, told = hold_planted(world, [corruption])
    (kind, place, _), = planted_here.values()
    assert kind != "customer" or {line[1] for line in told if line[0] == "customer"} == {place}


def test_told_in_words(world):
    try:
        _, customer, field = a_changed_amount(world)
        done = world.obek.call("audit", "--from-beginning", expect=1)
    finally:
        world.heal()
    assert f"{field}: expected " in done.stdout and ", found " in done.stdout
    assert "difference" in done.stderr and f"{world.orders}/0 read up to" in done.stderr
    assert "say --from-beginning" in world.obek.call("audit", expect=2).stderr


# ---- beside a running obek, and where it cannot tell ---------------------------------------------------------------------

def test_beside_a_running_obek(obek, topics, redis, folder):
    """Orders of a few customers come all the time: what is not applied yet, and what is applied meanwhile, is no difference."""
    one = obek(SOON, model_file=model(folder), buckets=4)
    name = topics.create("orders", partitions=2)
    done = threading.Event()

    def send():
        producer, n = Topics(topics.bootstrap), 0
        while not done.is_set():
            producer.produce(name, [order(f"o{n + i}", f"c{(n + i) % 40}", (n + i) % 2000) for i in range(10)])
            n += 10

    sender = threading.Thread(target=send)
    process = one.start()
    sender.start()
    try:
        wait_until(lambda: redis.client.exists("obek:{3}:due"), what="the first orders to be saved")
        read = []
        for _ in range(3):
            found, summary = audit(one)
            assert found == []
            read.append(sum(source["highest_mark"] for source in summary["sources"]))
    finally:
        done.set()
        sender.join()
    assert read == sorted(read) and read[-1] > read[0]
    stale = f"outbox {name}/0/3/0"
    redis.client.hset("obek:{1}:outbox", stale.removeprefix("outbox "), DEAD_LETTER)
    found, _ = audit(one, expect=1)
    assert [(difference["place"], difference["field"]) for difference in found] == [("1", stale)]
    process.terminate()
    left = one.call("audit", "--from-beginning")
    assert "40 customers held, 0 differences" in left.stderr and "1 events in the outboxes are committed" in left.stderr
    one.run_to_end()
    assert "outboxes" not in one.call("audit", "--from-beginning").stderr


def test_models_come_while_it_looks(obek, topics, folder):
    """Whatever a bucket has taken up meanwhile: customers, sizes and what is expected of them are no differences."""
    one = obek(SOON, model_file=model(folder, changed=lambda written: written["schemes"].append(cltv_scheme())), buckets=4)
    topics.produce(topics.create("orders", partitions=2), [order(f"o{n}", f"c{n % 60}", 5 + n) for n in range(300)])
    one.run_to_end()
    paths = [model(folder, f"{cut}.json", lambda written, cut=cut: written["schemes"].append(cltv_scheme((cut, 120, 240))), version=str(cut))
             for cut in (20, 40)]
    one.start()
    done, came = threading.Event(), []

    def put():
        while not done.is_set():
            came.append(one.call("model", "put", paths[len(came) % 2]).returncode)

    putter = threading.Thread(target=put)
    putter.start()
    try:
        for _ in range(8):
            assert audit(one)[0] == []
    finally:
        done.set()
        putter.join()
    assert len(came) > 3 and not any(came)


def test_after_a_kill(story):
    """Saved, but not committed: the marks and the outboxes agree on that."""
    story.killed_at("after-save", passage=3)
    assert story.outbox()
    assert audit(story.obek)[0] == []
    story.finish()
    assert audit(story.obek)[0] == []


def test_a_log_without_its_beginning(obek, topics, folder):
    one = obek(model_file=model(folder))
    name = topics.create("orders")
    topics.produce(name, [order(f"o{n}", "c1", 10) for n in range(5)])
    one.run_to_end()
    assert audit(one)[1]["customers"] == 1
    topics.delete_before(name, 0, 2)
    assert f"{name}/0 begins at offset 2" in one.call("audit", "--from-beginning", expect=3).stderr


def test_nothing_of_obek(obek, topics, folder):
    one = obek(model_file=model(folder))
    assert "nothing of obek" in one.call("audit", "--from-beginning", expect=1).stderr


@pytest.mark.soak
@pytest.mark.skipif(flo.shared() is None, reason="FLO DATA ABSENT: ../shared or OBEK_SHARED not found")
def test_flo(obek, topics):
    """100,219 orders in two topics, so that most customers' records come from several sources."""
    topics.create("web", partitions=3)
    topics.create("store", partitions=2)
    one = obek(model_file=f"{flo.__file__.rpartition('/tests/')[0]}/config/models/flo-all.json", feeds="web, store", feed_orders_topic=None,
               feed_web_topic=topics.name("web"), feed_store_topic=topics.name("store"), clock="event", feed_store_channel="Store",
               clock_event_until="2021-06-01T00:00:00Z")
    for feed, where in (("web", "channel!=Offline"), ("store", "channel=Offline")):
        one.call("replay", "--map", "occurred_at=timestamp", "--feed", feed, "--where", where,
                 flo.shared() / "data" / "orders_flo_replay.csv.gz", limit_s=120)
    one.run_to_end()
    found, summary = audit(one)
    assert found == [] and summary["customers"] == 19_945
