"""The program build/tests/core/answers, which asks the core; and the same questions for the reference."""
import json
import os
import pathlib
import subprocess

from reference.ledger import Ledger
from reference.model import HORIZON_MS, Model
from reference.order import decode

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = PROJECT / os.environ.get("OBEK_BUILD", "build") / "tests" / "core" / "answers"


def model_of(*schemes):
    return {"obek_model": 1, "name": "m", "version": "1", "created": "2021-06-01", "currency": "TRY", "schemes": list(schemes)}


class Pair:
    """A customer's orders, (at, minor units, offline) each, at an instant, and a model."""

    def __init__(self, orders, now, spec, present=None):
        self.orders, self.now, self.spec, self.present = orders, now, spec, present or {}
        self.schemes = {scheme.name: scheme for scheme in Model(spec).schemes}
        ledger = Ledger(32)
        for n, (at, minor, offline) in enumerate(orders):
            ledger.apply(decode({"order_id": str(n), "customer_id": "c", "occurred_at": at, "channel": "Store" if offline else "Mobile",
                                 "amount": f"{minor // 100}.{minor % 100:02d}"}, at))
        self.totals = ledger.totals()

    def question(self):
        return {"model": json.dumps(self.spec), "orders": self.orders, "now": self.now, "present": self.present}

    def index(self, scheme):
        """The segment at `now`."""
        known = self.present.get(scheme.name)
        return scheme.assign(self.totals, self.now, None if known is None else scheme.ids.index(known))

    def reference(self, name):
        """What the core must answer."""
        scheme = self.schemes[name]
        index = self.index(scheme)
        due = scheme.first_change(self.totals, index, self.now, self.now + HORIZON_MS)
        following = None if due is None else scheme.ids[scheme.assign(self.totals, due, index)]
        answer = scheme.answer(self.totals, self.now, index)
        runner_up = following if type(scheme).__name__ == "Rfm" else \
            None if answer.runner_up is None else scheme.ids[answer.runner_up]
        return {"segment": scheme.ids[index], "margin": answer.margin, "runner_up": runner_up, "values": answer.features, "due": due,
                "next": following}


def ask(pairs):
    """What the core answers, a dictionary by scheme for each pair."""
    lines = "".join(json.dumps(pair.question()) + "\n" for pair in pairs)
    done = subprocess.run([PROGRAM], input=lines, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
