"""The servers that the other tests stand on do what the other tests take for granted."""
import pytest
import redis as redis_client

from waiting import wait_until


def test_committed_transactions_are_read_and_aborted_ones_are_not(topics):
    orders = topics.create("orders", partitions=2)
    sent = [{"key": b"c1", "value": b"one", "partition": 0, "timestamp": 1700000000000, "headers": [("h", b"\x00\xff")]},
            {"key": b"c2", "value": b"two", "partition": 1}]
    assert topics.produce_transaction(orders, sent) == [(0, 0), (1, 0)]
    topics.produce_transaction(orders, [{"value": b"never", "partition": 0}], abort=True)

    first, second = topics.read(orders)
    assert (first.key(), first.value(), first.timestamp()[1], first.headers()) == (b"c1", b"one", 1700000000000, [("h", b"\x00\xff")])
    assert second.value() == b"two"
    assert topics.ends(orders) == {0: 4, 1: 2}
    assert [message.value() for message in topics.read(orders, committed=False)] == [b"one", b"never", b"two"]


def test_old_records_stay_and_many_are_read_to_the_end(topics):
    orders = topics.create("orders", partitions=3)
    topics.produce(orders, ({"value": b"%d" % number, "partition": number % 3, "timestamp": 1 + number} for number in range(5000)))
    assert sorted(int(message.value()) for message in topics.read(orders)) == list(range(5000))
    assert topics.lag("nobody", orders) == 5000


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_kafka_keeps_its_data_over_a_restart(kafka, topics, end):
    orders = topics.create("orders")
    topics.produce(orders, [{"value": b"kept"}])
    getattr(kafka, end)()
    assert not kafka.running
    kafka.start()
    topics.produce(orders, [{"value": b"later"}])
    assert [message.value() for message in topics.read(orders)] == [b"kept", b"later"]


def test_a_paused_kafka_answers_when_it_is_resumed(kafka, topics):
    orders = topics.create("orders")
    kafka.pause()
    kafka.resume()
    topics.produce(orders, [{"value": b"one"}])
    assert topics.ends(orders) == {0: 1}


def test_the_registry_gives_ids_and_says_when_it_knows_none(registry, topics):
    subject = topics.name("orders") + "-value"
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}
    number = registry.register(subject, schema)
    status, answer = registry.request("GET", f"/schemas/ids/{number}")
    assert status == 200 and '"R"' in answer["schema"]
    status, answer = registry.request("GET", "/schemas/ids/987654")
    assert (status, answer["error_code"]) == (404, 40403)


def test_redis_refuses_to_forget(redis):
    assert redis.client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert redis.client.config_get("aof-load-truncated") == {"aof-load-truncated": "no"}


def test_redis_loses_what_came_after_a_position(redis):
    redis.client.set("early", 1)
    position = redis.aof_position()
    redis.client.set("late", 2)
    end = redis.aof_position()
    assert redis.cut_aof(to=position) == end - position > 0
    assert (redis.client.get("early"), redis.client.get("late")) == (b"1", None)


def test_redis_can_be_cut_again_after_it_was_cut(redis):
    positions = [redis.client.set("n", number) and redis.aof_position() for number in range(4)]
    for number in (2, 0):
        redis.cut_aof(to=positions[number])
        assert int(redis.client.get("n")) == number


def test_redis_cut_inside_a_script_loses_the_whole_script(redis):
    redis.client.set("early", 1)
    redis.client.eval("redis.call('SET', KEYS[1], 1) redis.call('SET', KEYS[2], 2)", 2, "first", "second")
    redis.aof_position()
    assert redis.cut_aof(by=3) > 3
    assert redis.client.mget("early", "first", "second") == [b"1", None, None]


def test_redis_keeps_all_over_a_kill_and_nothing_when_replaced(redis):
    redis.client.set("a", 1)
    redis.aof_position()
    redis.kill()
    redis.start()
    assert redis.client.get("a") == b"1"
    redis.replace_by_empty()
    assert redis.client.dbsize() == 0


SCRIPT = "return redis.call('INCR', KEYS[1])"


@pytest.mark.parametrize("address", ["tcp", "unix"])
@pytest.mark.parametrize("where,counted", [("before_request", 1), ("mid_request", 1), ("before_answer", 2)])
def test_the_proxy_cuts_where_it_was_told(redis, proxy, where, counted, address):
    through = redis_client.Redis.from_url(proxy.url if address == "tcp" else proxy.unix_url, retry=None)
    assert through.eval(SCRIPT, 1, "n") == 1
    through.set("other", 1)
    cut = proxy.cut(where, match=b"EVAL")
    through.get("other")
    assert not cut.done.is_set()
    with pytest.raises(redis_client.exceptions.ConnectionError):
        through.eval(SCRIPT, 1, "n")
    assert cut.done.is_set()
    assert int(redis.client.get("n")) == counted
    assert int(through.eval(SCRIPT, 1, "n")) == counted + 1


def test_the_proxy_passes_on_the_answers_before_the_cut(redis, proxy):
    through = redis_client.Redis.from_url(proxy.url, retry=None)
    proxy.cut("before_answer", match=b"EVAL", occurrence=3)
    pipeline = through.pipeline(transaction=False)
    for _ in range(5):
        pipeline.eval(SCRIPT, 1, "n")
    with pytest.raises(redis_client.exceptions.ConnectionError):
        pipeline.execute()
    assert int(redis.client.get("n")) == 3


def test_the_proxy_refuses_until_told_otherwise(redis, proxy):
    through = redis_client.Redis.from_url(proxy.url, retry=None)
    assert through.ping()
    proxy.refuse()
    with pytest.raises(redis_client.exceptions.ConnectionError):
        through.ping()
    proxy.refuse(False)
    assert wait_until(through.ping, 5)
