"""What the campaign topic tells those who look on: flows and server-sent events are the topic's own, and nobody who listens harms."""
import collections
import http.client
import json
import time

import pytest

from processes import free_port
from small import events, model, order
from test_80_http import Http, ready, served, total  # noqa: F401
from waiting import wait_until


class Listener:
    """A client of /api/v1/events."""

    def __init__(self, port, last=None, limit_s=20):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit_s)
        self._connection.request("GET", "/api/v1/events", headers={} if last is None else {"Last-Event-ID": last})
        self.response = self._connection.getresponse()

    def next(self):
        """(event, id, data) of the next frame that has data; None at the end."""
        found = {}
        while line := self.response.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                found[name] = value
            elif "data" in found:
                return found["event"], found.get("id"), json.loads(found["data"])
            else:
                found = {}
        return None

    def changes(self, n):
        got = []
        while len(got) < n:
            kind, number, data = self.next()
            assert kind == "change" and number == data["event_id"], (kind, data)
            got.append(data)
        return got

    def close(self):
        self._connection.close()


TOLD = ("event_id", "customer_id", "scheme", "from_segment", "to_segment", "cause", "occurred_at", "published_at", "sequence")


def told(event):
    return {name: event[name] for name in TOLD}


def flows_of(found):
    return dict(collections.Counter((e["scheme"], e["from_segment"], e["to_segment"], e["cause"]) for e in found))


def flows(web, window=None):
    answer = web.ask("/api/v1/flows" + ("" if window is None else f"?window={window}"))
    assert answer.status == 200, answer.body
    return answer.json()


def counted(answer):
    return {(f["scheme"], f["from_segment"], f["to_segment"], f["cause"]): f["changes"] for f in answer["flows"]}


@pytest.mark.parametrize("encoding", ["json", "confluent-avro"])
def test_flows_and_events_are_the_topics(obek, folder, topics, registry, encoding):
    name = topics.create("orders", partitions=2)
    port = free_port()
    more = {"schema_registry_url": registry.url} if encoding == "confluent-avro" else {}
    one = obek(model_file=model(folder), http_listen=f"127.0.0.1:{port}", campaign_format=encoding, **more)
    process, web = one.start(), Http(port)
    wait_until(web.listens, 20)
    ready(web)
    topics.produce(name, [order(f"o{i}", f"c{i % 30}", 3 + 500 * (i % 7 == 0), partition=i % 30 % 2) for i in range(60)])
    wait_until(lambda: total(web.metrics()["obek_orders_total"]) == 60, 30)
    assert "obek_changes_read_total" not in {name for name, found in web.metrics().items() if found}  # nobody has asked yet
    wait_until(lambda: flows(web)["complete"], 30)
    published = topics.read(topics.name("segment-changes"))
    answer = flows(web)
    assert answer["seen"] == len(published) and answer["unreadable"] == 0 and answer["problem"] is None
    listener = Listener(port)
    assert listener.response.headers["Content-Type"] == "text/event-stream"
    first = listener.changes(min(50, len(published)))
    topics.produce(name, [order("p1", "c1", 900), order("p2", "new/ö", 4)])
    first += listener.changes(2)
    assert {(e["customer_id"], e["to_segment"]) for e in first[-2:]} == {("c1", "large"), ("new/ö", "small")}
    if encoding == "json":
        wanted = events(topics)
        by_id = {event["event_id"]: told(event) for event in wanted}
        assert [by_id[e["event_id"]] for e in first] == first
        assert counted(flows(web)) == flows_of(wanted)
    answer = flows(web, "24h")
    assert sum(counted(answer).values()) == answer["seen"] == len(published) + 2
    # the sizes now, less what the topic tells of the last day, are none
    sizes = {s["segment"]: s["customers"] for s in web.ask("/api/v1/segments").json()["schemes"][0]["segments"]}
    assert {segment: sum(steps) for segment, steps in answer["net"]["kmeans"].items()} == sizes
    assert sum(sum(steps) for steps in answer["causes"].values()) == answer["seen"]
    assert (answer["window_s"], answer["step_s"], len(answer["causes"]["ORDER"])) == (86400, 1440, 60)
    listener.close()
    assert process.terminate() == 0


