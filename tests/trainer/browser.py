"""A headless Chromium by the WebDriver protocol (W3C), as chromedriver speaks it; nothing but the standard library."""
import base64
import json
import subprocess
import tempfile
import urllib.request

SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--force-color-profile=srgb"]

OVERLAPS = """
const bad = [];
for (const svg of document.querySelectorAll(arguments[1])) {
    const frame = svg.getBoundingClientRect(), chart = svg.closest(arguments[0]).id;
    const boxes = [...svg.querySelectorAll("text")].filter((t) => t.textContent).map((t) => [t.getBoundingClientRect(), t.textContent]);
    for (const [b, text] of boxes) if (b.left < frame.left - 6 || b.right > frame.right + 6 || b.bottom > frame.bottom + 8) bad.push(`${chart}: outside: ${text}`);
    boxes.forEach(([a, x], i) => boxes.slice(i + 1).forEach(([b, y]) => {
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3.5) bad.push(`${chart}: ${x} / ${y}`);
    }));
}
if (document.documentElement.scrollWidth > innerWidth) bad.push(`wider than the page: ${document.documentElement.scrollWidth}`);
return bad.slice(0, 20)"""


class Browser:
    def __init__(self, binary="chromium", driver="chromedriver"):
        self.profile = tempfile.TemporaryDirectory(prefix="obek-browser-", ignore_cleanup_errors=True)
        self.process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.session = None
        try:
            for line in self.process.stdout:
                if "started successfully on port" in line:
                    self.address = f"http://127.0.0.1:{int(line.split()[-1].rstrip('.'))}/session"
                    break
            self.session = self._begin(attempts=3)
        except BaseException:
            self.close()
            raise

    def _begin(self, attempts):
        """The id of a session. A browser that is slow to start is started again."""
        options = {"args": [*SWITCHES, f"--user-data-dir={self.profile.name}"]}
        asked = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        while True:
            attempts -= 1
            try:
                return self._ask("POST", "", {"capabilities": {"alwaysMatch": asked}})["sessionId"]
            except AssertionError as refused:
                if attempts == 0 or "session not created" not in str(refused):
                    raise

    def _ask(self, method, path, body=None):
        where = self.address + (f"/{self.session}{path}" if self.session else path)
        request = urllib.request.Request(where, method=method, data=None if body is None else json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from error

    def open(self, path):
        self.go(f"file://{path}")

    def go(self, url):
        self._ask("POST", "/url", {"url": url})

    def size(self, width, height=900):
        """Of the page, not of the window around it."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def run(self, script, *arguments):
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        """The script's last argument is what it calls when it is done."""
        return self._ask("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def cdp(self, command, **parameters):
        return self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def said(self):
        """What the console has got since the last time."""
        return self._ask("POST", "/se/log", {"type": "browser"})

    def overlaps(self, chart, images=None):
        """What lies over something else or beyond its chart or the page. chart: the selector of what bears a chart's id."""
        return self.run(OVERLAPS, chart, images or f"{chart} svg")

    def print(self):
        return base64.b64decode(self._ask("POST", "/print", {"background": True}))

    def picture(self, whole=True):
        """A PNG of the page from top to bottom."""
        return base64.b64decode(self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"])

    def close(self):
        try:
            if self.session:
                self._ask("DELETE", "")
        finally:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.profile.cleanup()
