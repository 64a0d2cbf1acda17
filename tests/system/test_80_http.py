"""HTTP: what watchers and campaign systems ask while obek runs; numbers are those of the topics, and nobody can stop it by asking."""
import collections
import concurrent.futures
import http.client
import json
import random
import socket
import threading
import time
import urllib.parse

import pytest
from prometheus_client.parser import text_string_to_metric_families

from processes import free_port
from small import events, model, moves, order
from waiting import wait_until

TOKEN = "correct horse"


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)


class Http:
    def __init__(self, port):
        self.port = port

    def ask(self, path, method="GET", headers=None, body=None, limit_s=10):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=limit_s)
        try:
            connection.request(method, path, headers=headers or {}, body=body)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def listens(self):
        try:
            return self.ask("/livez").status == 200
        except OSError:
            return False

    def ready(self):
        answer = self.ask("/readyz")
        assert (answer.status == 200) == answer.json()["ready"]
        return answer.json().get("reason", "ready")

    def metrics(self):
        """{name: {labels as a sorted tuple of pairs: value}}"""
        answer = self.ask("/metrics")
        assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        found = collections.defaultdict(dict)
        for family in text_string_to_metric_families(answer.body.decode()):
            assert family.documentation, family.name
            assert family.type in ("counter", "gauge", "histogram"), family.name
            for sample in family.samples:
                labels = tuple(sorted(sample.labels.items()))
                assert labels not in found[sample.name]
                found[sample.name][labels] = sample.value
        return found


@pytest.fixture
def served(obek, folder):
    """Starts obek with HTTP: (one, process, http)."""

    def start(**more):
        port = free_port()
        one = obek(model_file=model(folder), http_listen=f"127.0.0.1:{port}", batch_wait_ms=5, dead_letter_share_max=1, **more)
        process, web = one.start(), Http(port)
        wait_until(web.listens, 20)
        return one, process, web

    return start


def ready(web, limit_s=30):
    wait_until(lambda: web.ready() == "ready", limit_s)


def total(samples, **labels):
    return sum(value for found, value in samples.items() if set(labels.items()) <= set(found))


def hold_against_topics(numbers, topics):
    """Segment changes and dead letters are those of the topics, by all labels. What is committed is counted at once, and can be read
    a little later, when the broker has written the transaction's markers."""
    counted = {key: value for key, value in numbers["obek_segment_changes_total"].items() if value}
    wait_until(lambda: len(events(topics)) >= sum(counted.values()), 20, "what was counted to be read")
    wanted = {}
    for event in events(topics):
        key = (("cause", event["cause"]), ("scheme", event["scheme"]), ("segment", event["to_segment"] or ""))
        wanted[key] = wanted.get(key, 0) + 1
    assert counted == wanted
    dead = {}
    for message in topics.read(topics.name("orders-dead")):
        reason = dict(message.headers())["__connect.errors.class.name"].decode()
        dead[(("reason", reason),)] = dead.get((("reason", reason),), 0) + 1
    assert numbers["obek_dead_letters_total"] == dead


def test_metrics_are_what_was_sent(served, topics):
    name = topics.create("orders", partitions=2)
    at = int(time.time() * 1000) - 60000
    orders = [order(f"o{i}", f"c{i % 40}", 3 + 500 * (i % 7 == 0), at + i, partition=i % 2) for i in range(200)]
    orders += [order("o0", "c0", None, at + 300, partition=0, kind="CANCELLATION"),
               order("nothing", "c1", None, at + 301, partition=1, kind="RETURN"),
               {"key": b"c2", "value": b"{", "partition": 0}, {"key": b"c2", "value": b'{"order_id":"x"}', "partition": 1}]
    _, _, web = served()
    topics.produce(name, orders)
    wait_until(lambda: total(web.metrics()["obek_records_total"], topic=name) == len(orders), 30)
    numbers = web.metrics()
    assert numbers["obek_orders_total"] == {(("feed", "orders"), ("kind", "ORDER")): 200,
                                            (("feed", "orders"), ("kind", "CANCELLATION")): 1,
                                            (("feed", "orders"), ("kind", "RETURN")): 1}
    hold_against_topics(numbers, topics)
    wait_until(lambda: total(web.metrics()["obek_lag_records"], topic=name) == 0, 10)
    wait_until(lambda: total(web.metrics()["obek_segment_customers"], scheme="kmeans") == 40, 10)
    wait_until(lambda: 4 < total(web.metrics()["obek_time_reached_delay_seconds"]) < 30, 10)
    wait_until(lambda: web.metrics()["obek_timers_due"] == {(): 0}, 10)
    numbers = web.metrics()
    assert numbers["obek_lag_seconds"] == {key: 0 for key in numbers["obek_lag_records"]}
    assert {key for key in numbers["obek_watermark_delay_seconds"] if ("topic", name) in key} == {
        (("partition", str(p)), ("topic", name)) for p in (0, 1)}
    assert all(59 < value < 120 for key, value in numbers["obek_watermark_delay_seconds"].items() if ("topic", name) in key)
    value = total(numbers["obek_segment_value"])
    assert value == pytest.approx(sum(3 + 500 * (i % 7 == 0) for i in range(1, 200)))
    assert total(numbers["obek_model_info"], name="small", version="1") == 1
    assert total(numbers["obek_cache_lookups_total"], result="miss") >= 40
    assert total(numbers["obek_batch_records_sum"]) == len(orders)
    for stage in ("decode", "step_save", "commit"):
        assert 0 < total(numbers["obek_stage_duration_seconds_count"], stage=stage)
    committed = total(numbers["obek_transactions_total"], result="committed")
    assert 0 < committed <= total(numbers["obek_transaction_duration_seconds_count"])
    assert total(numbers["obek_redis_duration_seconds_count"], client="pipeline") > 0
    assert total(numbers["obek_kafka_duration_seconds_count"], call="commit_transaction") > 0
    assert (total(numbers["obek_ready"]), total(numbers["obek_not_ready"])) == (1, 0)
    assert total(numbers["process_resident_memory_bytes"]) > 1e6 and total(numbers["process_cpu_seconds_total"]) > 0
    assert abs(total(numbers["process_start_time_seconds"]) - time.time()) < 120 and total(numbers["process_open_fds"]) > 5


