"""Fixtures of the tests that disturb a replay (story.py)."""
import os

import pytest

from obek_process import Obek
from redis_server import Redis
from story import Data, Outcome, Story, assert_as_reference
from topics import Topics


@pytest.fixture(scope="session")
def data():
    """Customers whose records all are in one partition: every event is determined."""
    return Data()


@pytest.fixture(scope="session")
def spread_data():
    """Records of a customer are in any partition: the ledger and, without hysteresis, the last segment are determined."""
    return Data(seed=8, customers=260, spread=True)


@pytest.fixture(scope="session")
def timed_data():
    """As `data`, with two schemes, and time going by."""
    return Data(seed=9, customers=120, timed=True)


@pytest.fixture(scope="session")
def uninterrupted(data, _kafka, session_folder):
    """What a run that nobody disturbs makes of `data`; held against the reference first."""
    return run_undisturbed("whole", data, _kafka, session_folder)


@pytest.fixture(scope="session")
def timed_uninterrupted(timed_data, _kafka, session_folder):
    return run_undisturbed("timed", timed_data, _kafka, session_folder)


def run_undisturbed(word, data, kafka, session_folder):
    folder = os.path.join(session_folder, word)
    os.mkdir(folder)
    redis = Redis(folder)
    redis.start()
    topics = Topics(kafka.bootstrap, f"-{word}")

    def make(properties, variant, name):
        return Obek(os.path.join(folder, name), {
            "kafka.bootstrap.servers": kafka.bootstrap, "redis.url": redis.unix_url, "group.id": f"{word}-{os.getpid()}", "instance.id": name,
            "campaign.topic": f"changes-{word}", "dead.letter.topic": f"dead-{word}", "control.topic": f"control-{word}",
            "feed.orders.topic": topics.name("orders"), "currency.base": "TRY", "http.listen": "", **properties,
        }, variant)

    story = Story(data, topics, redis, make, folder)
    story.produce()
    story.finish()
    story.obek.end()
    outcome = Outcome(story)
    redis.client.close()
    redis.kill()
    assert_as_reference(outcome, data)
    return outcome


@pytest.fixture
def new_story(data, topics, redis, obek, folder):
    """Makes this test's story: new_story(**properties), new_story(data=...)."""
    def make(data=data, **properties):
        return Story(data, topics, redis, obek, folder, **properties)
    return make


@pytest.fixture
def story(new_story):
    """A story whose records are all in Kafka."""
    story = new_story()
    story.produce()
    return story
