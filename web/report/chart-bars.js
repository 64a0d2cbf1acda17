import { byWeight, colourOf, featuresOf, hasValue, metrics, overall } from "./data.js";
import { figure, fitted, widthOf, wrapped } from "./figure.js";
import { axis, cell, compact, percent, show, times, whole } from "./format.js";
import { featureKind, featureLabel, labelOf, t } from "./words.js";

export function sharesChart(scheme) {
    const segments = byWeight(scheme), valued = hasValue(scheme);
    const bars = (s) => [{ share: s.share_customers, pale: valued }, ...(valued ? [{ share: s.share_value, pale: false }] : [])];
    return figure({
        id: "shares", title: t(valued ? "shares" : "shares_1"), note: t(valued ? "shares_note" : "shares_note_1"),
        table: () => ({
            columns: [t("segment"), t("customers"), t("share_customers"), t("value"), t("share_value")],
            rows: segments.map((s) => [labelOf(s), cell(s.customers, "whole"), cell(s.share_customers, "share"), cell(s.value, "money"), cell(s.share_value, "share")]),
        }),
        draw(svg, width) {
            const above = width < 620, left = above ? 0 : Math.min(290, 18 + d3.max(segments, (s) => widthOf(fitted(labelOf(s), 270))));
            const thick = 14, row = (above ? 22 : 0) + bars(segments[0]).length * (thick + 2) + 11;
            const most = d3.max(segments, (s) => Math.max(s.share_customers ?? 0, s.share_value ?? 0)) || 1;
            const x = d3.scaleLinear([0, most], [0, width - left - 62]);
            segments.forEach((s, i) => {
                const top = i * row + (above ? 22 : 4), middle = top + (bars(s).length * (thick + 2)) / 2;
                svg.append("text").attr("x", above ? 0 : left - 14).attr("y", above ? top - 7 : middle + 4).attr("text-anchor", above ? "start" : "end")
                    .text(fitted(labelOf(s), above ? width : left - 18));
                bars(s).forEach(({ share, pale }, b) => {
                    const y = top + b * (thick + 2);
                    svg.append("rect").attr("class", "mark").attr("data-segment", s.id).attr("data-value", share).attr("x", left).attr("y", y).attr("width", Math.max(1, x(share)))
                        .attr("height", thick).attr("rx", 2).attr("fill", colourOf(scheme, s.index)).attr("fill-opacity", pale ? 0.45 : 1);
                    svg.append("text").attr("x", left + x(share) + 7).attr("y", y + thick - 3).attr("class", pale ? "soft" : null).style("font-size", "12.5px").text(percent(share));
                });
            });
            return segments.length * row + 4;
        },
    });
}

// Their means against everyone's, as ratios.
export function ratiosOf(scheme, segment) {
    return featuresOf(scheme).map((name) => {
        const everyone = metrics.exploration.features[name]?.mean ?? overall(scheme, `mean_${name}`), own = segment.profile?.[`mean_${name}`];
        return { name, own, everyone, ratio: everyone > 0 && own != null && own >= 0 ? own / everyone : null };
    });
}

export function apartChart(scheme, segment) {
    const ratios = ratiosOf(scheme, segment).filter((r) => r.ratio != null);
    return figure({
        id: `apart-${segment.index}`, title: t("apart"), note: t("apart_note"),
        table: () => ({
            columns: [t("feature"), labelOf(segment), t("everyone"), t("times")],
            rows: ratios.map((r) => [featureLabel(r.name), cell(r.own, featureKind(r.name)), cell(r.everyone, featureKind(r.name)), cell(r.ratio, "times")]),
        }),
        draw(svg, width) {
            const above = width < 460, row = above ? 42 : 24, left = above ? 0 : Math.min(260, 14 + d3.max(ratios, (r) => widthOf(featureLabel(r.name)))), room = 12 + (d3.max(ratios, (r) => widthOf(times(r.ratio))) ?? 0);
            const reach = Math.min(3, Math.max(1, d3.max(ratios, (r) => Math.abs(Math.log2(Math.max(r.ratio, 0.01)))) ?? 1));
            const x = d3.scaleLinear([-reach, reach], [left + room, width - room]).clamp(true);
            svg.append("line").attr("x1", x(0)).attr("x2", x(0)).attr("y1", 0).attr("y2", ratios.length * row).attr("stroke", "var(--line)");
            ratios.forEach((r, i) => {
                const at = x(Math.log2(Math.max(r.ratio, 1e-6))), y = i * row + (above ? 20 : 4);
                svg.append("text").attr("x", above ? 0 : left - 10).attr("y", above ? y - 5 : y + 13).attr("text-anchor", above ? "start" : "end").text(fitted(featureLabel(r.name), above ? width : left - 10));
                svg.append("rect").attr("class", "mark").attr("data-value", r.ratio).attr("x", Math.min(at, x(0))).attr("y", y).attr("width", Math.max(1, Math.abs(at - x(0)))).attr("height", 17)
                    .attr("rx", 2).attr("fill", colourOf(scheme, segment.index));
                svg.append("text").attr("x", at + (r.ratio >= 1 ? 6 : -6)).attr("y", y + 13).attr("text-anchor", r.ratio >= 1 ? "start" : "end").style("font-size", "12.5px").text(times(r.ratio));
            });
            return ratios.length * row + 4;
        },
    });
}

