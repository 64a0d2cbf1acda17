"""What a service manager hears (sd_notify): ready once the partitions are taken up, alive meanwhile, stopping at SIGTERM."""
import json
import socket

import pytest

from small import MODEL
from waiting import wait_until


@pytest.fixture
def manager(folder):
    """A socket in the place of systemd's, and all it has heard."""
    heard = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"{folder}/notify")
        listener.setblocking(False)

        def hear():
            try:
                while True:
                    heard.append(listener.recv(256).decode())
            except BlockingIOError:
                return heard

        yield f"{folder}/notify", hear


def test_ready_alive_stopping(obek, topics, folder, manager):
    path, hear = manager
    topics.create("orders")
    with open(f"{folder}/model.json", "w", encoding="utf-8") as file:
        json.dump(MODEL, file)
    process = obek(model_file=f"{folder}/model.json").start(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000000"})
    wait_until(lambda: "READY=1" in hear(), 60, "obek to be ready")
    assert "event=assigned" in process.log()
    alive = hear().count("WATCHDOG=1")
    wait_until(lambda: hear().count("WATCHDOG=1") >= alive + 3, 30, "three more signs of life")
    assert process.terminate(60) == 0
    assert hear().count("READY=1") == 1
    assert hear().count("STOPPING=1") == 1
