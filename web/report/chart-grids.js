import { amount, diverging, inkOn } from "../common/colours.js";
import { colourOf, metrics } from "./data.js";
import { horizonWords } from "./chart-bars.js";
import { legendFor } from "./chart-clusters.js";
import { figure, fitted, widthOf } from "./figure.js";
import { cell, compact, fixed, moneyShort, number, percent, whole } from "./format.js";
import { featureLabel, labelOf, t } from "./words.js";

export function correlationsChart(names) {
    const { names: all, spearman, pearson, customers } = metrics.exploration.correlations;
    const at = names.map((name) => all.indexOf(name));
    return figure({
        id: "correlations", title: t("correlations"), note: t("correlations_note", whole(customers)),
        table: () => ({
            columns: [t("feature"), t("feature"), "Spearman", "Pearson"],
            rows: names.flatMap((a, i) => names.slice(i + 1).map((b, j) => [featureLabel(a), featureLabel(b), cell(spearman[at[i]][at[i + 1 + j]]), cell(pearson[at[i]][at[i + 1 + j]])])),
        }),
        draw(svg, width) {
            const n = names.length, label = (i) => `${i + 1} ${featureLabel(names[i])}`;
            const left = Math.min(width * 0.5, 12 + d3.max(names, (_, i) => widthOf(label(i)))), size = Math.min(54, (width - left) / n), high = Math.max(20, Math.min(size, 34));
            names.forEach((_, i) => {
                svg.append("text").attr("x", left - 8).attr("y", 24 + i * high + high / 2 + 4).attr("text-anchor", "end").text(fitted(label(i), left - 10));
                svg.append("text").attr("x", left + i * size + size / 2).attr("y", 16).attr("text-anchor", "middle").attr("class", "soft").text(i + 1);
            });
            at.forEach((r, i) => at.forEach((c, j) => {
                const value = spearman[r][c], fill = diverging(value);
                svg.append("rect").attr("class", "mark").attr("data-value", value).attr("x", left + j * size + 0.5).attr("y", 24 + i * high + 0.5).attr("width", size - 1).attr("height", high - 1).attr("fill", fill);
                if (size >= 36) svg.append("text").attr("x", left + j * size + size / 2).attr("y", 24 + i * high + high / 2 + 4).attr("text-anchor", "middle").style("font-size", "12px").style("fill", inkOn(fill)).text(fixed(value, 2));
            }));
            return 28 + n * high;
        },
    });
}

export function gridChart(scheme, what) {
    const grid = scheme.parts.grid, n = grid.scores, cells = grid[what], most = d3.max(cells, (row) => d3.max(row)) || 1;
    const segmentOf = (r, f) => scheme.segments.find((s) => s.id === scheme.table[r][f]);
    return figure({
        id: `grid-${what}`, title: t(`grid_${what}`), note: t("grid_note", n), legend: legendFor(scheme),
        table: () => ({
            columns: [t("recency_score"), t("frequency_score"), t("segment"), t(what)],
            rows: cells.flatMap((row, r) => row.map((v, f) => [cell(r + 1, "whole"), cell(f + 1, "whole"), labelOf(segmentOf(r, f)), cell(v, what === "value" ? "money" : "whole")])),
        }),
        draw(svg, width) {
            const left = 42, size = (Math.min(width, 640) - left) / n, high = Math.max(36, Math.min(64, size * 0.7)), below = n * high + 6;
            cells.forEach((row, r) => row.forEach((value, f) => {
                const x = left + f * size, y = (n - 1 - r) * high, fill = amount(value / most), segment = segmentOf(r, f);
                svg.append("rect").attr("class", "mark").attr("data-value", value).attr("data-segment", segment.id).attr("x", x + 1).attr("y", y + 1).attr("width", size - 2).attr("height", high - 2).attr("fill", fill)
                    .append("title").text(`${labelOf(segment)}: ${what === "value" ? moneyShort(value) : whole(value)}`);
                svg.append("rect").attr("x", x + 1).attr("y", y + 1).attr("width", 7).attr("height", high - 2).attr("fill", colourOf(scheme, segment.index));
                const text = what === "value" ? moneyShort(value) : size < 60 ? compact(value) : whole(value);
                svg.append("text").attr("x", x + size / 2 + 3).attr("y", y + high / 2 + 4).attr("text-anchor", "middle").style("font-size", size < 60 ? "11.5px" : "13px").style("fill", inkOn(fill)).text(text);
            }));
            for (let i = 0; i < n; i++) {
                svg.append("text").attr("x", left - 8).attr("y", (n - 1 - i) * high + high / 2 + 4).attr("text-anchor", "end").attr("class", "soft").text(i + 1);
                svg.append("text").attr("x", left + i * size + size / 2).attr("y", below + 12).attr("text-anchor", "middle").attr("class", "soft").text(i + 1);
            }
            svg.append("text").attr("transform", `translate(12,${(n * high) / 2}) rotate(-90)`).attr("text-anchor", "middle").attr("class", "soft").text(t("recency_score"));
            svg.append("text").attr("x", left + (n * size) / 2).attr("y", below + 32).attr("text-anchor", "middle").attr("class", "soft").text(t("frequency_score"));
            return below + 40;
        },
    });
}

