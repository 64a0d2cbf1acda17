// The colours of segments: one assignment for the report and for the dashboard, so that a segment looks the same wherever it is shown.

// Ten that differ for everybody: found by maximising the least distance (CIEDE2000) of any two as people with normal sight,
// protanopes and deuteranopes see them (Machado, Oliveira and Fernandes 2009), light enough for a dark page and dark enough for a
// light one. tests/trainer/test_60_report.py measures them.
const APART = ["#724caa", "#e9b63c", "#42d3a9", "#ca4676", "#6187a7", "#db866d", "#d68bf4", "#888005", "#55673c", "#b9bdcf"];
// Of ordered bands: from pale to strong.
const BANDS = ["#bccbd9", "#7fb4e0", "#3f86cf", "#2b559f"];

// The colour of the segment at index of a scheme's n, in the model's order (best last), by the scheme's type.
export function segmentColour(type, index, n) {
    if (type === "cltv") return n <= 1 ? BANDS[2] : n === BANDS.length ? BANDS[index] : d3.interpolateRgbBasis(BANDS)(index / (n - 1));
    // the segments of rfm stand in the order of scores: the best begin, the sleepers are grey
    if (type === "rfm" && n === APART.length) return APART[n - 1 - index];
    const round = Math.floor(index / APART.length), colour = d3.hcl(APART[index % APART.length]);
    return round === 0 ? APART[index] : d3.hcl(colour.h, colour.c * 0.8, colour.l + (round % 2 ? 14 : -14) * Math.ceil(round / 2)).formatHex();
}

// Black or white, whichever can be read on it.
export function inkOn(colour) {
    const { r, g, b } = d3.rgb(colour);
    const linear = [r, g, b].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.2 ? "#10151c" : "#ffffff";
}

export const amount = (share) => d3.interpolateRgbBasis(["#eef4fa", "#9ecae1", "#3f8cc4", "#12508f"])(share);
export const diverging = (value) => d3.interpolateRgbBasis(["#b35806", "#f1a340", "#f7f7f7", "#92b4d6", "#2a5c9a"])((value + 1) / 2);
