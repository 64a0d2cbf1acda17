import { el, short } from "../report/dom.js";
import { fitted, legendOf, widthOf } from "../report/figure.js";
import { cell, compact, moneyShort, percent, whole } from "../report/format.js";
import { known, metrics, theScheme, view } from "./data.js";
import { bars, headOf, panel, rowOf, sayIn, segmentName, toneOf, wordsOf } from "./panel.js";
import { causeWords, duration, hours, seconds, t } from "./words.js";

const windowWords = () => t(`w${view.window}`);
const sizesOf = (scheme) => known.sizes?.schemes.find((s) => s.scheme === scheme?.name)?.segments ?? [];
const netOf = (scheme, id) => known.flows?.net[scheme.name]?.[id] ?? [];

// Minutes or so: the ends of the steps that the window is cut into, the window's begin before them.
function stepTimes({ from, to, step_s, window_s }) {
    const begin = Date.parse(from), n = Math.round(window_s / step_s);
    return d3.range(n + 1).map((i) => (i === n ? Date.parse(to) : begin + i * step_s * 1000));
}

// From the sizes now, back through the changes.
function courseOf(scheme, segment, n) {
    const net = netOf(scheme, segment.segment), course = [segment.customers];
    for (let i = n - 1; i > 0; i--) course.unshift(Math.max(0, course[0] - (net[i - 1] ?? 0)));
    return course;
}

function timeAxis(svg, x, high, from, to) {
    const n = Math.max(2, Math.floor((x.range()[1] - x.range()[0]) / 90));
    for (const at of d3.scaleUtc([from, to], x.range()).ticks(n)) {
        const half = 20, place = Math.min(Math.max(x(at), x.range()[0] + half), x.range()[1] - half);
        svg.append("text").attr("x", place).attr("y", high + 18).attr("text-anchor", "middle").attr("class", "soft").style("font-size", "12px").text(hours(at));
    }
}
function valueAxis(svg, y, left, width) {
    for (const value of y.ticks(4)) {
        svg.append("line").attr("x1", left).attr("x2", width).attr("y1", y(value)).attr("y2", y(value)).attr("stroke", "var(--line)");
        svg.append("text").attr("x", left - 8).attr("y", y(value) + 4).attr("text-anchor", "end").attr("class", "soft").style("font-size", "12px").text(compact(value));
    }
}
const LEFT = 46;

function drawSizes(svg, width) {
    const scheme = theScheme(), segments = sizesOf(scheme), high = 230;
    if (!scheme || !known.flows || segments.length === 0) return sayIn(svg, width, t("asks"));
    const times = stepTimes(known.flows), courses = segments.map((s) => courseOf(scheme, s, times.length));
    const total = times.map((_, i) => d3.sum(courses, (c) => c[i]));
    const x = d3.scaleLinear([times[0], times[times.length - 1]], [LEFT, width]), y = d3.scaleLinear([0, d3.max(total) || 1], [high, 8]);
    valueAxis(svg, y, LEFT, width);
    const below = times.map(() => 0);
    segments.forEach((segment, k) => {
        const bottom = [...below];
        courses[k].forEach((size, i) => (below[i] += size));
        const top = [...below];
        svg.append("path").attr("class", "mark").attr("data-segment", segment.segment).attr("data-value", segment.customers).attr("fill", toneOf(scheme.name, segment.segment))
            .attr("d", d3.area().x((_, i) => x(times[i])).y0((_, i) => y(bottom[i])).y1((_, i) => y(top[i]))(times)).attr("stroke", "var(--card)").attr("stroke-width", 0.7);
    });
    timeAxis(svg, x, high, times[0], times[times.length - 1]);
    return high + 26;
}

const signed = (n) => (n > 0 ? `+${whole(n)}` : n < 0 ? `−${whole(-n)}` : "0");

export function sizesPanel() {
    const body = el("tbody"), columns = () => [t("segment"), t("customers"), t("share"), t("change")];
    return panel({
        id: "sizes", size: "two-thirds", title: t("sizes"), note: () => [t("sizes_note"), known.flows && !known.flows.complete ? t("catching_up") : ""].join(" ").trim(), draw: drawSizes,
        body: el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("sizes") }, el("table", {}, headOf(columns(), [1, 2, 3]), body)),
        update() {
            const scheme = theScheme();
            body.replaceChildren(...sizesOf(scheme).map((s) => rowOf([segmentName(scheme.name, s.segment), { number: whole(s.customers), value: s.customers }, { number: percent(s.share) },
                { number: known.flows ? signed(d3.sum(netOf(scheme, s.segment))) : "–" }])));
        },
    });
}

// A bar a segment, of money.
const moneyBars = (rows, value) => (svg, width) => bars(svg, width, rows().map((s) => ({ id: s.segment, label: wordsOf(theScheme().name, s.segment), value: Math.max(0, value(s)), shown: moneyShort(value(s)), colour: toneOf(theScheme().name, s.segment) })));