def test_events_found_in_an_outbox_count(obek, topics, folder, redis):
    """A run dies between save and commit; the next one publishes what it finds, and counts it."""
    name = topics.create("orders", partitions=1)
    port = free_port()
    one = obek(variant="failpoints", model_file=model(folder), http_listen=f"127.0.0.1:{port}")
    one.run_to_end()
    topics.produce(name, [order(f"o{i}", f"c{i}", 3) for i in range(5)])
    one.run_to_end(env={"OBEK_FAILPOINT": "before-commit:2"}, expect=-9)
    assert sum(redis.client.hlen(key) for key in redis.client.keys("*:outbox")) == 5
    one.start()
    web = Http(port)
    wait_until(web.listens, 20)
    ready(web)
    wait_until(lambda: len(events(topics)) == 5, 30)
    wait_until(lambda: total(web.metrics()["obek_segment_changes_total"], segment="small", cause="ORDER") == 5, 10)


def test_health(served, redis, topics):
    topics.create("orders", partitions=1)
    _, process, web = served()
    ready(web)
    assert web.ask("/healthz").json() == {"ready": True} and web.ask("/livez").json() == {"live": True}
    redis.kill()
    wait_until(lambda: web.ready() == "redis_down", 20)
    assert web.ask("/livez").status == 200
    answer = web.ask("/readyz")
    assert answer.status == 503 and answer.headers["Content-Type"] == "application/json"
    assert total(web.metrics()["obek_not_ready"], reason="redis_down") == 1
    answer = web.ask("/api/v1/customers/c1")
    assert answer.status == 503 and answer.headers["Content-Type"] == "application/problem+json"
    redis.start()
    ready(web)
    assert process.terminate() == 0


