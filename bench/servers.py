"""The real servers of the benches, in one folder, on loopback."""
import json
import os
import shutil
import subprocess
import tempfile

from kafka_server import Kafka
from obek_process import PROJECT
from redis_server import Redis
from registry_server import Registry
from topics import Topics

FETCHED = os.path.join(PROJECT, ".fetched")
ORDER_SCHEMA = os.path.join(PROJECT, "schemas", "order.avsc")


class Servers:
    """Kafka, a registry that knows the schema of orders, and as many Redis servers as are asked for."""

    def __init__(self, build):
        self.build = os.path.join(PROJECT, build)
        self.folder = tempfile.mkdtemp(prefix="obek-bench-")
        self.kafka = Kafka(self._subfolder("kafka"), os.path.join(FETCHED, "kafka"))
        self.registry = Registry(self._subfolder("registry"), os.path.join(FETCHED, "registry"))
        self.topics = None  # once started
        self.history = None  # the topic that workload.filled has filled
        self.drained = None  # the last ObekRun of the drain bench; its Redis runs on
        self.lapsed = None  # the last LapsingRun of the bench of time; its Redis runs on
        self._redis = []

    def _subfolder(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path)
        return path

    def start(self):
        self.kafka.start()
        self.topics = Topics(self.kafka.bootstrap)
        self.registry.start()

    def program(self, name):
        return os.path.join(self.build, "bench", name)

    def new_redis(self):
        """An empty Redis of its own (AOF, fsync every second), so that no run meets what another left behind."""
        redis = Redis(self._subfolder(f"redis-{len(self._redis)}"))
        redis.start()
        self._redis.append(redis)
        return redis

    def drop_redis(self, redis):
        redis.client.close()
        redis.kill()
        shutil.rmtree(redis.folder)

    def register_orders(self, topic):
        """The id of the orders' schema, registered for the topic."""
        with open(ORDER_SCHEMA) as schema:
            return self.registry.register(f"{topic}-value", schema.read())

    def load(self, topic, **options):
        """Runs bench/load to its end; what it printed."""
        words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        done = subprocess.run([self.program("load"), "--bootstrap", self.kafka.bootstrap, "--topic", topic, "--schema", ORDER_SCHEMA,
                               "--schema-id", str(self.register_orders(topic)), *words], stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)

    def end(self, keep):
        """Ends all servers; keep: leaves their folder behind, and says where."""
        self.drained = self.lapsed = self.topics = None  # their clients would complain of brokers that go
        for redis in self._redis:
            redis.kill()
        self.registry.kill()
        self.kafka.kill()
        if keep:
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder)
