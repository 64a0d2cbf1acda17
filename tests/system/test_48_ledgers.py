"""Imports and erasures as records of the control topic: what they do to states, events and Redis, held against the reference; and
each of their effects once, whatever ends a run in the middle of one."""
import json

import small
from expected import as_state, hold_events, hold_states, parse_time
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
