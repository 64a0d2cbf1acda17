"""The orders that the benches drain, and the two programs that drain them."""
import os

from obek_process import PROJECT, Obek
from processes import Process

BATCH = 10000  # records of a transaction: obek's default, and given to the bare program
MODEL = os.path.join(PROJECT, "config", "models", "flo-kmeans7.json")
SEED = 7


def filled(servers, options):
    """The topic with the orders of a history, filled once; its name."""
    if servers.history is None:
        servers.history = fill(servers, options)
    return servers.history


def fill(servers, options):
    topic = servers.topics.create("orders", partitions=options.partitions)
    sent = servers.load(topic, format=options.format, orders=options.orders, customers=options.customers, seed=SEED)
    assert sent["sent"] == options.orders
    print(f"{options.orders:,} orders ({options.format}) of {options.customers:,} customers in {options.partitions} partitions, "
          f"loaded in {sent['seconds']:.1f} s", flush=True)
    return topic


class BareRun:
    def __init__(self, servers, topic, options, name):
        self.group = name
        self.redis = servers.new_redis()
        self._log = os.path.join(servers.folder, f"{self.group}.log")
        self._words = [servers.program("bare"), "--bootstrap", servers.kafka.bootstrap, "--topic", topic, "--group", self.group,
                       "--redis-socket", self.redis.socket_path, "--orders", options.orders, "--batch", BATCH]

    def start(self):
        return Process(self._words, self._log)

    def check(self, options):
        found = self.redis.client.dbsize()
        assert found == options.customers, f"{found} states in Redis, not {options.customers}"


class ObekRun:
    """obek with a group, a Redis and topics of its own."""

    def __init__(self, servers, topic, options, model, name, properties=None):
        self.topic = topic
        self.group = name
        self.redis = servers.new_redis()
        self.topics = servers.topics
        self.changes, self.dead = f"{name}-changes", f"{name}-dead"
        self._obek = Obek(os.path.join(servers.folder, self.group), {
            "kafka.bootstrap.servers": servers.kafka.bootstrap, "redis.url": self.redis.unix_url, "group.id": self.group,
            "instance.id": "bench", "schema.registry.url": servers.registry.url, "feed.orders.topic": topic,
            "campaign.topic": self.changes, "dead.letter.topic": self.dead, "control.topic": f"{name}-control",
            "model.file": model, "currency.base": "TRY", "http.listen": "", "batch.orders.max": BATCH,
            "clock": "manual",  # what time alone does is another bench's
            **(properties or {}),
            **dict(setting.split("=", 1) for setting in options.set),
        })
        self._obek.program = os.path.join(servers.build, "obek")

    def start(self, *arguments):
        return self._obek.start(*arguments)

    def start_to_end(self):
        return self.start("--exit-at-end")

    def customers(self):
        return sum(1 for _ in self.redis.client.scan_iter(match="obek:{*}:customer:*", count=10000))

    def events(self):
        """Records of the topic of changes; transaction markers count, one per transaction and partition."""
        return sum(self.topics.ends(self.changes).values())

    def check(self, options):
        found = self.customers()
        assert found == options.customers, f"{found} states in Redis, not {options.customers}"
        assert self.events() >= options.customers, "customers without an entry"
        self.check_no_dead_letters()

    def check_no_dead_letters(self):
        assert sum(self.topics.ends(self.dead).values()) == 0, f"there are dead letters in {self.dead}"
