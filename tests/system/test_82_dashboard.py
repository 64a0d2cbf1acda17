"""The dashboard in a real browser while orders flow: its numbers move and are those of Redis and of the topic, look-ups work, nothing
goes wrong in the console, and whatever ids and labels say stays text. $OBEK_PICTURES: a folder for what it looks like."""
import collections
import json
import os
import random
import time

import pytest

from obek_process import PROJECT
from processes import free_port
from small import events, model, order
from test_80_http import TOKEN, Http, ready
from trainer.browser import Browser
from waiting import wait_until

DAY_MS = 86400000
HOSTILE = ["<script>window.hacked=1</script>", "</script><img src=x onerror=\"window.hacked=1\">", "\u202eevil\u202c", "{{7*7}}${7*7}", "a/b?c#d%2F&e=\"'",
           "line\u2028paragraph\u2029"]
PICTURES = os.environ.get("OBEK_PICTURES")


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


def opened(browser, url, width=1440, scheme="light"):
    browser.size(width)
    browser.prefer(scheme)
    browser.go("about:blank")  # the page before asks no more
    browser.said()
    browser.go(url)
    assert browser.run("return document.documentElement.dataset.drawn") is not None, browser.said()


def texts(browser, selector):
    return browser.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)


def marks(browser, panel, *names):
    return browser.run("""return [...document.querySelectorAll(`#${arguments[0]} svg .mark`)].map((m) => arguments[1].map((name) => m.getAttribute(name)))""",
                       panel, list(names))


def sizes_shown(browser):
    return {name: int(value) for name, value in marks(browser, "sizes", "data-segment", "data-value")}


def flows_shown(browser):
    return {(a or None, b or None): int(value) for a, b, value in marks(browser, "flows", "data-from", "data-to", "data-value")}


def choose(browser, control, value):
    browser.run("const s = document.getElementById(arguments[0]); s.value = arguments[1]; s.dispatchEvent(new Event('change'))", control, value)


def look_up(browser, who):
    browser.run("document.getElementById('customer-id').value = arguments[0]; document.querySelector('#customer form').requestSubmit()", who)
    wait_until(lambda: texts(browser, "#customer .found h3")[:1] == [who] or texts(browser, "#customer .warning"), 20)


HOLD = """
const [path] = arguments, real = window.fetch;
window.letGo = null;
window.fetch = (asked, ...more) => (asked !== path ? real(asked, ...more) : new Promise((go) => (window.letGo = () => {
    window.fetch = real;
    go({ ok: true, status: 200, text: () => Promise.resolve(JSON.stringify({ text: "too late" })) });
})));"""


def fill_token(browser, token):
    browser.run("document.getElementById('token').value = arguments[0]; document.querySelector('.gate').requestSubmit()", token)


def pictures(browser, name, widths=(1440, 390)):
    """Of the page as it is; its language, theme and customer stay."""
    if PICTURES is None:
        return
    for width in widths:
        browser.size(width)
        browser.run("document.activeElement.blur(); scrollTo(0, 0)")
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            time.sleep(1.2)  # for the eye alone
            with open(f"{PICTURES}/{name}-{width}-{scheme}.png", "wb") as file:
                file.write(browser.picture())
    browser.size(1440)
    browser.prefer("light")


def made_orders(n, customers, seed=82):
    """Orders of two years, in time order; most customers buy now and then, so that time moves them too."""
    chance = random.Random(seed)
    begin = int(time.time() * 1000) - 730 * DAY_MS
    return [order(f"o{i}", f"customer-{int(customers * chance.random() ** 1.5)}", round(chance.lognormvariate(4.5, 1), 2), begin + i * 729 * DAY_MS // n,
                  channel=chance.choice(["Mobile", "Desktop", "Store", "Offline"]), partition=i % 2) for i in range(n)]


def flows_of(found, scheme):
    return dict(collections.Counter((e["from_segment"], e["to_segment"]) for e in found if e["scheme"] == scheme))


@pytest.fixture
def shop(obek, folder, topics):
    """obek with the FLO model behind a token: (one, process, url, web, name of the orders' topic)."""
    name, port = topics.create("orders", partitions=2), free_port()
    one = obek(model_file=f"{PROJECT}/config/models/flo-all.json", clock="event", http_listen=f"127.0.0.1:{port}", http_token=TOKEN)
    process, web = one.start(), Http(port)
    wait_until(web.listens, 20)
    ready(web)
    return one, process, f"http://127.0.0.1:{port}/", name


def sizes_of(one, what="customers"):
    schemes = json.loads(one.call("segments", "-o", "json").stdout)["schemes"]
    return {s["scheme"]: {row["segment"]: row[what] for row in s["segments"]} for s in schemes}


