import { segmentColour } from "../common/colours.js";

// What the page shows, and how it is shown at the moment.
export const data = JSON.parse(document.getElementById("data").textContent);
export const metrics = data.metrics;

export const view = { language: data.language, scheme: 0, x: null, y: null };

// A scheme with all that is known of it: of metrics.json, of the parts counted for the report, of the catalogue and of profiles.csv.
export function schemeAt(index) {
    const scheme = metrics.schemes[index];
    const profiles = profilesOf(scheme.name);
    const segments = scheme.segments.map((segment, i) => ({
        ...segment, index: i, profile: profiles.get(segment.id), advice: data.catalogue.segments[index][i],
        top: data.parts[index].top?.segments[i] ?? null,
    }));
    return { ...scheme, index, segments, parts: data.parts[index] };
}

export const colourOf = (scheme, index) => segmentColour(scheme.type, index, metrics.schemes[scheme.index].segments.length);

function profilesOf(name) {
    const { columns, rows } = data.profiles;
    return new Map(rows.filter((row) => row[0] === name).map((row) => [row[1], Object.fromEntries(columns.map((c, i) => [c, row[i]]))]));
}

export const hasValue = (scheme) => scheme.segments.some((s) => s.share_value != null);

// The ones that matter most first.
export function byWeight(scheme) {
    const key = hasValue(scheme) ? "value" : "customers";
    return [...scheme.segments].sort((a, b) => (b[key] ?? 0) - (a[key] ?? 0));
}

// The mean over all customers of a number that profiles.csv has by segment.
export function overall(scheme, column) {
    let sum = 0, customers = 0;
    for (const { profile, customers: n } of scheme.segments) {
        if (profile?.[column] == null) continue;
        sum += profile[column] * n;
        customers += n;
    }
    return customers > 0 ? sum / customers : null;
}

// The features of profiles.csv that are the customers' own, not another scheme's scores.
export const featuresOf = (scheme) => data.profiles.columns
    .filter((c) => c.startsWith("mean_") && scheme.segments.some((s) => s.profile?.[c] != null))
    .map((c) => c.slice(5)).filter((name) => !name.endsWith("_score"));