def test_a_listener_goes_on_where_it_was(served, topics):  # noqa: F811
    name = topics.create("orders", partitions=1)
    _, process, web = served()
    ready(web)
    topics.produce(name, [order(f"o{i}", f"c{i}", 3) for i in range(5)])
    listener = Listener(web.port)
    heard = listener.changes(5)
    listener.close()
    topics.produce(name, [order("p", "c9", 3)])
    again = Listener(web.port, last=heard[-1]["event_id"])
    assert [e["customer_id"] for e in again.changes(1)] == ["c9"]
    lost = Listener(web.port, last="order/of/another/age")
    assert lost.next()[0::2] == ("skipped", {"changes": None})
    assert len(lost.changes(6)) == 6
    began = time.monotonic()
    assert process.terminate() == 0 and time.monotonic() - began < 20
    assert again.next()[0::2] == lost.next()[0::2] == ("dropped", {"reason": "ending"})
    assert again.next() is None


def test_what_is_no_change_is_counted_and_harms_nobody(served, topics):  # noqa: F811
    name = topics.create("orders", partitions=1)
    _, _, web = served()
    ready(web)
    topics.produce(name, [order("o", "c", 3)])
    wait_until(lambda: flows(web)["seen"] == 1, 30)
    hostile = json.loads(topics.read(topics.name("segment-changes"))[0].value())
    hostile.update(customer_id="x\nevent: dropped\ndata: {}\n\n<script>", event_id="a\r\nid: b")
    topics.produce(topics.name("segment-changes"), [
        {"value": value} for value in (b"", None, b"\0", b"{", b"{}", b"\0\0\0\0\1\2", json.dumps({**hostile, "cause": "WHIM"}).encode(),
                                       json.dumps({**hostile, "to_segment": "<b>"}).encode(), json.dumps(hostile).encode())])
    wait_until(lambda: flows(web)["seen"] == 2, 30)
    wait_until(lambda: flows(web)["unreadable"] == 8, 30)  # from other partitions
    assert web.metrics()["obek_changes_read_total"] == {(("kind", "change"),): 2, (("kind", "unreadable"),): 8}
    listener = Listener(web.port)
    kind, number, data = [listener.next() for _ in range(2)][1]
    assert (kind, number, data["customer_id"], data["event_id"]) == ("change", None, hostile["customer_id"], hostile["event_id"])


def test_many_listeners_and_windows(served, topics):  # noqa: F811
    topics.create("orders", partitions=1)
    _, _, web = served()
    ready(web)
    for window in ("", "1", "0m", "25h", "-1h", "1w", "1h x", "99999999999999999999h"):
        answer = web.ask("/api/v1/flows?window=" + window.replace(" ", "%20"))
        assert answer.status == 400 and "24h" in answer.json()["detail"], window
    for window, seconds in (("1ms", 60), ("61s", 120), ("24h", 86400), ("1d", 86400)):
        assert flows(web, window)["window_s"] == seconds
    listeners = [Listener(web.port) for _ in range(32)]
    assert all(one.response.status == 200 for one in listeners)
    answer = web.ask("/api/v1/events")
    assert answer.status == 503 and "listening" in answer.json()["detail"]
    assert web.ready() == "ready"
    for one in listeners:
        one.close()


def test_one_who_comes_late_or_listens_slowly_is_told(served, topics):  # noqa: F811
    """More changes than are kept come while the listener does not read."""
    name = topics.create("orders", partitions=1)
    _, _, web = served()
    ready(web)
    topics.produce(name, [order("o", "first", 3)])
    listener = Listener(web.port)
    assert listener.changes(1)[0]["customer_id"] == "first"
    topics.produce(name, [order(f"o{i}", f"c{i}", 3) for i in range(5000)])
    wait_until(lambda: flows(web)["seen"] == 5001, 60)
    told_of, skipped = 1, 0
    while told_of + skipped < 5001:
        kind, _, data = listener.next()
        told_of, skipped = (told_of + 1, skipped) if kind == "change" else (told_of, skipped + data["changes"])
    assert told_of + skipped == 5001 and told_of > 250
    listener.close()
