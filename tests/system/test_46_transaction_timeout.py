"""A transaction that the coordinator has timed out is not the sign of another process with this instance.id."""
import json
import time

import pytest

from small import MODEL, order
from waiting import wait_until


@pytest.mark.limit(120)
def test_a_process_that_slept_through_its_transaction_goes_on(obek, topics, folder):
    """Once it left with `fenced`: the coordinator raises the producer's epoch when it aborts a transaction by itself."""
    with open(f"{folder}/model.json", "w", encoding="utf-8") as file:
        json.dump(MODEL, file)
    now = int(time.time() * 1000)
    name, changes = topics.create("orders"), topics.create("segment-changes")
    one = obek({"kafka.transaction.timeout.ms": "2000"}, model_file=f"{folder}/model.json", variant="failpoints")
    topics.produce(name, [order("o1", "c1", "5", now - 20000)])
    one.run_to_end()
    topics.produce(name, [order("o2", "c1", "5", now - 10000)])  # no event: what times out are offsets alone
    process = one.start(env={"OBEK_FAILPOINT": "before-commit:2:stop"})
    wait_until(lambda: process._state() == "T", 60, "the failpoint")
    topics.committed(topics.name("obek"), name)  # is answered once the coordinator has aborted the transaction
    process.resume()
    wait_until(lambda: topics.lag(topics.name("obek"), name) == 0, 60, "the offsets")
    assert process.terminate() == 0, process.log()
    assert len(topics.read(changes)) == 1
