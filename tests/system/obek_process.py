"""The program under test: its configuration file, its processes, and one-shot commands."""
import itertools
import os
import re
import subprocess

from processes import Process

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def program(variant=None):
    """The program under test: as it is installed, or "failpoints" (the same with failpoints), or "mutant NAME" (of tests/mutants).
    $OBEK_BUILD chooses the build folder, e.g. one with sanitizers; mutants are built without."""
    if variant is not None and variant.startswith("mutant "):
        return os.path.join(PROJECT, "build-mutants", variant.removeprefix("mutant "), "build-failpoints", "obek")
    build = os.environ.get("OBEK_BUILD", "build")
    return os.path.join(PROJECT, build if variant is None else f"{build}-{variant}", "obek")


class Obek:
    """One configuration of obek. Several processes of it may run: start() returns each."""

    def __init__(self, folder, properties, variant=None, environment=None):
        """properties: values are written as texts, booleans as true and false. variant: see program()."""
        self.folder = str(folder)
        self.program = program(variant)
        self.config_path = os.path.join(self.folder, "obek.properties")
        self.properties = dict(properties)
        self._environment = environment or {}
        self._numbers = itertools.count(1)
        self.processes = []
        os.makedirs(self.folder, exist_ok=True)
        self.write_config()

    def write_config(self, **changes):
        """Writes the file anew, with changed properties (`_` for `.`; None takes one out)."""
        for name, value in changes.items():
            self.properties[name.replace("_", ".")] = value
        with open(self.config_path, "w", encoding="utf-8") as file:
            for name, value in self.properties.items():
                if value is not None:
                    file.write(f"{name} = {_text(value)}\n")

    def _env(self, extra):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OBEK_")}
        return {**clean, **self._environment, **(extra or {})}

    def start(self, *arguments, overrides=None, env=None):
        """`obek run -c FILE -X overrides... arguments` in the background: a Process. Only from the main thread."""
        log_path = os.path.join(self.folder, f"run-{next(self._numbers)}.log")
        settings = [word for name, value in (overrides or {}).items() for word in ("-X", f"{name}={_text(value)}")]
        process = Process([self.program, "run", "-c", self.config_path, *settings, *arguments], log_path, env=self._env(env),
                          cwd=self.folder)
        self.processes.append(process)
        return process

    def run_to_end(self, *arguments, limit_s=120, overrides=None, env=None, expect=0):
        """`obek run --exit-at-end` until it exits; its exit code must be `expect` (None: any). The ended Process."""
        process = self.start("--exit-at-end", *arguments, overrides=overrides, env=env)
        code = process.wait(limit_s)
        assert expect is None or code == expect, f"obek exited with {code}, not {expect}:\n{process.log_tail()}"
        return process

    def call(self, command, *arguments, limit_s=60, expect=0, env=None, config=True, text=True):
        """A one-shot command such as call("show", "customer-1"); CompletedProcess with stdout and stderr."""
        words = [self.program, *command.split(), *(["-c", self.config_path] if config else []), *map(str, arguments)]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=text,
                              timeout=limit_s, env=self._env(env), cwd=self.folder)
        assert expect is None or done.returncode == expect, f"{words} exited with {done.returncode}, not {expect}:\n{done.stderr}"
        return done

    def end(self):
        """Kills what still runs; AssertionError when a sanitizer has reported something in any of the logs."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            report = re.search(r"^.*(ERROR: \w*Sanitizer|WARNING: ThreadSanitizer|: runtime error: ).*$", process.log(), re.M)
            assert report is None, f"{process.log_path}: {report[0]}"


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)
