"""Passwords and TLS to Kafka and Redis, on real servers; and secrets, which nobody but obek gets to see."""
import os
import re

import pytest

import small
from certificates import Certificates
from processes import free_port
from redis_server import Redis
from small import order
from test_80_http import Http
from test_82_three_in_the_morning import lines, wait_said
from waiting import wait_until

PASSWORD = "redis-geheim"
# as docs/security.md has it
ACL = "~obek:* resetchannels +@read +@write +@scripting +@connection -@dangerous +info +time"


@pytest.fixture(scope="module")
def certificates(session_folder):
    folder = os.path.join(session_folder, "certificates")
    os.makedirs(folder, exist_ok=True)
    return Certificates(folder)


@pytest.fixture
def guarded(folder, certificates):
    """A Redis that speaks TLS only with those who have a certificate, and wants a user and a password; (server, port)."""
    server_folder, port = os.path.join(folder, "guarded"), free_port()
    os.mkdir(server_folder)
    server = Redis(server_folder, tls_port=port, tls_cert_file=certificates.server, tls_key_file=certificates.server_key,
                   tls_ca_cert_file=certificates.ca, tls_auth_clients="yes", port=0, user=f"obek on >{PASSWORD} {ACL}")
    server.start()
    yield server, port
    server.client.close()
    server.kill()


def url(port, certificates, password=PASSWORD, host="127.0.0.1", own=True, ca=True):
    files = [f"ssl_ca_certs={certificates.ca}"] if ca else []
    files += [f"ssl_certfile={certificates.client}", f"ssl_keyfile={certificates.client_key}"] if own else []
    return f"rediss://obek:{password}@{host}:{port}/0?{'&'.join(files)}"


def test_redis_by_tls_and_as_a_user_of_little_rights(obek, topics, folder, guarded, certificates):
    """All that obek does with Redis, large pipelines and a connection that breaks included."""
    server, port = guarded
    name = topics.create("orders")
    one = obek(model_file=small.model(folder), buckets=16, batch_orders_max=20000, redis_readable="full")
    environment = {"OBEK_REDIS_URL": url(port, certificates, host="localhost")}
    topics.produce(name, [order(f"o-{n}", f"c-{n % 9000}", "5") for n in range(30000)])
    one.run_to_end(env=environment)
    assert len(small.events(topics)) == 9000
    assert one.call("show", "c-7", env=environment).stdout
    assert one.call("explain", "c-7", env=environment).stdout
    assert "9000" in one.call("segments", env=environment).stdout
    process = one.start(env=environment)
    wait_said(process, "assigned")
    server.kill()
    wait_said(process, "redis_down")
    server.start()
    topics.produce(name, [order("new", "new", "2000")])
    wait_said(process, "redis_back")
    wait_until(lambda: ("new", "large", 1) in small.moves(topics), 30, "the order behind the outage")
    one.call("erase", "new", env=environment)
    assert process.terminate() == 0
    assert not re.search("NOPERM", process.log())


@pytest.mark.parametrize("wrong, error, do", [
    ({"ca": False}, "certificate", "ssl_ca_certs"), ({"own": False}, "TLS: ", "ssl_certfile"),
    ({"host": "127.0.0.2"}, "mismatch", "ssl_ca_certs"),
    ({"password": "geheim-but-wrong"}, "WRONGPASS", "user and password")])
def test_wrong_keys_to_redis(obek, topics, folder, guarded, certificates, wrong, error, do):
    """Waited for, as any outage: whoever turns the certificate over does so in two steps."""
    server, port = guarded
    topics.create("orders")
    one = obek(model_file=small.model(folder))
    if "host" in wrong:
        server.client.config_set("bind", "127.0.0.1 127.0.0.2")
    process = one.start(env={"OBEK_REDIS_URL": url(port, certificates, **wrong)})
    line = wait_said(process, "redis_down")
    assert error in line["error"] and do in line["do"], line
    assert "geheim" not in process.log()
    assert process.terminate() == 0 and server.client.dbsize() == 0


