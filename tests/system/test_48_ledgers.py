"""Imports and erasures as records of the control topic: what they do to states, events and Redis, held against the reference; and
each of their effects once, whatever ends a run in the middle of one."""
import csv
import json

import small
from expected import as_state, format_time, hold_events, hold_ledgers, hold_states, parse_time, shown_states
from records import Reader, json_bytes
from redis_contents import bucket_of, hold_redis
from reference.ledger import Ledger
from reference.order import decode
from reference.run import CONTROL, Run
from story import ORDERS
from waiting import wait_until

KILLED_AT = ["before-ledgers", "mid-ledgers", "mid-save", "after-save", "after-produce", "before-commit", "after-commit"]
SIDES = {"online": ("n_online", "v_online", "first_online", "last_online"),
         "offline": ("n_offline", "v_offline", "first_offline", "last_offline")}
SOON = {"kafka.consumer.session.timeout.ms": 6000}


def occurred(data):
    return sorted(decode(r["value"], r["timestamp"]).occurred_at for records in data.partitions.values() for r in records
                  if r["value"].get("amount") != "-1")


def as_control(customer, ledger):
    """What the schema calls a customer of an import."""
    base = {name: dict(zip(("orders", "value", "first", "last"), (getattr(ledger.base, field) for field in fields)))
            for name, fields in SIDES.items() if getattr(ledger.base, fields[0])}
    orders = [{"order": f"{e.id_hash:016x}", "at": e.time, "amount": e.amount, "offline": e.offline} for e in ledger.ring]
    return {"customer": customer, "orders": orders, **({"base": base} if base else {})}


