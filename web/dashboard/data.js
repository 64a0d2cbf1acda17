// What the server put into the page, and what it has told since.
export const page = JSON.parse(document.getElementById("data").textContent);

// Under the names that the report's formats ask for.
export const metrics = { currency: "EUR", schemes: [] };
export const view = { language: (navigator.language ?? "").startsWith("tr") ? "tr" : "en", scheme: 0, window: "1h", paused: false };

export const known = { samples: new Map(), sizes: null, flows: null, model: null, changes: [], skipped: 0, speeds: [], silent: null, customer: null };

export const theScheme = () => metrics.schemes[view.scheme] ?? null;

// The samples of a metric, [{labels, value}].
export const samplesOf = (name) => known.samples.get(name) ?? [];
export const sumOf = (name, wanted = {}) => d3.sum(samplesOf(name).filter(({ labels }) => Object.entries(wanted).every(([k, v]) => labels[k] === v)), (s) => s.value);

// Prometheus' text format: name -> [{labels, value}].
export function samplesIn(text) {
    const found = new Map();
    for (const line of text.split("\n")) {
        const parts = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
        if (!parts || line.startsWith("#")) continue;
        const labels = {};
        for (const [, name, value] of (parts[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
        if (!found.has(parts[1])) found.set(parts[1], []);
        found.get(parts[1]).push({ labels, value: Number(parts[3].replace("Inf", "Infinity")) });
    }
    return found;
}

// A segment of any scheme, also one that the model in force does not know.
export function segmentNamed(schemeName, id) {
    const scheme = metrics.schemes.find((s) => s.name === schemeName), segment = scheme?.segments.find((s) => s.id === id);
    return { id, scheme, segment };
}
