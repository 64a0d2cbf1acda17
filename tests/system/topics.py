"""Topics of one Kafka: making them, writing to them and reading them to their end."""
import time

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, OffsetSpec

from waiting import wait_until

NO_LEADER_YET = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART)


SETTLES_S = 1


class Topics:
    def __init__(self, bootstrap, suffix=""):
        """suffix: what unique names end with."""
        self.bootstrap = bootstrap
        self._suffix = suffix
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self._producer = None

    def name(self, base):
        """A name that no other test uses."""
        return base + self._suffix

    def create(self, base, partitions=1, **config):
        """A new topic with a unique name, which is returned. Settings with `_` for `.`; it keeps everything unless they say else."""
        name = self.name(base)
        settings = {"retention.ms": "-1", **{key.replace("_", "."): str(value) for key, value in config.items()}}
        topic, unanswered = NewTopic(name, partitions, 1, config=settings), []
        wait_until(lambda: self._create(topic, unanswered), 60, "a broker that can have a topic")
        return name

    def _create(self, topic, unanswered):
        """False: not now. A broker that a test held up, or a busy machine, is not counted alive for a while; a request from that time
        may get no answer, and still be done."""
        try:
            _all(self._admin.create_topics([topic], request_timeout=10))
        except KafkaException as refused:
            code = refused.args[0].code()
            if code == KafkaError.TOPIC_ALREADY_EXISTS and unanswered:
                return True
            if code not in (KafkaError.INVALID_REPLICATION_FACTOR, KafkaError._TIMED_OUT, KafkaError.REQUEST_TIMED_OUT):
                raise
            unanswered.append(code)
            return False
        return True

    def delete(self, name):
        self._producer = None     # it numbers what it writes to a partition
        _all(self._admin.delete_topics([name]))

    def delete_before(self, name, partition, offset):
        """The log of the partition begins at offset afterwards."""
        _all(self._admin.delete_records([TopicPartition(name, partition, offset)]))

    def add_partitions(self, name, total):
        self._producer = None     # it knows how many there were
        _all(self._admin.create_partitions([NewPartitions(name, total)]))

    def config(self, name):
        """The topic's settings as a dict of texts."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        return {key: entry.value for key, entry in self._admin.describe_configs([resource])[resource].result().items()}

    def exists(self, name):
        return name in self._admin.list_topics(timeout=30).topics

    def partitions(self, name):
        return sorted(self._admin.list_topics(name, timeout=30).topics[name].partitions)

    def ends(self, name, committed=True):
        """{partition: end offset}; committed: the last stable offset, else the high watermark."""
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        return self._offsets(name, OffsetSpec.latest(), level)

    def starts(self, name):
        return self._offsets(name, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED)

    def _offsets(self, name, spec, level):
        """A topic that has just been created may have no leader yet."""
        deadline = time.monotonic() + 20
        while True:
            asked = {TopicPartition(name, partition): spec for partition in self.partitions(name)}
            answers = self._admin.list_offsets(asked, isolation_level=level)
            try:
                return {asked_of.partition: answer.result().offset for asked_of, answer in answers.items()}
            except KafkaException as error:
                if error.args[0].code() not in NO_LEADER_YET or time.monotonic() > deadline:
                    raise

    def produce(self, name, records):
        """Writes dicts with `value` and perhaps key, partition, timestamp (ms), headers (list of pairs); returns when all are
        acknowledged, with (partition, offset) of each, in the order of the records."""
        if self._producer is None:  # kept: an idempotent one needs half a second for its id
            self._producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5, "enable.idempotence": True, "log_level": 0,
                                       "reconnect.backoff.max.ms": 100})
        return send(self._producer, name, records)

    def produce_transaction(self, name, records, abort=False):
        producer = Producer({"bootstrap.servers": self.bootstrap, "transactional.id": f"test-{time.monotonic_ns()}"})
        producer.init_transactions(30)
        producer.begin_transaction()
        places = send(producer, name, records)
        producer.abort_transaction(30) if abort else producer.commit_transaction(30)
        return places

    def read(self, name, committed=True, limit_s=60, begin=None):
        """All messages up to the end offsets at the time of the call, by partition and offset; of partitions in begin, from that
        offset on."""
        ends = self._settled_ends(name) if committed else self.ends(name, False)
        consumer = self._reader(committed)
        try:
            consumer.assign([TopicPartition(name, partition, (begin or {}).get(partition, 0)) for partition in ends])
            return sorted(_read_to(consumer, ends, limit_s), key=lambda message: (message.partition(), message.offset()))
        finally:
            consumer.close()

    def _settled_ends(self, name):
        """A commit is answered before the broker has written the transaction's markers, until when nobody reads what was committed. A
        transaction that is really open is not waited for."""
        deadline = time.monotonic() + SETTLES_S
        while (ends := self.ends(name)) != self.ends(name, False) and time.monotonic() < deadline:
            time.sleep(0.02)
        return ends

    def _reader(self, committed):
        return Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": f"reader-{time.monotonic_ns()}", "enable.auto.commit": False,
            "isolation.level": "read_committed" if committed else "read_uncommitted", "auto.offset.reset": "earliest",
            "enable.partition.eof": True, "fetch.wait.max.ms": 20,
        })

    def committed(self, group, name):
        """{partition: TopicPartition with the group's committed offset and metadata}; only partitions that have one."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": group, "isolation.level": "read_committed"})
        try:
            asked = [TopicPartition(name, partition) for partition in self.partitions(name)]
            return {answer.partition: answer for answer in consumer.committed(asked, timeout=30) if answer.offset >= 0}
        finally:
            consumer.close()

    def lag(self, group, name):
        """Records that the group has not committed yet, over all partitions."""
        committed = self.committed(group, name)
        starts = self.starts(name)
        return sum(end - (committed[partition].offset if partition in committed else starts[partition])
                   for partition, end in self.ends(name).items())

    def group_state(self, group):
        """(state, number of members), e.g. ("STABLE", 2)."""
        description = self._admin.describe_consumer_groups([group])[group].result()
        return description.state.name, len(description.members)


def send(producer, name, records):
    """produce() with a producer of the caller's own (e.g. in a transaction)."""
    places, failures = {}, []

    def delivered(number):
        def callback(error, message):
            if error is not None:
                failures.append(error)
            else:
                places[number] = (message.partition(), message.offset())
        return callback

    count = 0
    for count, record in enumerate(records, 1):
        optional = {key: record[key] for key in ("key", "partition", "timestamp", "headers") if record.get(key) is not None}
        while True:
            try:
                producer.produce(name, record.get("value"), on_delivery=delivered(count - 1), **optional)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    unsent = producer.flush(60)
    if failures or unsent:
        raise AssertionError(f"{len(failures)} records refused, {unsent} unsent: {failures[:3]}")
    return [places[number] for number in range(count)]


def _read_to(consumer, ends, limit_s):
    """Until every partition is at its end: aborted records and markers have offsets but are never delivered, so the end of a
    partition shows in PARTITION_EOF or in a message past it."""
    deadline = time.monotonic() + limit_s
    open_partitions = {partition for partition, end in ends.items() if end > 0}
    messages = []
    while open_partitions:
        if time.monotonic() > deadline:
            raise AssertionError(f"partitions {sorted(open_partitions)} not read to their ends {ends} in {limit_s:g} s")
        for message in consumer.consume(10000, 0.05):
            if message.error() is None:
                if message.offset() < ends[message.partition()]:
                    messages.append(message)
                if message.offset() + 1 >= ends[message.partition()]:
                    open_partitions.discard(message.partition())
            elif message.error().code() == KafkaError._PARTITION_EOF:
                if message.offset() >= ends[message.partition()]:
                    open_partitions.discard(message.partition())
            elif not message.error().retriable():
                raise KafkaException(message.error())
    return messages


def _all(futures):
    for future in futures.values():
        future.result(60)
