"""SIGTERM while something is away: obek ends soon, and what it had taken but not saved comes with the next start."""
import http.server
import json
import threading
import time

import pytest

from processes import free_port
from small import MODEL, order
from waiting import wait_until


class NoSuchSchema(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"error_code": 40403, "message": "Schema not found"}).encode()
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def model_file(folder):
    path = f"{folder}/model.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(MODEL, file)
    return path


def test_what_waited_for_the_registry_at_sigterm_is_not_lost(obek, topics, model_file):
    """Once its marks were moved past the batch that it had dropped."""
    port = free_port()
    now = int(time.time() * 1000)
    name = topics.create("orders")
    one = obek(model_file=model_file, schema_registry_url=f"http://127.0.0.1:{port}", campaign_format="json",
               feed_orders_format="auto")
    topics.produce(name, [order("o1", "c1", "12.50", now - 5000), {"key": b"c2", "value": b"\0\0\0\0\x09rest"},
                          order("o2", "c3", "7", now - 4000)])
    process = one.start()
    wait_until(lambda: "registry_down" in process.log(), 60, "obek to wait for the registry")
    assert process.terminate(60) == 0
    assert topics.read(topics.name("segment-changes")) == []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), NoSuchSchema)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        one.run_to_end()
    finally:
        server.shutdown()
        server.server_close()
    events = [json.loads(event.value()) for event in topics.read(topics.name("segment-changes"))]
    assert sorted(event["customer_id"] for event in events) == ["c1", "c3"]
    assert len(topics.read(topics.name("orders-dead"))) == 1


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_sigterm_while_kafka_is_away(obek, topics, kafka, model_file, delivery):
    now = int(time.time() * 1000)
    name, changes = topics.create("orders"), topics.create("segment-changes")
    one = obek(model_file=model_file, delivery=delivery)
    topics.produce(name, [order("o1", "c1", "12.50", now - 5000)])
    process = one.start()
    wait_until(lambda: topics.read(changes), 60, "an event")
    topics.produce(name, [order(f"p{i}", f"c{i}", "2000", now - 4000) for i in range(20000)])
    kafka.kill()
    assert process.terminate(45) == 0


def test_sigterm_while_redis_hangs(obek, topics, redis, model_file):
    now = int(time.time() * 1000)
    name, changes = topics.create("orders"), topics.create("segment-changes")
    one = obek(model_file=model_file)
    topics.produce(name, [order("o1", "c1", "12.50", now - 5000)])
    process = one.start()
    wait_until(lambda: topics.read(changes), 60, "an event")
    redis.pause()
    topics.produce(name, [order("o2", "c1", "2000", now - 4000)])
    assert process.terminate(45) == 0
    redis.resume()
    one.run_to_end()
    assert len(topics.read(topics.name("segment-changes"))) == 2
