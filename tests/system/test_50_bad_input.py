"""Bad records end in the dead letters, byte for byte and with their reason, while the good ones around them go through; what has
been repaired comes back."""
import io
import json
import os
import re

import fastavro

import small
from obek_process import PROJECT
from reference.order import format_time
from small import order

CASES = os.path.join(PROJECT, "tests/cases")
CASES_AT_MS = 1622548800000  # 2021-06-01T12:00:00Z
# names more than once, no value, an empty value, no text
OWN_HEADERS = [("own", b"\x00\xff"), ("own", b"again"), ("nothing", None), ("empty", b"")]
RATES = {"currency.rate.EUR": "34.125", "currency.rate.JPY": "0.225", "currency.rate.KWD": "111.3"}


class Case:
    """One folder of tests/cases."""

    def __init__(self, name):
        self.name = name
        self.meta = dict(line.split("=", 1) for line in (self._read("meta") or b"").decode().splitlines())
        self.reason, self.fragment = self._read("expected").decode().split("\n")[:2]
        self.value = self._read("value")
        text = self._read("value.hex")
        if text is not None:
            self.value = bytes.fromhex(re.sub(r"#.*|\s", "", text.decode()))
        self.schema = self._read("schema.avsc")
        self.key = self.meta.pop("key", f"key of {name}").encode()
        self.timestamp = int(self.meta.pop("timestamp", CASES_AT_MS)) if "unit.only" not in self.meta else None
        self.headers = [*OWN_HEADERS, *((key[7:], self.meta[key].encode()) for key in self.meta if key.startswith("header."))]

    def _read(self, name):
        path = os.path.join(CASES, self.name, name)
        if not os.path.exists(path):
            return None
        with open(path, "rb") as file:
            return file.read()

    @property
    def is_good(self):
        return self.reason == "order"

    def feed(self):
        """What the feed's configuration must say, as a sorted tuple."""
        options = {name: value for name, value in self.meta.items() if not name.startswith(("header.", "kind.", "unit."))}
        options |= {name: value for name, value in self.meta.items() if name.endswith(".unit")}
        kinds = [f"{name[5:]}:{kind}" for name, kind in self.meta.items() if name.startswith("kind.")]
        return tuple(sorted({**options, **({"kind.map": ", ".join(kinds)} if kinds else {})}.items()))

    def with_schema_id(self, number):
        if self.value[:5] == b"\x00\x00\x00\x00\x01":
            self.value = b"\x00" + number.to_bytes(4, "big") + self.value[5:]

    def record(self):
        return {"key": self.key, "value": self.value, "timestamp": self.timestamp, "headers": self.headers}


def read_cases():
    names = sorted(name for name in os.listdir(CASES) if os.path.isdir(os.path.join(CASES, name)))
    return [case for case in map(Case, names) if "unit.only" not in case.meta]


def register(registry, topics, cases):
    """Gives every case's schema an id of the registry's."""
    ids = {}
    for case in cases:
        if case.schema is not None:
            subject = f"{topics.name('case')}-{len(ids)}-value"
            if case.schema not in ids:
                ids[case.schema] = registry.register(subject, case.schema.decode())
            case.with_schema_id(ids[case.schema])


def among_good_ones(cases):
    """The cases' records with a good order before and behind each."""
    records = [order("o-0", "good-0", "1", CASES_AT_MS)]
    for number, case in enumerate(cases, 1):
        records += [case.record(), order(f"o-{number}", f"good-{number}", "1", CASES_AT_MS)]
    return records


def check_dead_letter(letter, topic, place, sent, reason, fragment, stage):
    assert (letter.key(), letter.value()) == (sent["key"], sent["value"])
    own = sent["headers"] or []
    headers = letter.headers()
    assert headers[:len(own)] == own
    partition, offset = place
    told = dict(headers[len(own):])
    message = told.pop("__connect.errors.exception.message").decode()
    assert int(told.pop("__connect.errors.timestamp")) == sent.get("timestamp") or "timestamp" not in sent
    assert told == {
        "__connect.errors.topic": topic.encode(), "__connect.errors.partition": b"%d" % partition,
        "__connect.errors.offset": b"%d" % offset, "__connect.errors.stage": stage.encode(),
        "__connect.errors.class.name": reason.encode()}, message
    assert fragment in message


