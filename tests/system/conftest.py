"""Real servers for the system tests. What runs is started here, on loopback, in folders of its own, and ends with the tests."""
import os
import re
import shutil
import signal
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from kafka_server import Kafka  # noqa: E402
from obek_process import PROJECT, Obek  # noqa: E402
from proxy import Proxy  # noqa: E402
from redis_server import Redis  # noqa: E402
from reference_process import References  # noqa: E402
from registry_server import Registry  # noqa: E402
from story_fixtures import data, new_story, spread_data, story, timed_data, timed_uninterrupted, uninterrupted  # noqa: E402, F401
from topics import Topics  # noqa: E402

FETCHED = os.path.join(PROJECT, ".fetched")


_any_failed = pytest.StashKey[bool]()
_failed = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        item.session.stash[_any_failed] = True
        item.stash[_failed] = True


@pytest.fixture(autouse=True)
def _limit(request):
    """A test that hangs fails: after limit(seconds), 300 unless marked."""
    marker = request.node.get_closest_marker("limit")
    seconds = marker.args[0] if marker else 300

    def late(*_):
        raise AssertionError(f"the test is still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _folder(stash, key, name):
    """A folder with a short path (of a unix socket's path at most 107 bytes are allowed), kept after a failure."""
    folder = tempfile.mkdtemp(prefix=f"obek-{name}-")
    yield folder
    if stash.get(key, False):
        print(f"\nkept after a failure: {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def session_folder(request):
    yield from _folder(request.session.stash, _any_failed, "servers")


@pytest.fixture
def folder(request):
    """A folder of this test's own."""
    yield from _folder(request.node.stash, _failed, "test")


@pytest.fixture(scope="session")
def _kafka(session_folder):
    server_folder = os.path.join(session_folder, "kafka")
    os.mkdir(server_folder)
    server = Kafka(server_folder, os.path.join(FETCHED, "kafka"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def kafka(_kafka):
    """The broker of all tests; it runs again after a test that stopped or paused it."""
    yield _kafka
    _kafka.restore()


@pytest.fixture(scope="session")
def _registry(session_folder):
    server_folder = os.path.join(session_folder, "registry")
    os.mkdir(server_folder)
    server = Registry(server_folder, os.path.join(FETCHED, "registry"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def registry(_registry):
    """The registry of all tests; subjects are told apart by unique topic names. It runs (emptied) after a test that stopped it."""
    yield _registry
    if _registry.running:
        _registry.resume()
    else:
        _registry.start()


@pytest.fixture(scope="session")
def references(session_folder):
    """Up to a minute of work for each distinct input: done once, while the servers and obek work."""
    made = References(os.path.join(session_folder, "references"))
    yield made
    made.end()


@pytest.fixture
def redis(folder):
    """A new, empty Redis for this test."""
    server_folder = os.path.join(folder, "redis")
    os.mkdir(server_folder)
    server = Redis(server_folder)
    server.start()
    yield server
    server.client.close()
    server.kill()


@pytest.fixture
def proxy(folder, redis):
    """A proxy in front of this test's Redis."""
    server = Proxy(folder, redis.socket_path)
    yield server
    server.close()


@pytest.fixture
def topics(kafka, request, folder):
    """Topics whose names no other test uses."""
    test = re.sub(r"[^A-Za-z0-9_-]+", "-", request.node.name)[:60]
    return Topics(kafka.bootstrap, f"-{test}-{os.path.basename(folder)[-8:]}")


@pytest.fixture
def obek(kafka, redis, topics, folder):
    """Makes configurations of obek for this test's servers and unique topics: obek(**properties), `_` for `.` in names, or
    obek({"feed.web.topic": ...}). Given are kafka, redis, group, campaign, dead letter, control and orders topic (not created);
    variant="failpoints" or "mutant NAME" chooses another build. What still runs at the end is killed."""
    made = []

    def make(properties=None, variant=None, environment=None, name="obek", **more):
        given = {
            "kafka.bootstrap.servers": kafka.bootstrap, "redis.url": redis.unix_url, "group.id": topics.name("obek"),
            "instance.id": name, "campaign.topic": topics.name("segment-changes"), "dead.letter.topic": topics.name("orders-dead"),
            "control.topic": topics.name("obek-control"), "feed.orders.topic": topics.name("orders"), "currency.base": "TRY",
            "http.listen": "", **(properties or {}), **{key.replace("_", "."): value for key, value in more.items()},
        }
        made.append(Obek(os.path.join(folder, name), given, variant, environment))
        return made[-1]

    yield make
    for one in made:
        one.end()
