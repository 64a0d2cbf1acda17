"""Halt, never guess: each run ends with its exit status and a message that says what to do, and changes neither Redis nor commits."""
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

import small
from small import order
from waiting import wait_until


class Lived:
    """An obek that has read six orders of three customers, and the halts it is driven into."""

    def __init__(self, obek, topics, redis, folder):
        self.topics, self.redis, self.folder = topics, redis, folder
        self.topic = topics.create("orders")
        self.control = topics.name("obek-control")
        self.one = obek(model_file=small.model(folder), buckets=16)
        self.sent = [order(f"o-{n}", f"c-{n % 3}", "10") for n in range(6)]
        topics.produce(self.topic, self.sent)
        self.one.run_to_end()
        self.admin = AdminClient({"bootstrap.servers": topics.bootstrap})

    def halts(self, reason, *says, arguments=(), expect=3, **overrides):
        names = [name for name in (self.topic, self.control) if self.topics.exists(name)]
        with small.Untouched(self.redis, self.topics, *names):
            process = self.one.run_to_end(*arguments, expect=expect, limit_s=60, overrides=overrides)
        told, message = small.halted(process)
        assert told == reason, message
        for words in says:
            assert words in message
        return message

    def recreate(self, records):
        self.topics.delete(self.topic)
        wait_until(lambda: not self.topics.exists(self.topic), 30, "the topic to go")
        self.topics.create("orders")
        self.topics.produce(self.topic, records)

    def delete_records(self, before):
        for future in self.admin.delete_records([TopicPartition(self.topic, 0, before)]).values():
            future.result(30)

    def delete_commits(self, kafka):
        """As if offsets.retention.minutes had passed."""
        wait_until(lambda: self.topics.group_state(self.topics.name("obek"))[0] == "EMPTY", 30, "the group to be empty")
        kafka.tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server", kafka.bootstrap, "--delete",
                   "--group", self.topics.name("obek"))

    def one_key(self, pattern):
        return self.redis.client.keys(pattern)[0]


@pytest.fixture
def lived(obek, topics, redis, folder):
    return Lived(obek, topics, redis, folder)


@pytest.mark.parametrize("records, reason", [(3, "topic_truncated"), (6, "topic_recreated"), (9, "topic_recreated")])
def test_the_topic_was_made_anew(lived, records, reason):
    lived.recreate([order(f"new-{n}", "c-1", "10") for n in range(records)])
    lived.halts(reason, f"{lived.topic}/0", "made anew")


def test_records_were_deleted_before_they_were_read(lived):
    lived.topics.produce(lived.topic, [order(f"o-{n}", "c-1", "10") for n in range(6, 10)])
    lived.delete_records(8)
    lived.halts("log_too_short", f"{lived.topic}/0 begins at 8, and must be read from 6")


def test_records_that_were_read_may_go(lived):
    lived.delete_records(6)
    lived.topics.produce(lived.topic, [order("o-6", "c-1", "2000")])
    lived.one.run_to_end()
    assert ("c-1", "large", 2) in small.moves(lived.topics)


def test_another_redis(lived, obek):
    lived.redis.empty()
    lived.halts("redis_emptied", "--rebuild makes the state anew")
    other = obek(name="other", model_file=small.model(lived.folder), buckets=16, group_id=lived.topics.name("other"),
                 control_topic=lived.topics.name("other-control"), feed_orders_topic=lived.topics.create("other-orders"))
    other.run_to_end()
    lived.halts("incarnation", "emptied or is another one", "--rebuild")


def test_a_rebuild_needs_whole_logs(lived):
    lived.redis.empty()
    lived.delete_records(1)
    assert lived.one.run_to_end("--rebuild", expect=3)
    reason, message = small.halted(lived.one.processes[-1])
    assert reason == "log_too_short" and "needs logs that still begin at 0" in message


def test_one_bucket_is_gone(lived):
    bucket = lived.one_key("obek:{*}:customer:*").split(b":")[1].decode()
    lived.redis.client.delete(f"obek:{bucket}:marks")
    lived.halts("incarnation", f"bucket {bucket[1:-1]} has no marks")


def test_commits_are_gone(lived, obek, kafka):
    lived.topics.produce(lived.topic, [order("o-6", "c-1", "2000"), order("o-7", "new", "5")])
    dying = obek({**lived.one.properties, "kafka.consumer.session.timeout.ms": 1500}, variant="failpoints", name="dying")
    dying.run_to_end(env={"OBEK_FAILPOINT": "after-save"}, expect=-9)  # saved, in the outbox, not published
    before = small.moves(lived.topics)
    lived.delete_commits(kafka)
    lived.halts("marks_without_commit", lived.topics.name("obek"), "--from-marks goes on from the marks, at least once")
    lived.one.run_to_end("--from-marks")
    lived.one.run_to_end()
    assert sorted(small.moves(lived.topics)) == sorted([*before, ("c-1", "large", 2), ("new", "small", 1)])


def test_keys_may_be_evicted(lived):
    lived.redis.client.config_set("maxmemory-policy", "allkeys-lru")
    lived.halts("redis_policy", "set maxmemory-policy noeviction")