def dead_letters(topics, **how):
    """{(topic, partition, offset) it came from: the dead letter}; none of them twice."""
    found = {}
    for letter in topics.read(topics.name("orders-dead"), **how):
        headers = dict(letter.headers())
        place = (headers["__connect.errors.topic"].decode(), int(headers["__connect.errors.partition"]),
                 int(headers["__connect.errors.offset"]))
        assert place not in found
        found[place] = letter
    return found


JUNK = {"key": b"junk", "value": b"\x01\x02", "headers": None}


class Feeds:
    """The cases by what their feed's configuration must say; each feed has a topic and, once sent, its records with their places."""

    def __init__(self, topics, registry):
        cases = read_cases()
        register(registry, topics, cases)
        self.cases = {options: [case for case in cases if case.feed() == options] for options in sorted({c.feed() for c in cases})}
        self.topics = {options: topics.create(f"feed-{number}") for number, options in enumerate(self.cases)}
        self.sent = {}

    def send(self, topics):
        for options, cases in self.cases.items():
            records = among_good_ones(cases) if options == () else [JUNK, *(case.record() for case in cases)]
            self.sent[options] = list(zip(records, topics.produce(self.topics[options], records)))


def corpus_config(feeds, registry, folder):
    properties = {"feeds": ", ".join(f"f{number}" for number in range(len(feeds.cases))), "feed.orders.topic": None, **RATES,
                  "schema.registry.url": registry.url, "campaign.format": "json", "dead.letter.share.max": 1, "buckets": 16,
                  "model.file": small.model(folder)}
    for number, (options, topic) in enumerate(feeds.topics.items()):
        properties |= {f"feed.f{number}.topic": topic, **{f"feed.f{number}.{name}": value for name, value in options}}
    return properties


def test_every_case_of_the_corpus(obek, topics, registry, folder):
    feeds = Feeds(topics, registry)
    one = obek(corpus_config(feeds, registry, folder), variant="failpoints")
    one.run_to_end()
    feeds.send(topics)
    # killed between dead letters and commit: nobody may see them, and none may come twice
    one.run_to_end(env={"OBEK_FAILPOINT": "before-commit:2"}, expect=-9)
    assert dead_letters(topics) == {}
    one.run_to_end()
    letters = dead_letters(topics)
    n_bad = 0
    for options, cases in feeds.cases.items():
        topic = feeds.topics[options]
        by_value = {(record["key"], record["value"]): (record, place) for record, place in feeds.sent[options]}
        for case in cases:
            record, place = by_value[case.key, case.value]
            letter = letters.pop((topic, *place), None)
            assert (letter is None) == case.is_good, case.name
            if letter is not None:
                n_bad += 1
                check_dead_letter(letter, topic, place, record, case.reason, case.fragment, "VALUE_CONVERTER")
    assert {letter.value() for letter in letters.values()} == {JUNK["value"]} and len(letters) == len(feeds.cases) - 1
    assert n_bad > 100
    entered = {event["customer_id"] for event in small.events(topics)}
    assert {f"good-{number}" for number in range(len(feeds.cases[()]) + 1)} | {"c-1", "k-1"} <= entered


def ledger_records():
    """Records that decode, and that the customer's ledger refuses, with good ones around them: [(record, reason, fragment)]."""
    good = [(order("first", "r", "10"), None, None)]
    good += [(order("first", "r", "1", kind="RETURN", return_id=f"r-{n}"), None, None) for n in range(8)]
    bad = [(order("first", "r", "1", kind="RETURN", return_id="r-8"), "too_many_returns", "returns")]
    good += [(order(f"w-{n}", "w", None, kind="CANCELLATION"), None, None) for n in range(8)]
    bad += [(order("w-8", "w", None, kind="CANCELLATION"), "too_many_waiting", "wait")]
    good += [(order(f"u-{n}", "u", "1"), None, None) for n in range(5)]
    bad += [(order("u-never", "u", None, kind="CANCELLATION"), "unknown_order", "order not in the ledger")]
    good += [(order(f"v-{n}", "v", "9999999999999999.99"), None, None) for n in range(9)]
    bad += [(order("v-9", "v", "9999999999999999.99"), "overflow", "")]
    return good + bad + [(order("last", customer, "0.01"), None, None) for customer in "ruw"]


