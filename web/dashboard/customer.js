import { el, named, short } from "../report/dom.js";
import { money, number, whole } from "../report/format.js";
import { askJson, inPath } from "./api.js";
import { known, view } from "./data.js";
import { headOf, panel, rowOf, segmentName } from "./panel.js";
import { causeWords, day, dayAndTime, t } from "./words.js";

const whenOr = (instant, otherwise) => (instant ? dayAndTime(instant) : otherwise);
const moneyOf = (text) => (text == null ? "–" : money(+text));

// The earliest of the schemes' next changes.
function nextOf(shown) {
    const all = Object.entries(shown.segments).filter(([, s]) => s.next_change_at).sort(([, a], [, b]) => d3.ascending(a.next_change_at, b.next_change_at));
    return all.length === 0 ? t("never") : [dayAndTime(all[0][1].next_change_at), " → ", segmentName(all[0][0], all[0][1].next_segment)];
}

const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
const facts = (shown) => el("dl", {}, fact(t("orders"), whole(shown.orders)), fact(t("value"), moneyOf(shown.value)), fact(t("last_order"), whenOr(shown.last_order, "–")),
    fact(t("next_change"), nextOf(shown)), fact(t("evaluated"), whenOr(shown.as_of, "–")));

const boxed = (name, table) => el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, table);
const segmentsTable = (shown) => el("table", {}, headOf([t("scheme"), t("segment"), t("since"), t("margin"), t("next_change")], [3]),
    el("tbody", {}, Object.entries(shown.segments).map(([scheme, s]) => rowOf([named(scheme), segmentName(scheme, s.segment), s.since ? day(s.since) : "–", { number: s.margin == null ? "–" : number(s.margin) },
        s.next_change_at ? el("span", {}, dayAndTime(s.next_change_at), " → ", segmentName(scheme, s.next_segment)) : t("never")]))));
const transitionsTable = (shown) => el("table", {}, headOf([t("time"), t("scheme"), t("from"), t("to"), t("cause")]),
    el("tbody", {}, [...shown.transitions].reverse().map((p) => rowOf([dayAndTime(p.occurred_at), named(p.scheme), segmentName(p.scheme, p.from_segment, t("entered")), segmentName(p.scheme, p.to_segment, t("left")), causeWords(p.cause)]))));
const ringTable = (shown) => el("table", {}, headOf([t("time"), t("channel"), t("amount"), t("returned"), t("state")], [2, 3]),
    el("tbody", {}, [...shown.ledger.orders].reverse().map((o) => rowOf([dayAndTime(o.occurred_at), t(o.channel), { number: moneyOf(o.amount) }, { number: +o.returned === 0 ? "–" : moneyOf(o.returned) }, t(o.status)]))));

function found({ shown, words }) {
    return [el("h3", { tabindex: "-1" }, named(short(shown.customer_id, 120))), facts(shown), boxed(t("segment"), segmentsTable(shown)),
        words && [el("h3", {}, t("why")), el("pre", { class: "words", tabindex: "0" }, words)],
        el("div", { class: "columns" }, el("div", {}, el("h3", {}, t("transitions")), boxed(t("transitions"), transitionsTable(shown))), el("div", {}, el("h3", {}, t("ring")), boxed(t("ring"), ringTable(shown))))];
}

async function answerFor(id) {
    const part = inPath(id);
    if (part === null) return { message: t("not_askable") };
    try {
        const shown = await askJson(`/api/v1/customers/${part}`);
        const explained = shown.orders > 0 ? await askJson(`/api/v1/customers/${part}/explanation?lang=${view.language}`).catch(() => null) : null;
        return { shown, words: explained?.text ?? null };
    } catch (error) {
        return { message: error.status === 404 ? t("nobody") : t("failed", error.message) };
    }
}

let showAnswer, field, lookUps = 0;
export async function lookUp(id) {
    field.value = id;
    const mine = ++lookUps, answer = await answerFor(id);
    if (mine !== lookUps) return; // another was asked for since
    known.customer = { id, ...answer };
    showAnswer();
    // The list of changes stands still while the focus is in it.
    if (document.activeElement?.closest("#latest td")) document.querySelector("#customer .found > *").focus({ preventScroll: true });
    document.getElementById("customer").scrollIntoView({ block: "nearest" });
}

export function customerPanel() {
    field = el("input", { id: "customer-id", name: "customer", autocomplete: "off", spellcheck: "false", maxlength: 255, required: true, value: known.customer?.id ?? null });
    const answer = el("div", { class: "found", "aria-live": "polite" });
    showAnswer = () => answer.replaceChildren(...[known.customer?.message ? el("p", { class: "warning", tabindex: "-1" }, known.customer.message) : known.customer?.shown ? found(known.customer) : []].flat(Infinity).filter(Boolean));
    showAnswer();
    return panel({
        id: "customer", size: "whole", title: t("look_up"),
        body: [el("form", { class: "ask", onsubmit: (event) => { event.preventDefault(); lookUp(field.value); } }, el("label", {}, t("customer_id"), field), el("button", {}, t("find"))), answer],
    });
}
