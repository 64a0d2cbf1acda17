"""The protocol as a model (tests/model/*.pml), searched in full by spin; what is taken out of it must be missed."""
import os
import pathlib
import subprocess

import pytest

pytestmark = pytest.mark.model

PROJECT = pathlib.Path(__file__).resolve().parents[2]
CHECK = PROJECT / "scripts/check-model"


def listed(which):
    return subprocess.run([CHECK, which], capture_output=True, text=True, check=True).stdout.split()


VARIANTS = listed("list") + [pytest.param(name, marks=pytest.mark.soak) for name in listed("list-soak")]


@pytest.mark.parametrize("variant", VARIANTS)
def test_model(variant):
    done = subprocess.run([CHECK, variant], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, "BUILD": os.environ.get("OBEK_BUILD", "build")})
    print(done.stdout)
    assert done.returncode == 0
