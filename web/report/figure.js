import { el, named, short, tableOf } from "./dom.js";
import { t } from "./words.js";

// A chart with its title, the table behind it and its downloads. draw(svg, width) draws with D3 and returns the height.
export function figure({ id, title, note, draw, table, controls, legend }) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", title);
    const details = el("details", {}, el("summary", {}, t("table")));
    // tables are made when they are asked for: there may be many
    details.addEventListener("toggle", () => details.open && details.children.length === 1 && details.append(tableOf(table())));
    const measure = () => Math.max(260, Math.floor(svg.parentNode.clientWidth - padding(svg.parentNode)));
    const redraw = (width = measure()) => {
        const root = d3.select(svg);
        root.selectAll("*").remove();
        const height = Math.ceil(draw(root, width));
        root.attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height);
    };
    const element = el("figure", { id, "data-chart": id },
        el("figcaption", {}, el("h3", {}, title), note && el("p", {}, note)), controls?.(() => redraw()), svg, legend,
        el("div", { class: "foot" }, el("button", { type: "button", "data-as": "csv", onclick: () => saveCsv(id, table()) }, "CSV"),
            el("button", { type: "button", "data-as": "svg", onclick: () => saveSvg(id, svg) }, "SVG"),
            el("button", { type: "button", "data-as": "png", onclick: () => savePng(id, svg) }, "PNG"), details));
    drawers.set(element, { measure, redraw });
    return element;
}

const drawers = new WeakMap();
// Once the page stands: a chart needs its width. All are measured first: drawing one would make the next measure lay the page out.
export function drawAll(root, widthOn = null) {
    const all = [...root.querySelectorAll("figure")].map((element) => ({ element, ...drawers.get(element) }));
    const widths = all.map(({ element, measure }) => (widthOn ? widthOn(element) : measure()));
    all.forEach(({ redraw }, i) => redraw(widths[i]));
}

const padding = (element) => {
    const style = getComputedStyle(element);
    return parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
};

function save(name, blob) {
    const link = el("a", { href: URL.createObjectURL(blob), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// A spreadsheet takes a text that begins with one of these for a formula.
const csvText = (text) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
export function csvOf({ columns, rows }) {
    const cell = (c) => (c == null ? "" : typeof c !== "object" ? csvText(String(c)) : c.id ? csvText(c.text) : String(c.value));
    return [columns.map(csvText), ...rows.map((row) => row.map(cell))].map((row) => row.join(",")).join("\r\n") + "\r\n";
}
const saveCsv = (id, table) => save(`${id}.csv`, new Blob(["\ufeff", csvOf(table)], { type: "text/csv" }));

// A picture stands alone: what the style sheet says goes into the elements, the title above them, what colours mean below.
const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "fill-opacity", "stroke-opacity", "opacity", "font-size", "font-family", "font-weight", "text-anchor", "paint-order", "stroke-linejoin"];
const EDGE = 16;
export function standalone(svg) {
    const shown = svg.closest("figure"), copy = svg.cloneNode(true), from = svg.querySelectorAll("*"), to = copy.querySelectorAll("*");
    from.forEach((element, i) => {
        const style = getComputedStyle(element);
        to[i].removeAttribute("style");
        for (const name of KEPT) to[i].setAttribute(name, style.getPropertyValue(name));
    });
    const { width, height } = svg.viewBox.baseVal, ink = getComputedStyle(shown).color, font = getComputedStyle(document.body).fontFamily;
    const root = d3.select(copy), inner = root.append("g").attr("transform", `translate(${EDGE},44)`);
    to.forEach((element) => element.parentNode === copy && inner.node().append(element));
    root.append("text").attr("x", EDGE).attr("y", 28).attr("fill", ink).attr("font-family", font).attr("font-size", 17).attr("font-weight", 600).text(shown.querySelector("h3").textContent);
    let x = EDGE, y = 44 + height + 24;
    const items = [...shown.querySelectorAll(".legend li")];
    for (const item of items) {
        const label = item.textContent, wide = 34 + widthOf(label);
        if (x > EDGE && x + wide > width + EDGE) [x, y] = [EDGE, y + 20];
        root.append("circle").attr("cx", x + 5).attr("cy", y - 4).attr("r", 5).attr("fill", getComputedStyle(item.firstChild).backgroundColor);
        root.append("text").attr("x", x + 16).attr("y", y).attr("fill", ink).attr("font-family", font).attr("font-size", 13).text(label);
        x += wide;
    }
    const wide = width + 2 * EDGE, high = items.length ? y + EDGE : 44 + height + EDGE;
    root.attr("xmlns", "http://www.w3.org/2000/svg").attr("viewBox", `0 0 ${wide} ${high}`).attr("width", wide).attr("height", high)
        .insert("rect", ":first-child").attr("width", wide).attr("height", high).attr("fill", getComputedStyle(shown).backgroundColor);
    return { text: new XMLSerializer().serializeToString(copy), width: wide, height: high };
}
const saveSvg = (id, svg) => save(`${id}.svg`, new Blob([standalone(svg).text], { type: "image/svg+xml" }));

function savePng(id, svg) {
    const image = new Image(), scale = 2, { text, width, height } = standalone(svg);
    image.onload = () => {
        const canvas = el("canvas", { width: width * scale, height: height * scale });
        canvas.getContext("2d").drawImage(image, 0, 0, width * scale, height * scale);
        canvas.toBlob((blob) => save(`${id}.png`, blob), "image/png");
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

// How wide a text is, before it is drawn.
let pen, family;
export function widthOf(text, size = 13) {
    pen ??= document.createElement("canvas").getContext("2d");
    family ??= getComputedStyle(document.body).fontFamily;
    pen.font = `${size}px ${family}`;
    return pen.measureText(text).width;
}
// As much of a text as has room.
export function fitted(text, room, size = 13) {
    let shown = short(text, 80);
    while (shown.length > 1 && widthOf(shown, size) > room) shown = shown.replace(/…$/, "").slice(0, -1).trimEnd() + "…";
    return shown;
}

// In at most two lines.
export function wrapped(text, room) {
    const lines = [""];
    for (const word of text.split(" ")) {
        const longer = lines[lines.length - 1] ? `${lines[lines.length - 1]} ${word}` : word;
        if (widthOf(longer) <= room || lines[lines.length - 1] === "") lines[lines.length - 1] = longer;
        else lines.push(word);
    }
    if (lines.length > 2) lines.splice(1, lines.length - 1, lines.slice(1).join(" "));
    return lines.map((line) => fitted(line, room));
}

export function legendOf(items) {
    return el("ul", { class: "legend" }, items.map(({ label, colour }) => el("li", { tone: colour }, el("span", { class: "dot" }), named(short(label, 60)))));
}