export function heatChart(scheme, what) {
    const heat = scheme.parts.heat, cells = heat[what], most = what === "p_alive" ? 1 : d3.max(cells, (row) => d3.max(row, (v) => v ?? 0)) || 1;
    const colour = (v) => d3.interpolateViridis(0.08 + (0.9 * v) / most), span = (v) => horizonWords(scheme, Math.round(v));
    const show = (v) => (what === "p_alive" ? percent(v) : number(v)), across = t(scheme.x === "frequency" ? "all_orders" : "repeat_orders");
    return figure({
        id: `heat-${what}`, title: what === "p_alive" ? t("heat_alive") : t("heat_purchases", horizonWords(scheme, heat.horizon)), note: t("heat_note", span(heat.T)) + (what === "p_alive" && scheme.warnings.some((w) => w.code === "no_dropout") ? ` ${t("heat_doubt")}` : ""),
        table: () => ({
            columns: [across, t("last_after"), what === "p_alive" ? t("heat_alive") : t("expected")],
            rows: cells.flatMap((row, i) => row.map((v, k) => [cell(heat.x[i], "whole"), cell(heat.tx[k]), v == null ? null : { value: v, shown: show(v) }])).filter((row) => row[2] != null),
        }),
        draw(svg, width) {
            const left = 56, n = heat.x.length, m = heat.tx.length, w = (width - left - 4) / n, h = Math.min(11, Math.max(7, w * 0.6)), below = m * h;
            cells.forEach((row, i) => row.forEach((v, k) => {
                if (v == null) return;
                svg.append("rect").attr("class", "mark").attr("data-value", v).attr("x", left + i * w).attr("y", (m - 1 - k) * h).attr("width", w - 0.6).attr("height", h - 0.6).attr("fill", colour(v));
            }));
            const step = Math.ceil(30 / w);
            heat.x.forEach((x, i) => i % step === 0 && svg.append("text").attr("x", left + i * w + w / 2).attr("y", below + 16).attr("text-anchor", "middle").attr("class", "soft").style("font-size", "12px").text(compact(x)));
            heat.tx.forEach((v, k) => k % 6 === 0 && svg.append("text").attr("x", left - 6).attr("y", (m - 1 - k) * h + h / 2 + 4).attr("text-anchor", "end").attr("class", "soft").style("font-size", "12px").text(compact(Math.round(v))));
            svg.append("text").attr("transform", `translate(12,${below / 2}) rotate(-90)`).attr("text-anchor", "middle").attr("class", "soft").text(fitted(t("last_after_in", scheme.unit_days === 7 ? t("weeks") : t("days_each", compact(scheme.unit_days))), below));
            svg.append("text").attr("x", left + (width - left) / 2).attr("y", below + 36).attr("text-anchor", "middle").attr("class", "soft").text(across);
            const bar = Math.min(200, width - left - 110), y = below + 52;
            for (let i = 0; i < 40; i++) svg.append("rect").attr("x", left + 40 + (i * bar) / 40).attr("y", y).attr("width", bar / 40 + 0.5).attr("height", 10).attr("fill", colour((most * i) / 39));
            svg.append("text").attr("x", left + 32).attr("y", y + 10).attr("text-anchor", "end").style("font-size", "12px").text("0");
            svg.append("text").attr("x", left + 48 + bar).attr("y", y + 10).style("font-size", "12px").text(what === "p_alive" ? percent(1) : number(most));
            return y + 16;
        },
    });
}
