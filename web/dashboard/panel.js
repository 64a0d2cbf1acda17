import { el, named, short, tableOf } from "../report/dom.js";
import { segmentColour } from "../common/colours.js";
import { fitted, widthOf } from "../report/figure.js";
import { segmentNamed } from "./data.js";
import { labelOf, t } from "./words.js";

// A part of the page that is made once and brought up to date: an id, a title, a note (a function), perhaps a chart
// (draw(svg, width) returns its height), a table behind it, and anything else in `body`, which `update` fills.
export function panel({ id, title, note, size, controls, draw, table, body, update }) {
    const text = el("p", { class: "note" }), svg = draw && document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const holder = el("div"), details = table && el("details", {}, el("summary", {}, t("table")), holder);
    // Only what is in the scroller, and only if it is another, so that the place and what somebody marked stay.
    const fill = () => {
        const made = tableOf(table()), old = holder.firstChild?.firstChild;
        if (!old) holder.append(made);
        else if (!old.isEqualNode(made.firstChild)) old.replaceWith(made.firstChild);
    };
    if (svg) {
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-labelledby", `${id}-title ${id}-note`);
    }
    text.id = `${id}-note`;
    details?.addEventListener("toggle", () => details.open && fill());
    const element = el("section", { id, class: size, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), text, controls, svg, body,
        details && el("div", { class: "foot" }, details));
    const refresh = () => {
        const words = note?.() ?? "";
        if (text.textContent !== words) text.textContent = words;
        update?.();
        if (svg && svg.parentNode.clientWidth > 0) redraw(svg, draw);
        if (details?.open) fill();
    };
    panels.push(refresh);
    return element;
}

const panels = [];
export const refreshAll = () => panels.forEach((refresh) => refresh());
export const forgetPanels = () => panels.splice(0);

function redraw(svg, draw) {
    const style = getComputedStyle(svg.parentNode), root = d3.select(svg);
    const width = Math.max(240, Math.floor(svg.parentNode.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)));
    root.selectAll("*").remove();
    const height = Math.ceil(draw(root, width));
    root.attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height);
}

const GREY = "#8c929c";
export function toneOf(schemeName, id) {
    const { scheme, segment } = segmentNamed(schemeName, id);
    return segment ? segmentColour(scheme.type, segment.index, scheme.segments.length) : GREY;
}
export function wordsOf(schemeName, id) {
    const { segment } = segmentNamed(schemeName, id);
    return segment ? labelOf(segment) : id;
}

// A segment's name with its colour; null: outside all of them.
export const segmentName = (schemeName, id, outside = "–") => (id == null ? el("span", { class: "none" }, outside)
    : el("span", { class: "segment", tone: toneOf(schemeName, id) }, el("span", { class: "dot", "aria-hidden": "true" }), named(short(wordsOf(schemeName, id), 60))));

// Rows of a table, told apart by nothing but their place: [text or element or {number}].
export const rowOf = (cells) => el("tr", {}, cells.map((c) => (c?.number !== undefined ? el("td", { class: "number", "data-value": c.value ?? null }, c.number) : el("td", { class: "text" }, c ?? "–"))));
export const headOf = (names, numbers = []) => el("thead", {}, el("tr", {}, names.map((name, i) => el("th", { scope: "col", class: numbers.includes(i) ? null : "text" }, name))));

// Horizontal bars: [{label, value, shown, colour, id}].
export function bars(svg, width, rows) {
    const above = width < 460, left = above ? 0 : Math.min(width * 0.45, 12 + (d3.max(rows, (r) => widthOf(fitted(r.label, width * 0.45))) ?? 0));
    const room = 10 + (d3.max(rows, (r) => widthOf(r.shown)) ?? 0), high = above ? 40 : 27;
    const x = d3.scaleLinear([0, d3.max(rows, (r) => r.value) || 1], [0, Math.max(10, width - left - room)]);
    rows.forEach((r, i) => {
        const y = i * high + (above ? 20 : 4);
        svg.append("text").attr("x", above ? 0 : left - 10).attr("y", above ? y - 6 : y + 13).attr("text-anchor", above ? "start" : "end").text(fitted(r.label, above ? width : left - 10));
        svg.append("rect").attr("class", "mark").attr("data-id", r.id ?? r.label).attr("data-value", r.value).attr("x", left).attr("y", y).attr("width", Math.max(1, x(r.value))).attr("height", 17).attr("rx", 2).attr("fill", r.colour);
        svg.append("text").attr("x", left + Math.max(1, x(r.value)) + 6).attr("y", y + 13).attr("class", "soft").text(r.shown);
    });
    return Math.max(1, rows.length * high + 4);
}

// Words in a chart's place.
export function sayIn(svg, width, words) {
    svg.append("text").attr("y", 22).attr("class", "soft").text(fitted(words, width));
    return 34;
}
