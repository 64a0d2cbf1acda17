import { el, named, short } from "../report/dom.js";
import { whole } from "../report/format.js";
import { known, theScheme, view } from "./data.js";
import { headOf, panel, rowOf, segmentName } from "./panel.js";
import { causeWords, seconds, t } from "./words.js";

const SHOWN = 40, KEPT_CHANGES = 400;

export function keepChange(change) {
    if (known.changes.some((c) => c.event_id === change.event_id)) return; // told again, to be sure, where the stream was interrupted
    known.changes.unshift(change);
    if (known.changes.length <= KEPT_CHANGES) return;
    // The oldest of the scheme that has the most, so that a scheme that seldom changes has a list, too.
    const [most] = d3.greatest(d3.rollup(known.changes, (all) => all.length, (c) => c.scheme), ([, n]) => n);
    known.changes.splice(known.changes.findLastIndex((c) => c.scheme === most), 1);
}

export function latestPanel(lookUp) {
    const body = el("tbody"), told = el("p", { class: "note" });
    const pause = el("button", { type: "button", id: "pause", "aria-pressed": String(view.paused), onclick() {
        view.paused = !view.paused;
        pause.setAttribute("aria-pressed", String(view.paused));
        pause.textContent = t(view.paused ? "go_on" : "pause");
    } }, t(view.paused ? "go_on" : "pause"));
    let drawn = null;
    return panel({
        id: "latest", title: t("latest"), note: () => t("latest_note"), controls: el("div", { class: "controls" }, pause),
        body: [el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("latest") }, el("table", {}, headOf([t("time"), t("customer"), t("from"), t("to"), t("cause")]), body)), told],
        update() {
            const scheme = theScheme(), newest = known.changes[0], { skipped } = known;
            if (drawn?.scheme === scheme && (view.paused || body.contains(document.activeElement) || (drawn.newest === newest && drawn.skipped === skipped))) return;
            drawn = { scheme, newest, skipped };
            const rows = known.changes.filter((c) => c.scheme === scheme?.name).slice(0, SHOWN).map((c) => rowOf([seconds(c.published_at),
                el("button", { type: "button", class: "plain", onclick: () => lookUp(c.customer_id) }, named(short(c.customer_id, 60))),
                segmentName(c.scheme, c.from_segment, t("entered")), segmentName(c.scheme, c.to_segment, t("left")), causeWords(c.cause)]));
            body.replaceChildren(...(rows.length > 0 ? rows : [el("tr", {}, el("td", { class: "text", colspan: 5 }, t("no_changes")))]));
            told.textContent = skipped > 0 ? t("skipped", whole(skipped)) : "";
        },
    });
}
