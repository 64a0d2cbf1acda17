"""obek audit: nothing is found after a good run, whatever it was made of; each of many planted corruptions is found and named."""
import json

import pytest

from obek_process import Obek
from redis_server import Redis
from story import Data, Story
from test_48_ledgers import Interventions
from topics import Topics


def audit(obek, expect=0, **more):
    """(lines by their type, summary)"""
    done = obek.call("audit", "--from-beginning", "-o", "json", expect=expect, **more)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["type"] == "summary", done.stderr
    return lines[:-1], lines[-1]


def test_a_good_run(new_story):
    story = new_story()
    doing = Interventions(story)
    doing.orders(0, 0.33)
    story.finish()
    doing.write()
    doing.orders(0.33, 1)
    story.finish()
    found, summary = audit(story.obek)
    assert found == [] and summary["differences"] == 0
    assert summary["customers"] == len(story.redis.client.keys("*:customer:*")) > 200
