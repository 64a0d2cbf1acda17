import { metrics, schemeAt, view } from "./data.js";
import { el, named, short } from "./dom.js";
import { drawAll } from "./figure.js";
import { date } from "./format.js";
import { answerSection } from "./section-answer.js";
import { careSection } from "./section-care.js";
import { howSection } from "./section-how.js";
import { printed, widthOnPaper } from "./paper.js";
import { segmentsSection } from "./section-segments.js";
import { t } from "./words.js";

const root = document.documentElement;
const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function bar() {
    const schemes = metrics.schemes.length > 1 && el("label", {}, `${t("scheme")} `, el("select", { id: "scheme", onchange: (event) => { view.scheme = +event.target.value; render(); } },
        metrics.schemes.map((s, i) => el("option", { value: i, selected: i === view.scheme }, s.name))));
    return el("div", { class: "inner" },
        el("nav", {}, ["answer", "segments", "how", "care"].map((id) => el("a", { href: `#${id}` }, t(id)))),
        el("div", { class: "tools" }, schemes,
            el("button", { type: "button", id: "language", onclick: () => { view.language = view.language === "tr" ? "en" : "tr"; render(); } }, t("other_language")),
            el("button", { type: "button", id: "theme", onclick: () => { root.dataset.theme = isDark() ? "light" : "dark"; render(); } }, t(isDark() ? "light" : "dark")),
            el("button", { type: "button", id: "print", onclick: () => print() }, t("print"))));
}

const heading = () => [el("h1", {}, t("title"), ": ", named(short(metrics.recipe, 80))),
    el("p", { class: "under" }, t("under", short(metrics.description ?? "", 300), date(metrics.as_of), short(metrics.input.file, 80)).replace(/^ · /, ""))];

const page = document.getElementById("page");

function render() {
    const scheme = schemeAt(view.scheme);
    root.lang = view.language;
    document.title = `${t("title")}: ${short(metrics.recipe, 60)}`;
    document.getElementById("bar").replaceChildren(bar());
    page.replaceChildren(...heading(), answerSection(scheme), segmentsSection(scheme), howSection(scheme), careSection(scheme));
    const source = t("source", metrics.recipe, metrics.seed, metrics.created);
    document.getElementById("foot").querySelector("p")?.remove();
    document.getElementById("foot").prepend(el("p", {}, short(source, 200)));
    drawAll(page);
    root.dataset.drawn = String(+(root.dataset.drawn ?? 0) + 1);
}

let width = innerWidth, waiting, onScreen = null;
addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(() => onScreen || drawAll(page), 120);
});
// Paper gets all schemes and a layout of its own; what was on the screen waits, and comes back as it was.
addEventListener("beforeprint", () => {
    onScreen ??= { nodes: [...page.childNodes], view: { ...view } };
    page.replaceChildren(...heading(), ...printed());
    drawAll(page, widthOnPaper);
});
addEventListener("afterprint", () => {
    if (!onScreen) return;
    page.replaceChildren(...onScreen.nodes);
    Object.assign(view, onScreen.view);
    onScreen = null;
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => onScreen || render());
render();
