"""The files around the program: what reads them accepts them, a planted error fails `make check`, and they are put into place.

What nothing on this machine can check (scripts/check-packaging says SKIPPED) is skipped here, too, by its name. What stands in for docker
compose and promtool where they are missing is held against the same errors everywhere."""
import os
import re
import shutil
import subprocess

import pytest

from obek_process import PROJECT, program


def check(folder):
    done = subprocess.run([f"{PROJECT}/scripts/check-packaging", folder], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.returncode, done.stdout


@pytest.fixture
def copy(folder):
    """What is checked, to be broken."""
    shutil.copytree(f"{PROJECT}/packaging", f"{folder}/packaging")
    shutil.copy(f"{PROJECT}/docker-compose.yml", folder)
    return folder


def test_all_is_in_order(copy):
    status, said = check(copy)
    assert status == 0, said


ERRORS = [
    ("compose", "docker-compose.yml", "service_completed_successfully", "service_done"),
    ("compose", "docker-compose.yml", "    stop_grace_period: 90s", "    stop_grace_time: 90s"),
    ("compose", "docker-compose.yml", "      redis: { condition", "      rediss: { condition"),
    ("systemd", "packaging/systemd/obek@.service.in", "Restart=on-failure", "Restart=on-monday"),
    ("systemd", "packaging/systemd/obek@.service.in", "RestartPreventExitStatus", "RestartPreventExit"),
    ("systemd", "packaging/systemd/obek@.service.in", "ExecStart=@bindir@", "ExecStart=bin"),
    ("alerts", "packaging/prometheus/obek.rules.yml", "absent(up", "absent(up("),
    ("alerts", "packaging/prometheus/obek.rules.yml", "for: 10m", "for: soon"),
    ("alerts' tests", "packaging/prometheus/obek.rules.yml", "obek_lag_seconds) > 300", "obek_lag_seconds) > 3000"),
    ("alerts' tests", "packaging/prometheus/obek.rules.yml", "obek_not_ready == 1", "obek_unready == 1"),
    ("prometheus", "packaging/compose/prometheus.yml", "static_configs", "static_targets"),
    ("dashboard", "packaging/grafana/obek.json", '"schemaVersion": 39,', '"schemaVersion": 39'),
    ("dashboard", "packaging/grafana/obek.json", '"obek-overview"', '"obek"'),
    ("dashboard", "packaging/grafana/obek.json", "instance=~\\\"$instance\\\"", "instance=~\\\"$host\\\""),
    ("dashboard", "packaging/grafana/obek.json", "obek_lag_seconds", "obek_lag_minutes"),
    ("dashboard", "packaging/prometheus/obek.rules.yml", "obek_not_ready == 1", "obek_unready == 1"),
    ("man page", "packaging/man/obek.1", ".Sh NAME", ".Zz NAME"),
    ("completion", "packaging/completion/obek.bash", "    fi", "    if"),
]


def plant(path, old, new):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert old in text
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new, 1))


@pytest.mark.parametrize("name, path, old, new", ERRORS)
def test_a_planted_error_is_found(copy, name, path, old, new):
    plant(f"{copy}/{path}", old, new)
    status, said = check(copy)
    skipped = re.search(rf"^{re.escape(name)}: SKIPPED, .*$", said, re.M)
    if skipped:
        pytest.skip(skipped[0])
    assert status == 1 and f"{name}: WRONG" in said, said


STAND_INS = {"docker-compose.yml": ["check-compose"], "packaging/compose/prometheus.yml": ["check-prometheus", "config"],
             "packaging/prometheus/obek.rules.yml": ["check-prometheus", "rules"]}