def test_what_the_ledger_refuses(obek, topics, folder):
    topic = topics.create("orders")
    one = obek(model_file=small.model(folder), buckets=16, ledger_orders=4, dead_letter_share_max=1)
    records = ledger_records()
    places = topics.produce(topic, [record for record, _, _ in records])
    one.run_to_end()
    letters = dead_letters(topics)
    for (record, reason, fragment), place in zip(records, places):
        letter = letters.pop((topic, *place), None)
        assert (letter is None) == (reason is None), record
        if letter is not None:
            check_dead_letter(letter, topic, place, record, reason, fragment, "TASK_PUT")
    assert letters == {}
    assert {"r", "u"} <= {move[0] for move in small.moves(topics)}


def test_times_and_the_clock(obek, topics, folder):
    """The cases that need a timestamp of their own."""
    topic = topics.create("orders")
    ahead = small.now_ms() + 20 * 60000
    records = [{"key": b"c", "value": Case("good-json-kafka-time").value, "headers": None, "timestamp": 1622548800000},
               {**order("o-2", "c-2", "5", ahead), "timestamp": ahead},
               {**order("o-3", "c-3", "5", ahead - 19 * 60000), "timestamp": ahead - 19 * 60000}]
    places = topics.produce(topic, records)
    obek(model_file=small.model(folder), buckets=16).run_to_end()
    letters = dead_letters(topics)
    future = letters.pop((topic, *places[1]))
    check_dead_letter(future, topic, places[1], records[1], "future", "more than 10 min after the present", "VALUE_CONVERTER")
    assert letters == {}
    assert {e["customer_id"]: e["occurred_at"] for e in small.events(topics)}["c-1"] == "2021-06-01T12:00:00.000Z"
    assert {move[0] for move in small.moves(topics)} == {"c-1", "c-3"}


def report(one, *arguments, expect=0):
    """What redrive says it would do, or does: (goes, stays, skipped)."""
    told = json.loads(one.call("redrive", "-o", "json", *arguments, expect=expect).stdout)
    return told["goes"], told["stays"], told["skipped"]


AVRO_ORDER = {"type": "record", "name": "Bought", "fields": [
    {"name": name, "type": "string"} for name in ("order_id", "customer_id", "amount")] + [{"name": "occurred_at", "type": "long"}]}


def avro_order(schema_id, order_id, customer, amount, at_ms):
    out = io.BytesIO(b"\x00" + schema_id.to_bytes(4, "big"))
    out.seek(5)
    fastavro.schemaless_writer(out, fastavro.parse_schema(AVRO_ORDER),
                               {"order_id": order_id, "customer_id": customer, "amount": amount, "occurred_at": at_ms})
    return {"key": customer.encode(), "value": out.getvalue(), "headers": OWN_HEADERS}


def test_a_schema_that_comes_later_is_redriven_into_an_event(obek, topics, registry, folder):
    topic = topics.create("orders", partitions=2)
    coming = registry.register(topics.name("before"), {"type": "record", "name": topics.name("T").replace("-", "_"), "fields": []}) + 1
    at = small.now_ms() - 5000
    records = [avro_order(coming, "o-1", "early", "20", at), order("o-2", "hopeless", "-1", at), order("o-3", "fine", "50", at)]
    places = topics.produce(topic, records)
    one = obek(model_file=small.model(folder), buckets=16, schema_registry_url=registry.url, campaign_format="json")
    one.run_to_end()
    assert len(dead_letters(topics)) == 2 and [move[0] for move in small.moves(topics)] == ["fine"]
    assert report(one, "--dry-run") == (0, 2, 0)
    assert registry.register(f"{topic}-value", AVRO_ORDER) == coming
    assert report(one, "--dry-run") == (1, 1, 0)
    assert sum(topics.ends(topic).values()) == 3
    assert report(one) == (1, 1, 0)
    one.run_to_end()
    assert [move[0] for move in small.moves(topics)] == ["early", "fine"]
    back = [m for m in topics.read(topic) if (m.partition(), m.offset()) not in places]
    assert [(m.key(), m.value(), m.headers(), m.partition()) for m in back] == [
        (b"early", records[0]["value"], OWN_HEADERS, places[0][0])]
    assert report(one) == (0, 1, 0)


def sold_in_euros(number, customer, at, partition=None):
    """Dead as long as there is no rate."""
    return {**order(f"o-{number}", customer, "1", at, partition, currency="EUR"), "timestamp": at + 1000 * number}