def stakes_shown(browser):
    return {name: float(value) for name, value in marks(browser, "stake", "data-id", "data-value")}


def test_numbers_move_and_are_those_of_redis_and_the_topic(browser, shop, topics):
    one, process, url, name = shop
    orders = made_orders(3000, 400)
    topics.produce(name, orders[:1200])
    opened(browser, url)
    assert browser.run("return document.activeElement !== null && document.querySelector('#token').type") == "password"
    fill_token(browser, TOKEN)
    wait_until(lambda: sizes_shown(browser), 30)
    wait_until(lambda: texts(browser, "#state .words-of-state") == ["Ready"], 20)
    seen = []
    for at in range(1200, 3000, 600):
        topics.produce(name, orders[at:at + 600])
        before = seen[-1] if seen else None
        wait_until(lambda: (sizes_shown(browser), flows_shown(browser)) != before, 30)
        seen.append((sizes_shown(browser), flows_shown(browser)))
    topics.produce(name, [{"value": b"{", "partition": 0}, {"value": b'{"order_id": "x"}', "partition": 1}])
    wait_until(lambda: sum(int(n) for _, n in marks(browser, "dead", "data-id", "data-value")) == 2, 30)
    schemes = browser.run("return [...document.querySelectorAll('#scheme option')].map((o) => o.textContent)")
    assert len(schemes) == 3
    choose(browser, "window", "24h")
    for i, scheme in enumerate(schemes):
        choose(browser, "scheme", i)
        wait_until(lambda: sizes_shown(browser) == sizes_of(one)[scheme], 30)
        wait_until(lambda: stakes_shown(browser) == {name: float(value) for name, value in sizes_of(one, "cltv")[scheme].items()}, 30)
        wanted = flows_of(events(topics), scheme)
        largest = sorted(wanted.values(), reverse=True)[:40]
        wait_until(lambda: sorted(flows_shown(browser).values(), reverse=True) == largest, 30)
        shown = flows_shown(browser)
        assert all(wanted[move] == n for move, n in shown.items())
        listed = texts(browser, "#latest td button")
        assert len(listed) == 40 and set(listed) <= {e["customer_id"] for e in events(topics) if e["scheme"] == scheme}
    causes = {name: 0 for name in ("by_time", "by_order", "by_other")}
    for kind, n in marks(browser, "causes", "data-id", "data-value"):
        causes[kind] += int(n)
    found = collections.Counter(e["cause"] for e in events(topics))
    assert (causes["by_time"], causes["by_order"], causes["by_other"]) == (found["TIME"], found["ORDER"], 0) and causes["by_time"] > 0
    browser.run("document.getElementById('pause').click()")
    for i in range(len(schemes)):  # at once, also where nothing comes
        choose(browser, "scheme", i)
        moved = set(texts(browser, "#latest td .segment"))
        assert moved and moved <= set(texts(browser, "#sizes td .segment")), schemes[i]
    browser.run("document.getElementById('pause').click()")
    browser.run("document.querySelector('#worth details').open = true")
    wait_until(lambda: texts(browser, "#worth .foot .scroll"), 10)
    browser.run("window.kept = document.querySelector('#worth .foot .scroll')")
    for i in range(len(schemes)):
        choose(browser, "scheme", i)
        assert browser.run("return window.kept.isConnected") and texts(browser, "#worth .foot td:first-child") == texts(browser, "#sizes td:first-child")
    choose(browser, "scheme", 0)
    who = events(topics)[-1]["customer_id"]
    look_up(browser, who)
    shown = json.loads(one.call("show", "-o", "json", who).stdout)
    assert texts(browser, "#customer dd")[0] == str(shown["orders"]) and len(texts(browser, "#customer .words")) == 1
    assert len(texts(browser, "#customer .columns > div:first-child tbody tr")) == len(shown["transitions"])
    other = next(e["customer_id"] for e in events(topics) if e["customer_id"] != who)
    browser.run(HOLD, f"/api/v1/customers/{other}/explanation?lang=en")
    browser.run("document.getElementById('customer-id').value = arguments[0]; document.querySelector('#customer form').requestSubmit()", other)
    wait_until(lambda: browser.run("return window.letGo !== null"), 20)
    look_up(browser, who)
    browser.run_async("window.letGo(); setTimeout(arguments[0])")
    assert texts(browser, "#customer .found h3")[:1] == [who] and texts(browser, "#customer .words") != ["too late"]
    listed = browser.run("const b = document.querySelector('#latest td button'); b.focus(); b.click(); return b.textContent")
    wait_until(lambda: browser.run("return document.activeElement === document.querySelector('#customer .found h3')"), 20)
    assert texts(browser, "#customer .found h3")[:1] == [listed]
    look_up(browser, who)
    pictures(browser, "dashboard")
    for width in (1440, 390):
        browser.size(width)
        for _ in range(2):
            browser.run("document.getElementById('language').click()")
            wait_until(lambda: sizes_shown(browser), 10)
            assert browser.overlaps("section", "main svg") == [], width
    browser.run("document.getElementById('language').click()")
    assert texts(browser, "#customer-title") == ["Müşteri ara"]
    pictures(browser, "turkish", (1440,))
    assert browser.said() == []
    assert TOKEN not in browser.run("return document.documentElement.outerHTML + location.href")
    assert process.terminate() == 0


