import { el } from "../report/dom.js";
import { askJson, askText, keepToken, listen, needsToken, Refused, token } from "./api.js";
import { deadPanel, driftPanel, lagPanel } from "./care.js";
import { causesPanel, cltvScheme, flowsPanel, keepSpeed, sizesPanel, speedsPanel, stakePanel, worthPanel } from "./charts.js";
import { customerPanel, lookUp } from "./customer.js";
import { known, metrics, page, samplesIn, samplesOf, sumOf, view } from "./data.js";
import { keepChange, latestPanel } from "./latest.js";
import { forgetPanels, refreshAll } from "./panel.js";
import { tiles } from "./tiles.js";
import { reasonWords, seconds, t } from "./words.js";

const root = document.documentElement, METRICS_MS = 2000, SIZES_MS = 3000, REFRESH_MS = 500;
const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const pauseFor = (ms) => new Promise((go) => setTimeout(go, ms));

// ---- the page ----

const choice = (id, options, chosen, choose) => el("label", {}, `${t(id)} `, el("select", { id, onchange: (event) => choose(event.target.value) }, options.map(([value, words]) => el("option", { value, selected: String(value) === String(chosen) }, words))));

function bar() {
    const schemes = metrics.schemes.length > 1 && choice("scheme", metrics.schemes.map((s, i) => [i, s.name]), view.scheme, (value) => { view.scheme = +value; refreshAll(); refreshTiles(); });
    return [el("a", { id: "skip", href: "#page" }, t("skip")), el("div", { class: "inner" }, el("h1", {}, "obek"), el("span", { class: "state", id: "state", role: "status" }, el("span", { class: "lamp", "aria-hidden": "true" }), el("span", { class: "words-of-state" })),
        el("div", { class: "tools controls" }, schemes, choice("window", ["15m", "1h", "6h", "24h"].map((w) => [w, t(`w${w}`)]), view.window, (value) => { view.window = value; known.flows = null; takeSizes().catch(note); }),
            el("button", { type: "button", id: "language", onclick: () => { view.language = view.language === "tr" ? "en" : "tr"; render(); if (known.customer?.shown) lookUp(known.customer.id); } }, t("other_language")),
            el("button", { type: "button", id: "theme", onclick: () => { root.dataset.theme = isDark() ? "light" : "dark"; render(); } }, t(isDark() ? "light" : "dark")),
            page.token && !needsToken() && el("button", { type: "button", id: "forget", onclick: () => { keepToken(null); location.reload(); } }, t("forget"))))];
}

let refreshTiles = () => {};
function content() {
    const top = tiles();
    refreshTiles = top.update;
    return [top.element, el("div", { class: "grid" }, sizesPanel(), worthPanel(), flowsPanel(), cltvScheme() && stakePanel(), speedsPanel(), causesPanel(), latestPanel(lookUp), lagPanel(), customerPanel(), deadPanel(), driftPanel())];
}

function gate(wrong) {
    const field = el("input", { id: "token", type: "password", autocomplete: "off", required: true });
    return el("form", { class: "gate", onsubmit: (event) => { event.preventDefault(); keepToken(field.value); begin(); } }, el("h2", {}, t("token_title")), el("p", {}, t("token_text")),
        wrong && el("p", { class: "warning", role: "alert" }, t("token_wrong")), el("div", { class: "ask" }, el("label", {}, t("token_title"), field), el("button", {}, t("open"))));
}

function tellState() {
    const reason = samplesOf("obek_not_ready").find((s) => s.value === 1)?.labels.reason, ready = sumOf("obek_ready") === 1;
    const [lamp, words] = known.silent ? ["bad", t("silent", seconds(known.silent))] : known.samples.size === 0 ? ["", t("asks")] : ready ? ["good", t("ready")] : ["waits", t("not_ready", reasonWords(reason))];
    const state = document.getElementById("state");
    state.firstChild.className = `lamp ${lamp}`;
    if (state.lastChild.textContent !== words) state.lastChild.textContent = words;
}

function render(wrong) {
    root.lang = view.language;
    document.title = `obek: ${t("title")}`;
    forgetPanels();
    document.getElementById("bar").replaceChildren(...bar());
    document.getElementById("page").replaceChildren(...(needsToken() ? [gate(wrong === true)] : content()));
    document.getElementById("foot").querySelector("p")?.remove();
    document.getElementById("foot").prepend(el("p", {}, t("version", page.version)));
    refresh();
    root.dataset.drawn = String(+(root.dataset.drawn ?? 0) + 1);
}

// What was told since it was shown; nothing is drawn anew for nothing, so that what somebody reads or marks stays.
let stale = false;
function refresh() {
    stale = false;
    tellState();
    if (needsToken()) return;
    refreshTiles();
    refreshAll();
}

// ---- what it shows ----

function note(error) {
    if (error instanceof Refused) {
        page.token = true; // perhaps only since obek began anew
        if (error.given !== token()) return; // an answer from before another was given
        keepToken(null);
        render(error.given !== null);
    } else {
        if (error.status === undefined) known.silent ??= Date.now();
        stale = true;
    }
}

const ORDER_KINDS = "obek_orders_total";
let before = null;
async function takeMetrics() {
    known.samples = samplesIn(await askText("/metrics"));
    known.silent = null;
    const now = { at: Date.now(), orders: sumOf(ORDER_KINDS), changes: known.flows?.complete ? sumOf("obek_changes_read_total", { kind: "change" }) : null };
    const since = before && (now.at - before.at) / 1000, speed = (key) => (before?.[key] == null || now[key] == null || now[key] < before[key] ? null : (now[key] - before[key]) / since);
    if (before) keepSpeed({ at: now.at, orders: speed("orders"), changes: speed("changes") });
    before = now;
    stale = true;
}

async function takeSizes() {
    const wanted = view.window, flows = await askJson(`/api/v1/flows?window=${wanted}`);
    if (wanted === view.window) known.flows = flows;
    const sizes = await askJson("/api/v1/segments");
    if (sizes.model && sizes.model.number !== known.model?.number) await takeModel();
    metrics.currency = sizes.currency;
    known.sizes = sizes;
    stale = true;
}

async function takeModel() {
    known.model = await askJson("/api/v1/model");
    metrics.schemes = known.model.model.schemes.map((s, index) => ({ ...s, index, segments: s.segments.map((g, i) => ({ ...g, index: i })) }));
    view.scheme = Math.min(view.scheme, metrics.schemes.length - 1);
    render();
}

function hear(kind, data) {
    if (kind === "change") keepChange(data);
    else if (kind === "skipped") known.skipped += data.changes ?? 0;
    stale = true;
}

async function forEver(task, ms) {
    while (!needsToken()) {
        await task().catch(note);
        await pauseFor(ms);
    }
}

let last = null;
const hearOn = () => listen((kind, data, id) => { last = id ?? last; hear(kind, data); }, last);

let begun = 0;
function begin() {
    render();
    if (needsToken()) return;
    const round = ++begun, only = (task) => () => (round === begun ? task() : new Promise(() => {}));
    forEver(only(takeMetrics), METRICS_MS);
    forEver(only(takeSizes), SIZES_MS);
    forEver(only(hearOn), METRICS_MS);
}

let pageWidth = innerWidth;
addEventListener("resize", () => {
    if (innerWidth === pageWidth) return;
    pageWidth = innerWidth;
    refresh();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => render());
setInterval(() => document.visibilityState === "visible" && stale && refresh(), REFRESH_MS);
begin();
