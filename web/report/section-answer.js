import { byWeight, colourOf, hasValue, metrics } from "./data.js";
import { sharesChart } from "./chart-bars.js";
import { el, named } from "./dom.js";
import { money, percent, whole } from "./format.js";
import { inWords, labelOf, t } from "./words.js";

const total = (scheme, key) => d3.sum(scheme.segments, (s) => s[key] ?? 0);

// A sentence in which some places are emphasised.
function sentence(key, ...values) {
    const marks = values.map((_, i) => `\u0001${i}\u0001`);
    return t(key, ...marks).split("\u0001").map((part, i) => (i % 2 ? el("strong", {}, named(values[+part])) : part));
}

// What CLTV says of all customers, whichever scheme is shown: the first that was learned.
function expected() {
    const cltv = metrics.schemes.find((s) => s.bands?.cltv);
    return cltv && { months: cltv.months, sum: cltv.bands.cltv.all.sum };
}

function lead(scheme) {
    const best = byWeight(scheme)[0], customers = whole(metrics.input.customers), worth = expected();
    return el("p", { class: "lead" }, hasValue(scheme)
        ? sentence("lead_value", customers, money(total(scheme, "value")), labelOf(best), percent(best.share_customers), percent(best.share_value))
        : sentence("lead_customers", customers, whole(scheme.segments.length), labelOf(best), percent(best.share_customers)),
    worth && [" ", sentence("lead_worth", worth.months, money(worth.sum))]);
}

const tile = (key, words, value, shown) => el("div", { class: "tile", "data-tile": key }, el("b", { "data-value": value }, shown), el("span", {}, words));

function tiles(scheme) {
    const worth = expected(), customers = metrics.input.customers, value = hasValue(scheme) ? total(scheme, "value") : null, frequency = metrics.exploration.features.frequency;
    return el("div", { class: "tiles" },
        tile("customers", t("customers"), customers, whole(customers)),
        value != null && [tile("value", t("value"), value, money(value)), tile("each", t("value_each"), value / customers, money(value / customers))],
        frequency?.mean != null && tile("orders", t("orders"), Math.round(frequency.mean * frequency.count), whole(frequency.mean * frequency.count)),
        worth && tile("cltv", t("cltv_all", worth.months), worth.sum, money(worth.sum)),
        tile("segments", t("segments_n"), scheme.segments.length, whole(scheme.segments.length)));
}

const nextOf = (scheme) => el("ol", { class: "next" }, byWeight(scheme).map((s) => el("li", { tone: colourOf(scheme, s.index), "data-segment": s.id },
    el("small", {}, named(labelOf(s)), ` · ${t("n_customers", whole(s.customers), percent(s.share_customers))}${s.share_value != null ? `, ${t("and_value", percent(s.share_value))}` : ""}`),
    el("b", {}, inWords(s.advice?.next) ?? t("no_advice")))));

// More than so many segments are on one page of paper only when all is a little smaller.
const MANY = 8;

export const answerSection = (scheme) => el("section", { id: "answer", class: scheme.segments.length > MANY && "dense" }, lead(scheme), tiles(scheme), sharesChart(scheme), el("h3", {}, t("next")), nextOf(scheme));
