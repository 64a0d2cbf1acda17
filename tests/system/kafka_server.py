"""A real Kafka broker: one KRaft node on loopback, with a second address that asks for TLS and a password; in a folder of its own, it
can be stopped, killed, paused and started again."""
import os
import subprocess

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from certificates import Certificates
from processes import Process, free_port
from waiting import wait_until

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},SECURE://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SECURE://127.0.0.1:{secure}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  user_obek="{password}";
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={keystore}
log.dirs={data}
num.partitions=1
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=200
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.retention.ms=-1
log.cleaner.enable=false
broker.heartbeat.interval.ms=300
broker.session.timeout.ms=2000
"""

LOG4J = """\
status = error
appender.stdout.type = Console
appender.stdout.name = stdout
appender.stdout.layout.type = PatternLayout
appender.stdout.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.stdout.ref = stdout
"""

JAVA = ("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class Kafka:
    def __init__(self, folder, jars):
        """folder: kept over restarts. jars: the folder with Kafka's classes."""
        self.folder = folder
        self.log_path = os.path.join(folder, "kafka.log")
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.secure = f"127.0.0.1:{free_port()}"
        self.password = "kafka-geheim"  # of the user obek, at the secure address
        self.certificates = Certificates(folder)
        self._classpath = os.path.join(jars, "*")
        self._properties = os.path.join(folder, "server.properties")
        self._process = None
        with open(self._properties, "w") as properties:
            properties.write(PROPERTIES.format(port=self.port, controller=free_port(), data=os.path.join(folder, "data"),
                                               secure=self.secure.rpartition(":")[2], password=self.password,
                                               keystore=self.certificates.keystore))
        with open(os.path.join(folder, "log4j2.properties"), "w") as log4j:
            log4j.write(LOG4J)
        self._format()

    def _java(self, *arguments):
        log4j = "-Dlog4j2.configurationFile=" + os.path.join(self.folder, "log4j2.properties")
        return [*JAVA, log4j, "-cp", self._classpath, *arguments]

    def _format(self):
        self.tool("kafka.tools.StorageTool", "format", "-t", "b2Jlay10ZXN0cy1vYmVrMQ", "-c", self._properties)

    def tool(self, main_class, *arguments, limit_s=60):
        """One of Kafka's own command line tools (e.g. kafka.tools.DumpLogSegments); its output. An exit code but 0 raises."""
        done = subprocess.run(self._java(main_class, *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=limit_s, cwd=self.folder)
        if done.returncode != 0:
            raise AssertionError(f"{main_class} failed:\n{done.stdout}")
        return done.stdout

    def start(self, limit_s=60):
        """Starts on the same ports and data; returns once it answers."""
        assert not self.running
        self._process = Process(self._java("kafka.Kafka", self._properties), self.log_path, cwd=self.folder)
        wait_until(self._answers, limit_s, f"Kafka to answer; its log is {self.log_path}")

    def _answers(self):
        assert self.running, f"Kafka has ended:\n{self._process.log_tail()}"
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        try:
            return bool(admin.list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    @property
    def pid(self):
        return self._process.pid

    @property
    def running(self):
        return self._process is not None and self._process.running

    def stop(self):
        """SIGTERM, as an operator would."""
        if self.running:
            self._process.terminate(60)

    def kill(self):
        if self.running:
            self._process.kill()

    def pause(self):
        self._process.pause()

    def resume(self):
        self._process.resume()

    def restore(self):
        """After a test that stopped or paused it: running again."""
        if self.running:
            self._process.resume()
        else:
            self.start()