// Bars of a few groups side by side: one panel for each measure.
export function panels(svg, width, measures, { labels, colours, each = 230 }) {
    const n = Math.max(1, Math.min(measures.length, Math.floor(width / each))), w = width / n, bar = 24, high = 34 + labels.length * bar + 22;
    const left = Math.min(w * 0.4, 12 + d3.max(labels, (l) => widthOf(fitted(l, w * 0.4))));
    measures.forEach(({ title, values, kind }, i) => {
        const g = svg.append("g").attr("transform", `translate(${(i % n) * w},${Math.floor(i / n) * high})`);
        const text = values.map((v) => show(v, kind)), x = d3.scaleLinear([0, d3.max(values) || 1], [0, w - left - 26 - d3.max(text, (s) => widthOf(s, 12.5))]);
        g.append("text").attr("y", 18).style("font-weight", 600).text(fitted(title, w - 20));
        values.forEach((value, k) => {
            const y = 32 + k * bar;
            g.append("text").attr("x", left - 8).attr("y", y + 13).attr("text-anchor", "end").text(fitted(labels[k], left - 8));
            g.append("rect").attr("class", "mark").attr("data-value", value).attr("x", left).attr("y", y).attr("width", Math.max(1, x(value))).attr("height", bar - 6).attr("rx", 2).attr("fill", colours[k]);
            g.append("text").attr("x", left + x(value) + 6).attr("y", y + 13).style("font-size", "12.5px").text(text[k]);
        });
    });
    return Math.ceil(measures.length / n) * high;
}

export const horizonWords = (scheme, horizon) => (scheme.unit_days === 7 ? t("units", compact(horizon)) : t("units_days", compact(horizon), compact(scheme.unit_days)));

// Weeks or days are the model's, months those of whoever plans.
function inMonths(scheme, horizon) {
    const months = Math.round((horizon * scheme.unit_days) / (365.25 / 12));
    return months >= 1 ? t("about_months", horizonWords(scheme, horizon), months) : horizonWords(scheme, horizon);
}

export function bandsChart(scheme) {
    const measures = Object.entries(scheme.bands).map(([name, found]) => {
        const horizon = /^purchases_(.+)$/.exec(name);
        return { title: horizon ? t("purchases_in", inMonths(scheme, +horizon[1])) : t("value_in", scheme.months), kind: horizon ? "number" : "money", found };
    });
    return figure({
        id: "bands", title: t("bands"), note: t("bands_note"),
        table: () => ({
            columns: [t("band"), t("customers"), ...measures.flatMap((m) => [`${m.title}: ${t("sum")}`, `${m.title}: ${t("mean")}`])],
            rows: [...scheme.segments.map((s) => [labelOf(s), cell(s.customers, "whole"), ...measures.flatMap((m) => [cell(m.found.segments[s.id]?.sum, m.kind), cell(m.found.segments[s.id]?.mean, m.kind)])]),
                [t("everyone"), cell(metrics.input.customers, "whole"), ...measures.flatMap((m) => [cell(m.found.all.sum, m.kind), cell(m.found.all.mean, m.kind)])]],
        }),
        draw: (svg, width) => panels(svg, width, measures.map((m) => ({ ...m, values: scheme.segments.map((s) => m.found.segments[s.id]?.mean ?? 0) })),
            { labels: scheme.segments.map(labelOf), colours: scheme.segments.map((s) => colourOf(scheme, s.index)), each: 300 }),
    });
}

export function histogramsChart({ id, title, note, items }) {
    return figure({
        id, title, note,
        table: () => ({ columns: [t("feature"), t("from"), t("to"), t("customers")], rows: items.flatMap((h) => h.counts.map((n, i) => [h.label, cell(h.edges[i]), cell((i === h.counts.length - 1 ? h.greatest : null) ?? h.edges[i + 1]), cell(n, "whole")])) }),
        draw(svg, width) {
            const n = Math.max(1, Math.min(4, Math.floor(width / (width < 500 ? 140 : 240)))), w = width / n, inner = w - 24, high = 184;
            items.forEach((h, i) => {
                const g = svg.append("g").attr("class", "panel").attr("transform", `translate(${(i % n) * w},${Math.floor(i / n) * high})`);
                const x = d3.scaleLinear([h.edges[0], h.edges[h.edges.length - 1]], [0, inner]), y = d3.scaleLinear([0, d3.max(h.counts) || 1], [0, 84]);
                wrapped(h.label, inner).forEach((line, l, lines) => g.append("text").attr("y", 16 + (2 - lines.length + l) * 15).style("font-size", "12.5px").text(line));
                h.counts.forEach((count, b) => {
                    const left = h.edges.length > 2 ? x(h.edges[b]) : 0, right = h.edges.length > 2 ? x(h.edges[b + 1]) : inner;
                    g.append("rect").attr("class", "mark").attr("data-value", count).attr("x", left + 0.5).attr("width", Math.max(0.5, right - left - 1)).attr("y", 128 - y(count)).attr("height", y(count)).attr("fill", "var(--mark)");
                });
                if (h.median != null && h.edges.length > 2) g.append("line").attr("x1", x(h.median)).attr("x2", x(h.median)).attr("y1", 40).attr("y2", 128).attr("stroke", "var(--ink)").attr("stroke-width", 1.5);
                g.append("text").attr("class", "soft").attr("y", 160).style("font-size", "12px").text(t("peak", whole(d3.max(h.counts))));
                g.append("line").attr("x2", inner).attr("y1", 128).attr("y2", 128).attr("stroke", "var(--line)");
                const ends = axis(h.kind);
                g.append("text").attr("y", 144).attr("class", "soft").style("font-size", "12px").text(ends(h.edges[0]));
                g.append("text").attr("x", inner).attr("y", 144).attr("class", "soft").attr("text-anchor", "end").style("font-size", "12px").text(ends(h.edges[h.edges.length - 1]) + (h.greatest != null ? "+" : ""));
            });
            return Math.ceil(items.length / n) * high;
        },
    });
}