def stand_in(folder, path):
    return subprocess.run([f"{PROJECT}/scripts/{STAND_INS[path][0]}", *STAND_INS[path][1:], f"{folder}/{path}"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


@pytest.mark.parametrize("path, old, new", [
    *(error[1:] for error in ERRORS if error[0] in ("compose", "alerts", "prometheus")),
    ("docker-compose.yml", "\n  kafka:\n    image", "\n  kafka\n    image"), ("docker-compose.yml", '"$$1"', '"$1"'),
    ("docker-compose.yml", "restart: unless-stopped", "restart: unless-halted"), ("docker-compose.yml", "retries: 12", "retries: often"),
    ("docker-compose.yml", "./packaging/compose/obek.properties:", "./packaging/compose/obek.property:"),
    ("docker-compose.yml", "redis:/data", "rediss:/data"), ("docker-compose.yml", "  registry:\n    image", "  redis:\n    image"),
    ("packaging/prometheus/obek.rules.yml", "severity: critical }", "severity: critical"),
    ("packaging/prometheus/obek.rules.yml", "alert: ObekAbsent", "alert: ObekDown"),
    ("packaging/prometheus/obek.rules.yml", "annotations:", "annotation:"),
])
def test_the_stand_ins_find_planted_errors(copy, path, old, new):
    """What looks at the files where docker compose and promtool are missing."""
    if subprocess.run(["python3", "-c", "import yaml"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        pytest.skip("python3 has no yaml here (python3-yaml)")
    before = stand_in(copy, path)
    assert (before.returncode, before.stdout) == (0, "")
    plant(f"{copy}/{path}", old, new)
    after = stand_in(copy, path)
    assert after.returncode == 1 and path in after.stdout and "Traceback" not in after.stdout, after.stdout


def test_images_are_pinned_and_ports_on_loopback():
    with open(f"{PROJECT}/docker-compose.yml", encoding="utf-8") as file:
        text = file.read()
    images = re.findall(r"^    image: (\S+)$", text, re.M)
    assert len(images) == len(re.findall(r"^    image:", text, re.M)) >= 8
    assert [image for image in images if not re.fullmatch(r"[\w./-]+:(v?\d[\w.-]+|local)", image)] == []
    ports = re.findall(r"^    ports: \[ (.*) \]$", text, re.M)
    assert len(ports) == text.count("ports:") >= 6
    assert [port for port in ports if not re.fullmatch(r'"127\.0\.0\.1:\d+:\d+"', port)] == []


def test_compose_s_configuration_is_accepted():
    subprocess.run([program(), "run", "--check-config", "-c", f"{PROJECT}/packaging/compose/obek.properties",
                    "-X", f"model.file={PROJECT}/config/models/demo-kmeans6.json"], check=True, timeout=30, stderr=subprocess.DEVNULL)


def commands():
    said = subprocess.run([program(), "--help"], stdout=subprocess.PIPE, text=True, check=True, timeout=30).stdout
    return re.findall(r"^  ([a-z]+) ", said[said.index("commands:"):said.index("exit status:")], re.M)


def test_the_man_page_has_every_command():
    with open(f"{PROJECT}/packaging/man/obek.1", encoding="utf-8") as file:
        page = file.read()
    assert [name for name in commands() if f".It Cm {name}\n" not in page] == []


def test_the_completion_offers_every_command():
    script = ('. "$1"; COMP_WORDS=(obek ""); COMP_CWORD=1; _obek; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "-", f"{PROJECT}/packaging/completion/obek.bash"], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "PATH": f"{os.path.dirname(program())}:{os.environ['PATH']}"}, timeout=30, check=True)
    assert set(done.stdout.split()) == {*commands(), "--help", "--version"}


def test_install_and_uninstall(folder):
    """Everything below DESTDIR, with the paths of PREFIX in the unit; nothing is left behind."""
    build = os.path.relpath(os.path.dirname(program()), PROJECT)
    words = ["make", "-C", PROJECT, "--no-print-directory", f"BUILD={build}", f"DESTDIR={folder}/stage", "PREFIX=/usr",
             "-o", "all"]
    subprocess.run([*words, "install"], check=True, stdout=subprocess.DEVNULL, timeout=120)
    stage = f"{folder}/stage"
    for path in ("usr/bin/obek", "usr/share/man/man1/obek.1", "usr/share/bash-completion/completions/obek",
                 "usr/lib/sysusers.d/obek.conf", "usr/share/obek/prometheus/obek.rules.yml", "usr/share/obek/grafana/obek.json",
                 "etc/obek/obek.properties"):
        assert os.path.isfile(f"{stage}/{path}"), path
    with open(f"{stage}/usr/lib/systemd/system/obek@.service", encoding="utf-8") as file:
        unit = file.read()
    assert "ExecStart=/usr/bin/obek run -c /etc/obek/obek.properties" in unit and "@bindir@" not in unit and "@sysconfdir@" not in unit
    assert "RestartPreventExitStatus=2 3" in unit
    subprocess.run([*words, "uninstall"], check=True, stdout=subprocess.DEVNULL, timeout=120)
    assert [name for _, _, names in os.walk(stage) for name in names] == []
