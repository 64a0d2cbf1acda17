// Elements are made of names and texts, never of markup: whatever a text says stays text.
export function el(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
        else if (key === "tone") element.style.setProperty("--tone", value);
        else if (value != null && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
    return element;
}

// A name that came from the data: its direction does not turn what stands around it.
export const named = (text) => el("bdi", { class: "name" }, text);

const LONG = 40;
export function short(text, most = LONG) {
    const letters = [...String(text).replace(/[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, " ")];
    return letters.length <= most ? letters.join("") : letters.slice(0, most - 1).join("") + "…";
}

// { value, text, id } or a text: a table's cell. The exact number goes along.
export function tableOf({ columns, rows }) {
    const kind = (cell) => (typeof cell === "object" && cell !== null && !cell.text ? null : "text");
    const cellOf = (cell) => {
        if (cell == null) return el("td", {}, "–");
        if (typeof cell !== "object") return el("td", { class: "text" }, named(short(cell, 120)));
        if (cell.id) return el("td", { class: cell.text.length <= 40 ? "text id whole" : "text id" }, named(short(cell.text, 60)));
        return el("td", { "data-value": cell.value }, cell.shown);
    };
    const first = rows[0] ?? [];
    return el("div", { class: "scroll" }, el("table", {},
        el("thead", {}, el("tr", {}, columns.map((name, i) => el("th", { class: kind(first[i]) , scope: "col" }, named(short(name, 60)))))),
        el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cellOf))))));
}
