import { byWeight, colourOf, data, featuresOf, metrics, overall, view } from "./data.js";
import { apartChart, ratiosOf } from "./chart-bars.js";
import { el, named, short, tableOf } from "./dom.js";
import { cell, money, number, percent, show, whole } from "./format.js";
import { featureKind, featureLabel, inWords, labelOf, t } from "./words.js";

// The channel, or the category, in which a segment is furthest above everyone.
function mostAbove(scheme, segment, prefix) {
    const found = data.profiles.columns.filter((c) => c.startsWith(prefix)).map((column) => ({ name: column.slice(prefix.length), own: segment.profile?.[column], all: overall(scheme, column) }))
        .filter((g) => g.own != null && g.all > 0 && g.own - g.all > 0.02);
    return found.sort((a, b) => (b.own - b.all) - (a.own - a.all))[0];
}

// Who they are, in sentences built from the numbers.
export function words(scheme, segment) {
    const by = new Map(ratiosOf(scheme, segment).map((r) => [r.name, r])), say = [];
    const compare = (key, name, show) => by.has(name) && by.get(name).everyone != null && say.push(t(key, show(by.get(name).own), show(by.get(name).everyone)));
    compare("words_recency", "recency_days", number);
    compare("words_orders", "frequency", number);
    compare("words_value", "monetary", money);
    if (scheme.type === "cltv" && by.has(scheme.name)) say.push(t("words_cltv", money(by.get(scheme.name).own), money(by.get(scheme.name).everyone), scheme.months));
    const most = [...by.values()].filter((r) => r.ratio > 0 && Math.abs(Math.log2(r.ratio)) > 0.2).sort((a, b) => Math.abs(Math.log2(b.ratio)) - Math.abs(Math.log2(a.ratio))).slice(0, 3);
    const said = (r) => featureLabel(r.name).toLocaleLowerCase(view.language);
    if (most.length) say.push(t("words_most", most.map((r) => (r.ratio >= 1 ? t("words_more", said(r), number(r.ratio)) : t("words_less", said(r), percent(r.ratio)))).join("; ")));
    else if (say.length === 0 && by.size) say.push(t("words_near", [...by.values()].filter((r) => r.own != null && r.everyone != null).slice(0, 4)
        .map((r) => t("words_with", said(r), show(r.own, featureKind(r.name)), show(r.everyone, featureKind(r.name)))).join("; ")));
    for (const [key, prefix] of [["words_channel", "channel_"], ["words_category", "category_"]]) {
        const group = mostAbove(scheme, segment, prefix);
        if (group) say.push(t(key, short(group.name), percent(group.own), percent(group.all)));
    }
    return say.join(" ");
}

function numbersTable(scheme, segment) {
    const rows = featuresOf(scheme).map((name) => {
        const kind = featureKind(name), found = metrics.exploration.features[name], everyone = found?.mean ?? overall(scheme, `mean_${name}`), own = segment.profile[`mean_${name}`];
        return [featureLabel(name), cell(own, kind), cell(segment.profile[`median_${name}`], kind), cell(everyone, kind), cell(found?.quantiles?.["0.5"], kind)];
    });
    return tableOf({ columns: [t("feature"), t("mean"), t("median"), t("all_mean"), t("all_median")], rows });
}

// What tells most of a customer; all of it would be wider than a page.
const TELLING = [/^(.+_)?purchases_/, /^(.+_)?p_alive$/, /^frequency$/, /^monetary$/, /^avg_order_value$/, /^recency_days$/];

function topTable(scheme, segment) {
    if (!segment.top?.length) return null;
    const { by, columns } = scheme.parts.top, shown = [by, ...TELLING.flatMap((wanted) => columns.filter((c) => c !== by && wanted.test(c)))].slice(0, 7);
    return [el("h4", {}, t("top", segment.top.length, featureLabel(by))),
        tableOf({ columns: [t("customer"), ...shown.map(featureLabel)], rows: segment.top.map((row) => [{ id: true, text: row[0] }, ...shown.map((c) => cell(row[1 + columns.indexOf(c)], featureKind(c)))]) })];
}

function adviceOf(segment) {
    const advice = segment.advice;
    if (!advice) return el("p", { class: "under" }, t("no_advice"));
    return [
        advice.goal && [el("h4", {}, t("goal")), el("p", { class: "goal" }, inWords(advice.goal))],
        advice.actions?.length && [el("h4", {}, t("actions")), el("ul", {}, advice.actions.map((a) => el("li", {}, inWords(a))))],
        advice.products && [el("h4", {}, t("products")), el("p", {}, inWords(advice.products))],
        advice.campaigns?.length && [el("h4", {}, t("campaigns")), el("div", { class: "chips" }, advice.campaigns.map((id) => el("span", {}, inWords(data.catalogue.campaigns[id]?.name) ?? id, el("code", {}, id))))],
    ];
}

// With many features and twenty customers a page of paper holds a segment when all is a little smaller.
function density(scheme, segment) {
    const features = featuresOf(scheme).length;
    return segment.top?.length && features > 8 ? (features > 11 ? "denser" : "dense") : null;
}

const articleOf = (scheme, segment) => el("article", { class: density(scheme, segment), tone: colourOf(scheme, segment.index), id: `segment-${segment.index}`, "data-segment": segment.id },
    el("h3", {}, named(labelOf(segment))),
    el("p", { class: "under" }, t("n_customers", whole(segment.customers), percent(segment.share_customers)), segment.share_value != null && `, ${money(segment.value)}, ${t("and_value", percent(segment.share_value))}`),
    el("p", { class: "words" }, words(scheme, segment)),
    el("div", { class: "columns" }, el("div", {}, adviceOf(segment)), apartChart(scheme, segment)),
    el("h4", {}, t("numbers")), numbersTable(scheme, segment), topTable(scheme, segment));

export const segmentsSection = (scheme) => el("section", { id: "segments" }, el("h2", {}, t("segments")), byWeight(scheme).filter((s) => s.profile && s.customers > 0).map((s) => articleOf(scheme, s)));
