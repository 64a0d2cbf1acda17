"""schemas/model.schema.json against the shipped models, and against the models that the tests make up."""
import copy
import json
import random

import jsonschema
import pytest

from .answers import PROJECT
from .random_pairs import random_pair

SCHEMA = json.loads((PROJECT / "schemas" / "model.schema.json").read_text(encoding="utf-8"))
MODELS = sorted((PROJECT / "config" / "models").glob("*.json"))


def valid(model):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(model)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_shipped_models(path):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), SCHEMA, jsonschema.Draft202012Validator)


def test_made_up_models():
    chance = random.Random("schema")
    for _ in range(100):
        jsonschema.validate(random_pair(chance).spec, SCHEMA, jsonschema.Draft202012Validator)


SLIPS = [("kmeans", "hysteresis", 0.5), ("kmeans", "table", []), ("rfm", "hysteresis", 0), ("rfm", "table", [["no id"]]),
         ("rfm", "cuts", [1, 2]), ("rfm", "type", "grid"), ("cltv", "x", "monetary"), ("cltv", "months", 0), ("cltv", "discount", -0.01),
         ("cltv", "caps", {"orders_online": 0}), ("cltv", "gamma_gamma", {"p": 1, "q": 2}), ("cltv", "features", [])]


@pytest.mark.parametrize("slip", SLIPS, ids=str)
def test_slips_are_refused(slip):
    scheme, key, value = slip
    model = json.loads((PROJECT / "config" / "models" / "flo-all.json").read_text(encoding="utf-8"))
    wrong = copy.deepcopy(model)
    next(s for s in wrong["schemes"] if s["name"] == scheme)[key] = value
    assert valid(model) and not valid(wrong)