def test_a_taken_port_is_a_clear_failure(obek, folder, topics):
    topics.create("orders", partitions=1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        one = obek(model_file=model(folder), http_listen=f"127.0.0.1:{taken.getsockname()[1]}")
        process = one.start()
        assert process.wait(20) == 1
    assert "reason=http" in process.log() and "Address already in use" in process.log()


@pytest.fixture
def filled(served, topics, folder):
    """Three customers, two with ids that must be encoded; the campaign catalogue is a recipe's."""
    name = topics.create("orders", partitions=1)
    with open(f"{folder}/recipe.json", "w", encoding="utf-8") as file:
        json.dump({"obek_recipe": 1, "campaigns": {"obek_campaigns": 1, "segments": [{"id": "large", "next": {"en": "Call them"}, "campaigns": ["vip"]}]}}, file)
    started = served(redis_readable="full", campaign_catalogue=f"{folder}/recipe.json")
    ids = ["c1", "ö/x?y=%2F&\n ", ".."]
    topics.produce(name, [order(f"o{i}", who, amount) for i, (who, amount) in
                          enumerate([(ids[0], 12), (ids[1], 2000), (ids[2], 7), (ids[0], 5)])])
    wait_until(lambda: len(events(topics)) == 3, 30)
    return *started, ids


def test_the_api_tells_what_the_tools_tell(filled, topics):
    one, _, web, ids = filled
    for who in ids:
        path = "/api/v1/customers/" + urllib.parse.quote(who, safe="").replace(".", "%2E")
        answer = web.ask(path)
        assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store" and "Access-Control-Allow-Origin" not in answer.headers
        assert answer.json() == json.loads(one.call("show", "-o", "json", who).stdout)
        explained, wanted = (web.ask(path + "/explanation").json(), json.loads(one.call("explain", "-o", "json", who).stdout))
        assert explained["schemes"].keys() == wanted["schemes"].keys() and explained["as_of"] == wanted["as_of"]
        assert explained["schemes"]["kmeans"]["segment"] == wanted["schemes"]["kmeans"]["segment"]
        words = web.ask(path + "/explanation?lang=tr").json()
        assert words["text"] != web.ask(path + "/explanation?lang=en").json()["text"]
    sizes = web.ask("/api/v1/segments").json()
    assert sizes == json.loads(one.call("segments", "-o", "json").stdout)
    wanted = {"small": (None, []), "large": ({"next": {"en": "Call them"}}, ["vip"])}
    assert {s["segment"]: (s["advice"], s["campaigns"]) for s in sizes["schemes"][0]["segments"]} == wanted
    told = {e["segment"]: (e["advice"], e["campaigns"]) for e in (web.ask(f"/api/v1/customers/{urllib.parse.quote(who, safe='').replace('.', '%2E')}/explanation").json()["schemes"]["kmeans"] for who in ids)}
    assert told == wanted and {e["to_segment"]: e["campaigns"] for e in events(topics)} == {"small": [], "large": ["vip"]}
    members = web.ask("/api/v1/segments/kmeans/small/members")
    assert members.headers["Content-Type"] == "application/x-ndjson"
    lines = members.body.decode().splitlines()
    assert sorted(lines) == sorted(one.call("segments", "-o", "json", "--members", "kmeans/small").stdout.splitlines())
    assert len(lines) == 2 and len(web.ask("/api/v1/segments/kmeans/small/members?limit=1").body.splitlines()) == 1
    assert web.ask("/api/v1/segments/kmeans/small/members?limit=0").body == b""
    force = web.ask("/api/v1/model").json()
    assert (force["number"], force["model"]["name"]) == (0, "small")
    head = web.ask("/api/v1/customers/c1", "HEAD")
    assert head.status == 200 and head.body == b"" and int(head.headers["Content-Length"]) > 100


PROBLEMS = [
    ("GET", "/index.html", 404, "no such path"), ("GET", "/api/v1/customers", 404, "no such path"),
    ("GET", "/api/v1/customers/", 404, "no such path"), ("GET", "/api/v1/customers/nobody", 404, "no such customer"),
    ("GET", "/api/v1/customers/nobody/explanation", 404, "no such customer"),
    ("GET", "/api/v1/customers/c1/explanation?lang=de", 400, "neither en nor tr"),
    ("GET", "/api/v1/customers/%ff", 400, "UTF-8"), ("GET", "/api/v1/customers/%4", 400, "percent"),
    ("GET", "/api/v1/customers/" + "a" * 256, 400, "255"), ("GET", "/api/v1/customers/" + "a" * 3000, 414, "2048"),
    ("GET", "/api/v1/segments/kmeans/giant/members", 404, "no such segment"),
    ("GET", "/api/v1/segments/kmeans/small/members?limit=-1", 400, "whole number"),
    ("GET", "/../../etc/passwd", 404, "no such path"), ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "no such path"),
    ("POST", "/api/v1/segments", 405, "GET"), ("DELETE", "/metrics", 405, "GET"), ("OPTIONS", "/readyz", 405, "GET"),
]


def test_problems(filled):
    _, _, web, _ = filled
    for method, path, status, what in PROBLEMS:
        answer = web.ask(path, method)
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json"), path
        problem = answer.json()
        assert problem["type"] == "about:blank" and problem["status"] == status and what in problem["detail"], path
        assert status != 405 or answer.headers["Allow"] == "GET, HEAD"
    assert web.ask("/metrics", "GET", body=b"x" * 10).status == 413
    assert web.ask("/metrics", headers={"Host": "evil.example:8420"}).status == 421
    assert web.ask("/readyz", headers={"Host": "evil.example"}).status == 200


def test_look_ups_behind_a_redis_that_hangs_share_one_attempt(filled, redis):
    """Each would have made one of its own, a second or more, one after the other: here all answers come within the time of a few."""
    web = filled[2]
    redis.pause()
    try:
        with concurrent.futures.ThreadPoolExecutor(40) as asking:
            asked = [asking.submit(web.ask, "/api/v1/customers/c1", limit_s=15) for _ in range(40)]
            assert {answer.result().status for answer in asked} == {503}
    finally:
        redis.resume()
    wait_until(lambda: web.ask("/api/v1/customers/c1").status == 200, 20)