def test_hostile_ids_and_labels_stay_text(browser, obek, folder, topics):
    def spoil(written):
        for segment, label in zip(written["schemes"][0]["segments"], HOSTILE[:2]):
            segment["label"] = {"en": label, "tr": label}

    name, port = topics.create("orders", partitions=1), free_port()
    one = obek(model_file=model(folder, changed=spoil), http_listen=f"127.0.0.1:{port}")
    web, url = Http(port) if one.start() else None, f"http://127.0.0.1:{port}/"
    wait_until(web.listens, 20)
    ready(web)
    topics.produce(name, [order(f"o{i}", who, 10 + 990 * (i % 2)) for i, who in enumerate(HOSTILE + ["..", "x" * 255])])
    opened(browser, url)
    wait_until(lambda: set(HOSTILE) - {HOSTILE[2]} <= set(texts(browser, "#latest td button")), 30)
    for who in HOSTILE:
        browser.run("document.getElementById('customer-id').value = arguments[0]; document.querySelector('#customer form').requestSubmit()", who)
        wait_until(lambda: texts(browser, "#customer .found h3")[:1] == [who.replace("\u202e", " ").replace("\u202c", " ")], 20)
    browser.run("document.getElementById('customer-id').value = '..'; document.querySelector('#customer form').requestSubmit()")
    wait_until(lambda: "obek show" in "".join(texts(browser, "#customer .warning")), 10)
    assert browser.run("return window.hacked") is None
    assert browser.run("return document.querySelectorAll('main img, main script, footer script').length") == 0
    assert browser.said() == []
    browser.run("document.getElementById('customer-id').value = 'nobody'; document.querySelector('#customer form').requestSubmit()")
    wait_until(lambda: texts(browser, "#customer .warning") == ["There is no such customer."], 10)
    assert [line for line in browser.said() if "404" not in line["message"]] == []


def test_a_wrong_token_is_said_and_an_end_is_noticed(browser, shop):
    _, process, url, _ = shop
    opened(browser, url)
    browser.run("sessionStorage.clear()")
    opened(browser, url)
    fill_token(browser, "wrong")
    wait_until(lambda: texts(browser, ".gate .warning") == ["That token was not accepted."], 20)
    fill_token(browser, TOKEN)
    wait_until(lambda: texts(browser, "#state .words-of-state") == ["Ready"], 30)
    assert process.terminate() == 0
    wait_until(lambda: texts(browser, "#state .words-of-state")[0].startswith("No answer since"), 30)
    browser.said()


def test_a_page_from_before_there_was_a_token_asks_for_it(browser, obek, folder, topics):
    topics.create("orders", partitions=1)
    port = free_port()
    one, web = obek(model_file=model(folder), http_listen=f"127.0.0.1:{port}"), Http(port)
    process = one.start()
    wait_until(web.listens, 20)
    ready(web)
    opened(browser, f"http://127.0.0.1:{port}/")
    wait_until(lambda: texts(browser, "#state .words-of-state") == ["Ready"], 30)
    assert process.terminate() == 0
    one.write_config(http_token=TOKEN)
    one.start()
    wait_until(web.listens, 20)
    wait_until(lambda: texts(browser, ".gate h2"), 30)
    assert texts(browser, ".gate .warning") == []
    fill_token(browser, TOKEN)
    wait_until(lambda: texts(browser, "#state .words-of-state") == ["Ready"] and texts(browser, "#forget"), 30)
    assert [line for line in browser.said() if "401" not in line["message"] and "net::ERR" not in line["message"]] == []


def test_the_page_is_nobodys_frame_and_runs_nothing_else(shop):
    answer = Http(int(shop[2].rpartition(":")[2].strip("/"))).ask("/")
    page = answer.body.decode()
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert "default-src 'none'" in page and "unsafe-inline" not in page and "connect-src 'self'" in page
    assert "Mike Bostock" in page and TOKEN not in page
