import { metrics } from "./data.js";

// Told apart by the colour-blind too: Paul Tol's "muted" scheme, its darkest two lifted so that they show on a dark page as well.
const MUTED = ["#4a5fc1", "#cc6677", "#2f8f5b", "#d0a92f", "#63b7e0", "#a8447f", "#3fa79a", "#8f8f33", "#a578c9", "#8c929c"];
// Of ordered bands: from pale to strong.
const BANDS = ["#9fb4c8", "#5f9fd0", "#2f72b7", "#173f86"];

// A segment has the same colour wherever it is shown, schemes of the same segments too.
export function colourOf(scheme, index) {
    const n = metrics.schemes[scheme.index].segments.length;
    if (scheme.type === "cltv")
        return n <= 1 ? BANDS[2] : d3.interpolateRgbBasis(BANDS)(index / (n - 1));
    // the segments of rfm stand in the order of scores: the best begin, the sleepers are grey
    if (scheme.type === "rfm" && n === MUTED.length) return MUTED[n - 1 - index];
    const colour = d3.hcl(MUTED[index % MUTED.length]);
    const round = Math.floor(index / MUTED.length);
    return round === 0 ? MUTED[index] : d3.hcl(colour.h, colour.c * 0.8, colour.l + (round % 2 ? 14 : -14) * Math.ceil(round / 2)).formatHex();
}

// Black or white, whichever can be read on it.
export function inkOn(colour) {
    const { r, g, b } = d3.rgb(colour);
    const linear = [r, g, b].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.3 ? "#10151c" : "#ffffff";
}

export const amount = (share) => d3.interpolateRgbBasis(["#eef4fa", "#9ecae1", "#3f8cc4", "#12508f"])(share);
export const diverging = (value) => d3.interpolateRgbBasis(["#b35806", "#f1a340", "#f7f7f7", "#92b4d6", "#2a5c9a"])((value + 1) / 2);