def test_kafka_by_tls_and_password(obek, topics, folder, kafka, redis):
    """What is said of both clients is said by the same names to all of obek's: run, replay, redrive."""
    name = topics.create("orders")
    with open(f"{folder}/password", "w", encoding="utf-8") as file:
        file.write(kafka.password + "\n")
    with open(f"{folder}/orders.csv", "w", encoding="utf-8") as file:
        file.write("order_id,customer_id,occurred_at,amount\no-1,c-1,2024-01-01T00:00:00Z,5\n")
    one = obek({"kafka.bootstrap.servers": kafka.secure, "kafka.security.protocol": "SASL_SSL", "kafka.sasl.mechanism": "PLAIN",
                "kafka.sasl.username": "obek", "kafka.sasl.password": f"@file:{folder}/password",
                "kafka.ssl.ca.location": kafka.certificates.ca}, model_file=small.model(folder), buckets=16)
    one.call("replay", f"{folder}/orders.csv", "--format", "json")
    topics.produce(name, [{"key": b"k", "value": b"{"}])
    one.run_to_end()
    assert small.moves(topics) == [("c-1", "small", 1)]
    assert "undecodable" in one.call("redrive", "--dry-run").stdout
    for wrong in ({"kafka.sasl.username": "nobody"}, {"kafka.ssl.ca.location": kafka.certificates.server}):
        process = one.start(overrides=wrong)
        wait_until(lambda: re.search("Authentication failed|certificate verify failed|SSL handshake failed", process.log()), 30,
                   "the words of Kafka's client")
        assert "geheim" not in process.log()
        process.kill()


SECRETS = {"redis.url": "redis://:geheim-1@127.0.0.1:{port}", "http.token": "geheim-2", "kafka.sasl.password": "geheim-3",
           "schema.registry.basic.auth.user.info": "me:geheim-4", "schema.registry.url": "http://me:geheim-5@127.0.0.1:{nobody}",
           "kafka.ssl.key.password": "geheim-6"}


def seen_by_others(process):
    with open(f"/proc/{process.pid}/cmdline", "rb") as file:
        return file.read().decode()


def test_secrets_are_seen_nowhere(obek, topics, folder, redis):
    """Not in the log, at debug level and when servers refuse them, not in ps, not by --print-config, not over HTTP."""
    topics.create("orders")
    port = free_port()
    one = obek(model_file=small.model(folder), log_level="debug", http_listen=f"127.0.0.1:{port}")
    environment = {"OBEK_" + key.upper().replace(".", "_"): value.format(port=redis.port, nobody=free_port())
                   for key, value in SECRETS.items()}
    for wants in ("", "geheim-1"):  # Redis knows of no password; Redis has that one
        redis.client.config_set("requirepass", wants)
        process = one.start(env=environment)
        wait_until(lambda: lines(process, "redis_down") or lines(process, "registry_down"), 30, "a server that is not there")
        web = Http(port)
        wait_until(web.listens, 20)
        told = [process.log(), seen_by_others(process)]
        told += [web.ask(path, headers={"Authorization": "Bearer geheim-2"}).body.decode()
                 for path in ("/metrics", "/readyz", "/api/v1/model")]
        assert process.terminate() == 0
        told.append(process.log())
        assert [text for text in told if "geheim" in text] == []
        if wants:
            redis.client.execute_command("AUTH", wants)
    for arguments in (["run", "--print-config"], ["run", "--check-config"]):
        done = one.call(*arguments, env=environment)
        assert "geheim" not in done.stdout + done.stderr
    assert "********" in one.call("run", "--print-config", env=environment).stdout


@pytest.mark.parametrize("key", sorted(SECRETS))
def test_a_secret_on_the_command_line_is_refused(obek, folder, key):
    one = obek(model_file=small.model(folder))
    done = one.call("run", "-X", f"{key}={SECRETS[key].format(port=1, nobody=1)}", expect=2)
    assert "a secret on the command line" in done.stderr and "geheim" not in done.stderr
