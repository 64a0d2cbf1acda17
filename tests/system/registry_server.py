"""A real schema registry (Apicurio, by its Confluent-compatible API), in memory."""
import json
import os
import urllib.error
import urllib.request

from processes import Process, free_port
from waiting import wait_until

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"


class Registry:
    def __init__(self, folder, program):
        """program: the folder in which the registry's archive was unpacked."""
        self.log_path = os.path.join(folder, "registry.log")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/apis/ccompat/v7"
        self._folder = folder
        self._jar = next(os.path.join(root, name) for root, _, names in os.walk(program) for name in names
                         if name.startswith("apicurio-registry-app-") and name.endswith("-runner.jar"))
        self._process = None

    def start(self, limit_s=90):
        """Starts empty (it keeps nothing over a restart); returns once it answers."""
        assert not self.running
        self._process = Process(["java", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dquarkus.http.host=127.0.0.1",
                                 f"-Dquarkus.http.port={self.port}", "-jar", self._jar], self.log_path, cwd=self._folder)
        wait_until(self._answers, limit_s, f"the registry to answer; its log is {self.log_path}", every_s=0.1)

    def _answers(self):
        assert self.running, f"the registry has ended:\n{self._process.log_tail()}"
        try:
            return self.request("GET", "/subjects")[0] == 200
        except OSError:
            return False

    @property
    def running(self):
        return self._process is not None and self._process.running

    def stop(self):
        if self.running:
            self._process.terminate(60)

    def kill(self):
        if self.running:
            self._process.kill()

    def pause(self):
        self._process.pause()

    def resume(self):
        self._process.resume()

    def request(self, method, path, body=None):
        """(status, parsed answer) of one call of its API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": CONTENT_TYPE}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def register(self, subject, schema):
        """The id of a schema (a dict, or its JSON text) registered under the subject."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        status, answer = self.request("POST", f"/subjects/{subject}/versions", {"schema": text})
        assert status == 200, answer
        return answer["id"]