def test_keys_were_evicted(lived):
    redis = lived.redis.client
    process = lived.one.start()
    wait_until(lambda: "event=assigned" in process.log(), 30, "the assignment")
    redis.config_set("maxmemory-policy", "volatile-ttl")
    redis.set("junk", "x", ex=1000)
    redis.config_set("maxmemory", 1)
    wait_until(lambda: redis.ping() and redis.info("stats")["evicted_keys"] == 1, 10, "junk to be evicted")
    redis.config_set("maxmemory", 0)
    redis.config_set("maxmemory-policy", "noeviction")
    assert process.wait(30) == 3
    reason, message = small.halted(process)
    assert reason == "redis_evicted" and "evicted 1 keys" in message
    lived.halts("redis_evicted", "evicted 1 keys")  # a restart does not go on without what was lost


def test_a_rebuild_of_what_is_there(lived):
    """Customers that are missing in a Redis that still has its marks would stay missing."""
    lived.redis.client.delete(lived.one_key("obek:{*}:customer:c-1"))
    lived.halts("not_emptied", "empty obek's keys first", arguments=["--rebuild"])


def test_a_newer_obek_was_here(lived):
    lived.redis.client.hset("obek:meta", "version", 99)
    lived.halts("newer_state", "format 99", "a newer obek was here")


@pytest.mark.parametrize("reason", ["newer_state", "damaged_state"])
def test_a_state_that_cannot_be_read(lived, reason):
    key = lived.one_key("obek:{*}:customer:c-1")
    record = lived.redis.client.get(key)
    revision, version = record[:8], record[8:9]
    assert version == b"\x02"
    lived.redis.client.set(key, revision + (b"\x63" + record[9:] if reason == "newer_state" else record[8:-3]))
    lived.topics.produce(lived.topic, [order("o-6", "c-1", "2000"), order("o-7", "c-2", "2000")])
    before = customers(lived), small.commits(lived.topics, lived.topic)
    process = lived.one.run_to_end(expect=3)
    told, message = small.halted(process)
    assert told == reason and "'c-1'" in message
    assert (customers(lived), small.commits(lived.topics, lived.topic)) == before
    lived.redis.client.set(key, record)
    lived.one.run_to_end()
    assert {("c-1", "large", 2), ("c-2", "large", 2)} <= set(small.moves(lived.topics))


def test_a_mark_that_cannot_be_read(lived):
    marks = lived.one_key("obek:{*}:marks")
    lived.redis.client.hset(marks, f"{lived.topic}/0", "nonsense")
    lived.halts("damaged_state", f"the mark of {lived.topic}/0 is damaged: 'nonsense'")


def customers(lived):
    return {key: value for key, value in small.redis_content(lived.redis).items() if not key.endswith((b":marks", b":watermarks"))}


def test_topics_are_not_made_here(obek, topics, redis, folder):
    one = obek(model_file=small.model(folder), topics_create=False, topics_partitions=3)
    one.run_to_end(expect=1)
    reason, message = small.halted(one.processes[-1])
    assert reason == "topics"
    assert f"--create --topic {topics.name('orders')} --partitions 3 --replication-factor" in message
    assert "--config retention.ms=-1" in message and redis.client.dbsize() == 0


@pytest.mark.parametrize("settings, says", [({"partitions": 2}, "exactly one"), ({"retention_ms": 1000}, "add-config retention.ms=-1")])
def test_a_control_topic_of_the_wrong_shape(obek, topics, redis, folder, settings, says):
    topics.create("obek-control", **settings)
    one = obek(model_file=small.model(folder))
    one.run_to_end(expect=1)
    reason, message = small.halted(one.processes[-1])
    assert reason == "topics" and says in message and redis.client.dbsize() == 0


def test_models_that_do_not_fit(lived, obek):
    """Exit status 2, and not even a new Redis and missing topics are touched."""
    wrong = {"missing.json": "No such file", "broken.json": "hysteresis", "euro.json": "currency.base is TRY"}
    small.model(lived.folder, "broken.json", changed=lambda model: model["schemes"][0].update(hysteresis=0.7))
    small.model(lived.folder, "euro.json", currency="EUR")
    for name, says in wrong.items():
        message = lived.halts("model", says, name, expect=2, **{"model.file": f"{lived.folder}/{name}"})
        assert name in message
    lived.redis.empty()
    fresh = obek(name="fresh", model_file=f"{lived.folder}/euro.json", group_id=lived.topics.name("fresh"),
                 feed_orders_topic=lived.topics.name("fresh-orders"))
    fresh.run_to_end(expect=2)
    assert lived.redis.client.dbsize() == 0
    assert not lived.topics.exists(lived.topics.name("fresh-orders"))


def test_an_instance_runs_once(lived):
    first = lived.one.start()
    wait_until(lambda: "event=assigned" in first.log(), 30, "the assignment")
    second = lived.one.start()
    assert second.wait(30) == 1
    reason, message = small.halted(second)
    assert reason == "instance" and "instance.id obek of group" in message
    assert first.running
    assert first.terminate() == 0


def test_wrong_configurations(lived):
    for override, says in [({"redis.ulr": "x"}, "did you mean 'redis.url'"), ({"buckets": 3}, "power of two"),
                           ({"feed.none.topic": "x"}, "feed"), ({"delivery": "maybe"}, "exactly_once")]:
        process = lived.one.run_to_end(expect=2, overrides=override)
        assert says in process.log()