def test_token(served, topics):
    topics.create("orders", partitions=1)
    _, process, web = served(http_token=TOKEN)
    ready(web)
    for path in ("/livez", "/readyz", "/healthz"):
        assert web.ask(path).status == 200
    for given in (None, "Bearer", "Bearer ", "Bearer correct", f"Bearer {TOKEN}x", f"Basic {TOKEN}"):
        for path in ("/metrics", "/api/v1/segments", "/nothing"):
            answer = web.ask(path, headers={} if given is None else {"Authorization": given})
            assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer"), (path, given)
    assert web.ask("/metrics", headers={"Authorization": f"bearer {TOKEN}", "Host": "obek.example"}).status == 200
    assert TOKEN not in process.log()


def fuzzed(chance):
    """A request that is wrong somewhere, or nowhere."""
    pieces = ["/api/v1/customers/", "/metrics", "/api/v1/segments/", "kmeans", "/members", "%00", "%2f", "..", "//", "?", "&", "=",
              "limit", "lang", "%", "ö", "\x01", "a" * 700, "/explanation", " ", "#", "\\", "%c3%28", "*", "http://x/"]
    target = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 6)))
    if chance.random() < 0.7:
        target = "/" + target.replace(" ", "%20")
    method = chance.choice(["GET"] * 6 + ["HEAD", "POST", "PUT", "get", "G\x00T", "", "CONNECT"])
    lines = [f"{method} {target} {chance.choice(['HTTP/1.1'] * 5 + ['HTTP/1.0', 'HTTP/9.9', 'x', ''])}", "Host: localhost"]
    for _ in range(chance.randint(0, 4)):
        lines.append(chance.choice(["Content-Length: -1", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked", "X",
                                    ": x", "Authorization: Bearer " + "x" * chance.randint(0, 30000), "Expect: 100-continue",
                                    "Connection: close", " folded", "X: " + "y" * chance.randint(0, 40000), "Host: a b"]))
    end = chance.choice(["\r\n\r\n"] * 5 + ["\n\n", "\r\n", "", "\r\n\r\n{}"])
    raw = bytearray(("\r\n".join(lines) + end).encode("utf-8"))
    for _ in range(chance.choice([0, 0, 0, 1, 5])):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw)


def throw(port, raw):
    """What comes back, if anything."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            got = b""
            while piece := connection.recv(65536):
                got += piece
            return got
        except OSError:
            return b""


def test_fuzz(filled):
    _, process, web, _ = filled
    chance = random.Random(80)
    requests = [fuzzed(chance) for _ in range(400)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda raw: throw(web.port, raw), requests))
    for raw, answer in zip(requests, answers):
        assert answer == b"" or answer.startswith(b"HTTP/1."), raw
        assert b" 500 " not in answer[:16], raw
    assert sum(answer.startswith(b"HTTP/1.") for answer in answers) > 100
    assert process.running and web.ready() == "ready"
    web.metrics()


class Slow:
    """Clients that send a byte now and then, or ask and do not read."""

    def __init__(self, port, n):
        self._stop = threading.Event()
        self._clients = []
        for i in range(n):
            client = socket.create_connection(("127.0.0.1", port), timeout=5)
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + (b"\r\n" * (i % 4 == 0)) + b"X-Slow: ")
            self._clients.append(client)
        self._thread = threading.Thread(target=self._trickle)
        self._thread.start()

    def _trickle(self):
        while not self._stop.wait(0.5):
            for client in self._clients:
                try:
                    client.send(b"x")
                except OSError:
                    pass

    def end(self):
        self._stop.set()
        self._thread.join()
        for client in self._clients:
            client.close()


@pytest.mark.parametrize("n", [200, 600])
def test_slow_clients_stop_nobody(served, topics, n):
    name = topics.create("orders", partitions=1)
    _, process, web = served()
    ready(web)
    slow = Slow(web.port, n)
    try:
        topics.produce(name, [order(f"o{i}", f"c{i}", 3) for i in range(300)])
        slowest = 0
        while total(web.metrics()["obek_orders_total"], kind="ORDER") < 300:
            began = time.monotonic()
            assert web.ready() == "ready" and web.ask("/livez").status == 200
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.02)
        assert slowest < 2
        assert web.ask("/api/v1/customers/c7").status == 200
    finally:
        slow.end()
    hold_against_topics(web.metrics(), topics)
    assert process.terminate() == 0
    assert moves(topics) == sorted((f"c{i}", "small", 1) for i in range(300))