export function worthPanel() {
    const rows = () => sizesOf(theScheme());
    return panel({
        id: "worth", size: "third", title: t("worth"), note: () => t("worth_note"),
        table: () => ({ columns: [t("segment"), t("value"), t("share_value")], rows: rows().map((s) => [wordsOf(theScheme().name, s.segment), cell(+s.value, "money"), cell(s.value_share, "share")]) }),
        draw: moneyBars(rows, (s) => +s.value),
    });
}

// Kept with the sizes, where the model has a scheme of that type.
export const cltvScheme = () => metrics.schemes.find((s) => s.type === "cltv");
export function stakePanel() {
    const rows = () => sizesOf(theScheme()).filter((s) => s.cltv !== null);
    const note = () => {
        const all = d3.sum(rows(), (s) => s.customers), counted = d3.sum(rows(), (s) => s.cltv_customers);
        return [t("stake_note", cltvScheme().months), counted < all ? t("stake_counted", whole(counted), whole(all)) : ""].join(" ").trim();
    };
    return panel({
        id: "stake", size: "third", title: t("stake"), note,
        table: () => ({ columns: [t("segment"), t("stake")], rows: rows().map((s) => [wordsOf(theScheme().name, s.segment), cell(+s.cltv, "money")]) }),
        draw: moneyBars(rows, (s) => +s.cltv),
    });
}

// ---- flows ----

const LINKS_MAX = 40;
// [{from, to, changes}] of the scheme, all causes together, the largest first; "" stands for outside.
function flowsOf(scheme) {
    const sums = d3.rollup((known.flows?.flows ?? []).filter((f) => f.scheme === scheme?.name), (all) => d3.sum(all, (f) => f.changes), (f) => f.from_segment ?? "", (f) => f.to_segment ?? "");
    return [...sums].flatMap(([from, targets]) => [...targets].map(([to, changes]) => ({ from, to, changes }))).sort((a, b) => b.changes - a.changes);
}
const placeOf = (scheme, id) => (id === "" ? -1 : scheme.segments.findIndex((s) => s.id === id));

function drawFlows(svg, width) {
    const scheme = theScheme(), all = flowsOf(scheme).slice(0, LINKS_MAX);
    if (!known.flows) return sayIn(svg, width, t("asks"));
    if (all.length === 0) return sayIn(svg, width, t(known.flows.complete ? "no_flows" : "catching_up"));
    const side = (key) => [...new Set(all.map((f) => f[key]))].sort((a, b) => placeOf(scheme, a) - placeOf(scheme, b)).map((id) => ({ key: `${key}:${id}`, side: key, id }));
    const nodes = [...side("from"), ...side("to")], most = Math.max(...["from", "to"].map((key) => nodes.filter((n) => n.side === key).length));
    const high = Math.max(180, most * 42), graph = d3.sankey().nodeId((n) => n.key).nodeWidth(12).nodePadding(20).nodeSort(null).extent([[1, 6], [width - 1, high - 6]])({
        nodes, links: all.map((f) => ({ source: `from:${f.from}`, target: `to:${f.to}`, value: f.changes })),
    });
    const tone = (n) => (n.id === "" ? "#8c929c" : toneOf(scheme.name, n.id)), name = (n) => (n.id === "" ? t(n.side === "from" ? "entered" : "left") : wordsOf(scheme.name, n.id));
    for (const link of graph.links)
        svg.append("path").attr("class", "mark").attr("data-from", link.source.id).attr("data-to", link.target.id).attr("data-value", link.value).attr("d", d3.sankeyLinkHorizontal()(link))
            .attr("fill", "none").attr("stroke", tone(link.source)).attr("stroke-opacity", 0.42).attr("stroke-width", Math.max(1, link.width))
            .append("title").text(`${name(link.source)} → ${name(link.target)}: ${whole(link.value)}`);
    for (const node of graph.nodes) {
        const begins = node.side === "from", count = ` ${whole(node.value)}`;
        svg.append("rect").attr("x", node.x0).attr("y", node.y0).attr("width", node.x1 - node.x0).attr("height", Math.max(1, node.y1 - node.y0)).attr("fill", tone(node));
        svg.append("text").attr("class", "halo").attr("x", begins ? node.x1 + 6 : node.x0 - 6).attr("y", (node.y0 + node.y1) / 2 + 4).attr("text-anchor", begins ? "start" : "end")
            .text(fitted(name(node), width * 0.44 - widthOf(count)) + count);
    }
    return high;
}