class Interventions:
    """A third of the orders; then, by the control topic, other ledgers for a third of the customers and for new ones (with a base
    or without, told in events or not), and erasures; then the rest of the orders, some of which are of the time before."""

    def __init__(self, story):
        self.story, self.data = story, story.data
        self.until = occurred(self.data)[self.data.total // 2]
        self.run = Run(self.data.model, ring=self.data.ring)
        self.customers = sorted(self.data.reference.states)

    def ledger(self, n):
        """Made up: n orders before `until`, the oldest of which have fallen out."""
        ledger = Ledger(self.data.ring)
        for i in range(n):
            ledger.apply(decode({"order_id": f"told-{i}", "customer_id": "c", "occurred_at": self.until - (n - i) * 900_000_000,
                                 "amount": f"{100 + i}.25", "channel": ("Mobile", "Offline")[i % 2]}, self.until))
        return ledger

    def records(self):
        """(as it is written, as the reference reads it)"""
        told = {name: self.ledger(1 + k % 50) for k, name in enumerate([*self.customers[0::6], "new-1", "new \u00fc/2"])}
        silent = {name: self.ledger(40) for name in [*self.customers[1::6], "new-3"]}
        for ledgers, publish in ((told, True), (silent, False)):
            customers = [as_control(name, ledger) for name, ledger in ledgers.items()]
            yield ({"type": "import", "imported_until": self.until, "publish": publish, "customers": customers},
                   {"type": "import", "until": self.until, "publish": publish, "ledgers": ledgers})
        for name in [*self.customers[2::15], self.customers[0], self.customers[1], "unknown"]:
            record = {"type": "erase", "customer": name, "at": self.until}
            yield record, record

    def write(self):
        """To the control topic, and to the reference under the offsets that the topic gave them."""
        written = list(self.records())
        places = self.story.topics.produce(self.story.obek.properties["control.topic"],
                                           [{"value": json_bytes(value), "partition": 0} for value, _ in written])
        for (_, offset), (_, record) in zip(places, written, strict=True):
            self.run.read(*CONTROL, offset, record)

    def orders(self, begin, end):
        self.story.produce(begin, end)
        for partition, records in self.data.partitions.items():
            for offset in range(int(begin * len(records)), int(end * len(records))):
                self.run.read(ORDERS, partition, offset, records[offset])

    def hold(self):
        story, result = self.story, self.run.finish()
        shown = map(json.loads, story.obek.call("show", "--all", "-o", "json").stdout.splitlines())
        states = {state["customer_id"]: as_state(state) for state in shown}
        hold_states(states, result.future_states())
        hold_redis(story.redis.client, states, buckets=8)
        assert {"new-1", "new \u00fc/2", "new-3"} <= states.keys() and "unknown" not in states
        causes = [event["cause"] for event in result.events]
        assert causes.count("ERASE") >= 8 and causes.count("IMPORT") >= 30
        hold_events(story.topics.read(story.obek.properties["campaign.topic"]), Reader(None, float), result.by_customer,
                    {ORDERS: story.orders})


def test_killed_in_the_middle_of_each(new_story):
    story = new_story()
    doing = Interventions(story)
    doing.orders(0, 0.33)
    story.finish()
    doing.write()
    for failpoint in KILLED_AT:
        story.killed_at(failpoint)
    story.finish()
    doing.orders(0.33, 1)
    story.finish()
    doing.hold()


COLUMNS = ("order_id", "customer_id", "kind", "return_id", "occurred_at", "channel", "amount", "currency")


def write_csv(path, values):
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        rows.writeheader()
        rows.writerows(values)
    return path


def where_it_led(data, past, until):
    """{customer: {scheme: segment}} of those who have lived through these records, and then until that instant; schemes with
    hysteresis alone, where it matters."""
    matters = {scheme["name"] for scheme in data.model["schemes"] if scheme.get("hysteresis")}
    run = Run(data.model, ring=data.ring)
    for offset, record in enumerate(past):
        run.read(ORDERS, 0, offset, record)
    run.live_until(until)
    states = run.finish().states
    return {name: {scheme: segment for scheme, segment in state["segments"].items() if scheme in matters and segment is not None}
            for name, state in states.items()}


def test_imported_and_gone_on_with(new_story, folder):
    """The past by obek import, before the first start of all; then all records, whose first half are duplicates: states and events
    are the reference's, and the ledgers those of a whole replay."""
    story = new_story()
    data, until = story.data, occurred(story.data)[story.data.total // 2]
    past = sorted(((decode(r["value"], r["timestamp"]).occurred_at, r) for records in data.partitions.values() for r in records
                   if r["value"].get("amount") != "-1"), key=lambda pair: pair[0])
    past = [record for at, record in past if at <= until]
    path = write_csv(f"{folder}/past.csv", [{**r["value"], "occurred_at": format_time(decode(r["value"], r["timestamp"]).occurred_at)}
                                            for r in past])
    importing = ("import", "--model", story.obek.properties["model.file"], "--publish", "--until", format_time(until), path)
    done = story.obek.call(*importing)
    assert "no obek of this group runs" in done.stderr

    run = Run(data.model, ring=data.ring)
    told, led_to = run.told(past), where_it_led(data, past, until)
    for message in story.topics.read(story.obek.properties["control.topic"])[1:]:
        customers = json.loads(message.value())["customers"]
        ledgers = {imported["customer"]: told.pop(imported["customer"]) for imported in customers}
        segments = {imported["customer"]: imported.get("segments", {}) for imported in customers}
        assert segments == {name: led_to[name] for name in ledgers}
        run.read(*CONTROL, message.offset(), {"type": "import", "until": until, "publish": True, "ledgers": ledgers, "segments": segments})
    assert not told
    for partition, records in data.partitions.items():
        for offset, record in enumerate(records):
            run.read(ORDERS, partition, offset, record)
    result = run.finish()
    story.finish()
    story.produce()
    story.finish()
    states = shown_states(story.obek)
    hold_states(states, result.future_states())
    hold_redis(story.redis.client, states, buckets=8)
    hold_events(story.topics.read(story.obek.properties["campaign.topic"]), Reader(None, float), result.by_customer, {ORDERS: story.orders})
    whole = {name: state for name, state in data.reference.states.items() if not state["fallen"]}
    assert len(whole) > 100
    hold_ledgers({name: states[name] for name in whole}, whole)

    again = story.obek.call(*importing)   # who has it is left out
    assert again.stdout.startswith("0 customers") and f"{len(run.told(past))} customers had it already" in again.stderr
    assert shown_states(story.obek) == states


def test_rows_of_customers_while_obek_runs(obek, topics, folder):
    """A table of sums; the same file once more changes nothing, another model is refused."""
    program = obek(SOON, model_file=small.model(folder))
    orders = topics.create("orders", partitions=1)
    process = program.start()
    wait_until(lambda: "event=model_in_force" in process.log(), 60, "the model")
    path = f"{folder}/customers.csv"
    with open(path, "w", encoding="utf-8") as file:
        file.write("customer_id,first_order_at,last_order_at,last_order_at_online,last_order_at_offline,orders_online,orders_offline,"
                   "value_online,value_offline\n"
                   "c1,2021-01-01,2021-03-01,2021-02-01,2021-03-01,2,3,100.25,900\n"
                   "c2,2021-01-05,2021-01-05,2021-01-05,,1.0,0.0,7.5,0.0\n")
    arguments = ("import", "--model", program.properties["model.file"], path)
    done = program.call(*arguments)
    assert done.stdout == "2 customers, until 2021-03-01T00:00:00.000Z\n" and done.stderr == "done\n"
    state = shown_states(program)["c1"]["shown"]
    assert state["segments"]["kmeans"]["segment"] == "large" and state["imported_until"] == "2021-03-01T00:00:00.000Z"
    assert state["ledger"]["base"]["online"] == {"orders": 2, "value": "100.25", "first_order": "2021-01-01T00:00:00.000Z",
                                                 "last_order": "2021-02-01T00:00:00.000Z"}
    topics.produce(orders, [small.order("old", "c2", 5000, at_ms=parse_time("2021-02-28T00:00:00Z")), small.order("new", "c2", 5000)])
    wait_until(lambda: small.moves(topics) == [("c2", "large", 1)], 60, "the first event there is")
    assert "2 customers had it already" in program.call(*arguments).stderr
    other = small.model(folder, "other.json", version="2")
    assert "another model is in force" in program.call("import", "--model", other, path, expect=1).stderr
    early = program.call("import", "--model", program.properties["model.file"], "--until", "2021-01-04", path, expect=1)
    assert "line 2: a last order later than --until" in early.stderr
    assert shown_states(program)["c2"]["orders_online"] == 2
    assert process.terminate() == 0


def test_erased_while_obek_runs_and_rebuilt(obek, topics, redis, folder):
    """By the command; older orders stay out when they come again, and when Redis is filled anew from the logs."""
    program = obek(SOON, model_file=small.model(folder))
    orders = topics.create("orders", partitions=1)
    topics.produce(orders, [small.order("o1", "c1", 5), small.order("o2", "c2", 2000)])
    process = program.start()
    wait_until(lambda: len(small.moves(topics)) == 2, 60, "both customers to enter")

    done = program.call("erase", "-o", "json", "c2")
    answer = json.loads(done.stdout)
    assert answer["erased"] and answer["orders"] == 1 and done.stderr == "erased\n"
    wait_until(lambda: small.moves(topics, "c2")[1:] == [("c2", None, 2)], 60, "the last event")
    [event] = [event for event in small.events(topics) if event["cause"] == "ERASE"]
    assert event["event_id"] == f"control/{answer['number']}/c2/kmeans" and event["occurred_at"] == answer["erased_at"]
    bucket = bucket_of("c2", 256)
    assert redis.client.keys(f"obek:{{{bucket}}}:*c2") == [f"obek:{{{bucket}}}:customer:c2".encode()]
    assert redis.client.zscore(f"obek:{{{bucket}}}:due", "c2") is None and redis.client.hgetall(f"obek:{{{bucket}}}:sizes") == {}
    assert len(redis.client.get(f"obek:{{{bucket}}}:customer:c2")) < 40
    assert "erased already" in program.call("erase", "c2", expect=1).stderr
    assert "there is no customer c3" in program.call("erase", "c3", expect=1).stderr

    topics.produce(orders, [small.order("o2", "c2", 2000, at_ms=parse_time(answer["erased_at"])),
                            small.order("o3", "c2", 6, at_ms=parse_time(answer["erased_at"]) + 1), small.order("o4", "c1", 2000)])
    wait_until(lambda: small.moves(topics, "c1")[1:] == [("c1", "large", 2)], 60, "the last order")
    assert small.moves(topics, "c2")[2:] == [("c2", "small", 3)]
    assert process.terminate() == 0
    before = states(program)
    redis.client.flushall()
    program.run_to_end("--rebuild")
    after = states(program)
    assert after == before and json.loads(after["c2"])["orders"] == 1
    assert len(small.moves(topics)) == 5


def states(program):
    """Without what a rebuild does not keep: random revisions, and the number of events that were published before."""
    shown = map(json.loads, program.call("show", "--all", "-o", "json").stdout.splitlines())
    return {state["customer_id"]: json.dumps({name: value for name, value in state.items()
                                              if name not in ("revision", "sequence", "as_of", "transitions", "segments", "features")})
            for state in shown}