def test_redrive_takes_what_is_asked_for(obek, topics, folder):
    """Each filter alone and together, as a dry run and in earnest: what it leaves out stays, and is found by the next one."""
    web, store, at = topics.create("web"), topics.create("store", partitions=2), small.now_ms() - 100_000
    topics.produce(web, [sold_in_euros(n, f"w-{n % 2}", at) for n in range(4)])
    topics.produce(store, [sold_in_euros(4 + n, "s", at, n % 2) for n in range(4)])
    topics.produce(store, [{"key": b"s", "value": b"{", "partition": 0, "timestamp": at}])
    one = obek(model_file=small.model(folder), buckets=16, dead_letter_share_max=1, feeds="web, store", feed_orders_topic=None,
               feed_web_topic=web, feed_store_topic=store)
    one.run_to_end()
    assert len(dead_letters(topics)) == 9 and report(one, "--dry-run") == (0, 9, 0)
    one.write_config(currency_rate_EUR="34.5")
    begin, end = (format_time(at + 1000 * n) for n in (2, 6))
    for arguments, found in [((), (8, 1, 0)), (("--feed", "web"), (4, 0, 5)), (("--since", begin, "--until", end), (4, 0, 5)),
                             (("--until", end), (6, 1, 2)), (("--customer", "s"), (4, 1, 4)), (("--customer", "w-1"), (2, 0, 7)),
                             (("--order", "o-3"), (1, 0, 8)), (("--order", "o"), (0, 0, 9)), (("--limit", "3"), (3, 1, 5)),
                             (("--reason", "undecodable"), (0, 1, 8)), (("--reason", "bad_currency", "--feed", "store"), (4, 0, 5)),
                             (("--feed", "store", "--since", end, "--limit", "1"), (1, 0, 8))]:
        assert report(one, "--dry-run", *arguments) == found, arguments
    for wrong in (("--feed", "none"), ("--limit", "0"), ("--limit", "x"), ("--since", "soon"), ("--limit", "1", "--dump", folder)):
        one.call("redrive", *wrong, expect=2)
    assert sum(topics.ends(web).values()) == 4
    assert report(one, "--feed", "web", "--limit", "3") == (3, 0, 6)
    assert report(one, "--dry-run") == (5, 1, 0)
    assert report(one, "--customer", "s", "--limit", "3") == (3, 1, 2)
    assert report(one) == (2, 1, 0)
    assert report(one, "--dry-run") == (0, 1, 0)
    one.run_to_end()
    back = [json.loads(m.value())["order_id"] for name in (web, store) for m in topics.read(name) if m.value() != b"{"]
    assert sorted(back) == sorted(2 * [f"o-{n}" for n in range(8)])
    assert {move[0] for move in small.moves(topics)} == {"w-0", "w-1", "s"}


def without_marks(redis):
    """What Redis holds, but for marks, which move with the reading, and the note of a halt."""
    content = {key: value for key, value in small.redis_content(redis).items() if not key.endswith(b":marks")}
    content[b"obek:meta"] = {field: value for field, value in content[b"obek:meta"].items() if field != b"dead"}
    return content


def test_too_many_bad_ones_stop_it(obek, topics, redis, folder):
    topic = topics.create("orders")
    one = obek(model_file=small.model(folder), buckets=16, dead_letter_window=10, dead_letter_share_max=0.5)
    topics.produce(topic, [order("o-0", "first", "1")])
    one.run_to_end()
    before = small.commits(topics, topic)
    kept = without_marks(redis)
    records = [{"key": b"k", "value": b"{bad %d" % n} if n % 4 else order(f"o-{n}", f"c-{n}", "1") for n in range(1, 13)]
    topics.produce(topic, records)
    for batch in (10000, 1):  # a restart with small batches lets no more through: it remembers
        process = one.run_to_end(expect=3, overrides={"batch.orders.max": batch})
        reason, message = small.halted(process)
        assert reason == "too_many_dead_letters" and "dead.letter.share.max" in message and f"{topic}/0" in message
        assert topics.read(topics.name("orders-dead"), committed=False) == []
        assert small.commits(topics, topic) == before
        assert without_marks(redis) == kept
    one.run_to_end(overrides={"dead.letter.share.max": 1})
    assert len(dead_letters(topics)) == 9
    assert {move[0] for move in small.moves(topics)} == {"first", "c-4", "c-8", "c-12"}