export function flowsPanel() {
    return panel({
        id: "flows", size: cltvScheme() ? "two-thirds" : "whole", title: t("flows"), draw: drawFlows,
        note() {
            if (known.flows?.problem) return t("problem", short(known.flows.problem, 200));
            const all = flowsOf(theScheme()), more = all.length > LINKS_MAX ? t("flows_fewer", LINKS_MAX, all.length) : "", bad = known.flows?.unreadable > 0 ? t("unreadable", whole(known.flows.unreadable)) : "";
            return [t("flows_note", windowWords(), whole(d3.sum(all, (f) => f.changes))), more, bad].join(" ").trim();
        },
        table: () => ({ columns: [t("from"), t("to"), t("changes")], rows: flowsOf(theScheme()).map((f) => [f.from === "" ? t("entered") : wordsOf(theScheme().name, f.from), f.to === "" ? t("left") : wordsOf(theScheme().name, f.to), cell(f.changes, "whole")]) }),
    });
}

// ---- how fast, and why ----

const SPEED_MS = 5 * 60 * 1000, TONES = { orders: "var(--mark)", changes: "#d0a92f" };
export function keepSpeed(speed) {
    known.speeds = [...known.speeds, speed].filter((s) => s.at > speed.at - SPEED_MS);
}

function drawSpeeds(svg, width) {
    const all = known.speeds, high = 190;
    if (all.length < 2) return sayIn(svg, width, t("asks"));
    const x = d3.scaleLinear([all[0].at, all[all.length - 1].at], [LEFT, width]), y = d3.scaleLinear([0, Math.max(1, d3.max(all, (s) => Math.max(s.orders ?? 0, s.changes ?? 0)))], [high, 8]).nice();
    valueAxis(svg, y, LEFT, width);
    for (const key of ["orders", "changes"])
        svg.append("path").attr("class", "mark").attr("data-id", key).attr("fill", "none").attr("stroke", TONES[key]).attr("stroke-width", 2.2).attr("stroke-dasharray", key === "orders" ? null : "6 3")
            .attr("d", d3.line().defined((s) => s[key] != null).x((s) => x(s.at)).y((s) => y(s[key]))(all));
    svg.append("text").attr("x", LEFT).attr("y", high + 18).attr("class", "soft").style("font-size", "12px").text(seconds(all[0].at));
    svg.append("text").attr("x", width).attr("y", high + 18).attr("text-anchor", "end").attr("class", "soft").style("font-size", "12px").text(seconds(all[all.length - 1].at));
    return high + 26;
}
export const speedsPanel = () => panel({
    id: "speeds", title: t("speeds"), note: () => t("speeds_note"), draw: drawSpeeds, body: legendOf([{ label: t("orders"), colour: TONES.orders }, { label: t("changes"), colour: TONES.changes }]),
    table: () => ({ columns: [t("time"), t("orders"), t("changes")], rows: known.speeds.map((s) => [seconds(s.at), cell(s.orders), cell(s.changes)]) }),
});

const KINDS_OF_CAUSE = [["by_time", ["TIME"], "#d0a92f"], ["by_order", ["ORDER", "CANCELLATION", "RETURN"], "var(--mark)"], ["by_other", ["MODEL", "IMPORT", "ERASE"], "#8c929c"]];
const causeSteps = (causes) => d3.range(Math.round(known.flows.window_s / known.flows.step_s)).map((i) => d3.sum(causes, (c) => known.flows.causes[c]?.[i] ?? 0));

function drawCauses(svg, width) {
    if (!known.flows) return sayIn(svg, width, t("asks"));
    const times = stepTimes(known.flows), kinds = KINDS_OF_CAUSE.map(([id, causes, colour]) => ({ id, colour, steps: causeSteps(causes) })), n = times.length - 1, high = 190;
    const x = d3.scaleLinear([0, n], [LEFT, width]), y = d3.scaleLinear([0, Math.max(1, d3.max(d3.range(n), (i) => d3.sum(kinds, (k) => k.steps[i])))], [high, 8]).nice();
    valueAxis(svg, y, LEFT, width);
    d3.range(n).forEach((i) => {
        let below = 0;
        for (const { id, steps, colour } of kinds) {
            if (steps[i] === 0) continue;
            svg.append("rect").attr("class", "mark").attr("data-id", id).attr("data-value", steps[i]).attr("x", x(i) + 0.5).attr("width", Math.max(1, x(i + 1) - x(i) - 1)).attr("y", y(below + steps[i])).attr("height", y(below) - y(below + steps[i])).attr("fill", colour);
            below += steps[i];
        }
    });
    timeAxis(svg, d3.scaleLinear([times[0], times[n]], [LEFT, width]), high, times[0], times[n]);
    return high + 26;
}
export const causesPanel = () => panel({
    id: "causes", title: t("causes"), note: () => t("causes_note", duration(known.flows?.step_s ?? 60)), draw: drawCauses, body: legendOf(KINDS_OF_CAUSE.map(([id, , colour]) => ({ label: t(id), colour }))),
    table: () => ({ columns: [t("cause"), t("changes")], rows: Object.entries(known.flows?.causes ?? {}).map(([cause, steps]) => [causeWords(cause), cell(d3.sum(steps), "whole")]) }),
});
