import { horizonWords, panels } from "./chart-bars.js";
import { figure, legendOf, widthOf } from "./figure.js";
import { cell, fixed, number, whole } from "./format.js";
import { t } from "./words.js";

const SIDES = ["var(--mark)", "var(--mark-soft)"];

// All customers together: what was expected, what was bought.
export function holdoutChart(scheme) {
    return figure({
        id: "holdout", title: t("holdout"), note: t("holdout_note"),
        table: () => ({
            columns: [t("purchases_in", ""), t("expected"), t("bought"), t("difference")],
            rows: scheme.holdout.map((h) => [horizonWords(scheme, h.horizon), cell(h.expected), cell(h.bought), cell(h.bought > 0 ? h.expected / h.bought - 1 : null, "share")]),
        }),
        draw: (svg, width) => panels(svg, width, scheme.holdout.map((h) => ({ title: horizonWords(scheme, h.horizon), kind: "number", values: [h.expected, h.bought] })),
            { labels: [t("expected"), t("bought")], colours: SIDES, each: 320 }),
    });
}

// Customers who had bought equally often: do the model's answers hold for the rare ones and for the regular ones?
export function calibrationChart(scheme, index) {
    const { horizon, groups } = scheme.holdout[index], name = (g) => `${whole(g.x)}${g.and_more ? "+" : ""}`, mean = (g, key) => g[key] / g.customers;
    const had = t(scheme.x === "frequency" ? "all_orders" : "repeat_orders");
    return figure({
        id: `calibration-${index}`, title: t("calibration", horizonWords(scheme, horizon)), note: t("calibration_note"),
        legend: legendOf([{ label: t("expected"), colour: SIDES[0] }, { label: t("bought"), colour: SIDES[1] }]),
        table: () => ({
            columns: [had, t("customers"), t("expected_each"), t("bought_each")],
            rows: groups.map((g) => [name(g), cell(g.customers, "whole"), cell(mean(g, "expected")), cell(mean(g, "bought"))]),
        }),
        draw(svg, width) {
            const left = 52, high = 230, each = (width - left) / groups.length, bar = Math.min(46, each / 2 - 4), most = d3.max(groups, (g) => Math.max(mean(g, "expected"), mean(g, "bought"))) || 1;
            const y = d3.scaleLinear([0, most], [high, 22]).nice(), small = (v) => (v >= 10 ? number(v) : fixed(v, each > 72 ? 2 : 1));
            for (const v of y.ticks(5)) {
                svg.append("line").attr("x1", left).attr("x2", width).attr("y1", y(v)).attr("y2", y(v)).attr("stroke", "var(--line)");
                svg.append("text").attr("x", left - 8).attr("y", y(v) + 4).attr("text-anchor", "end").attr("class", "soft").style("font-size", "12px").text(number(v));
            }
            groups.forEach((g, i) => {
                const middle = left + (i + 0.5) * each;
                ["expected", "bought"].forEach((key, k) => {
                    const value = mean(g, key), x = middle + (k - 1) * (bar + 2) + 1, text = small(value);
                    svg.append("rect").attr("class", "mark").attr("data-value", value).attr("x", x).attr("width", bar).attr("y", y(value)).attr("height", high - y(value)).attr("fill", SIDES[k]);
                    if (widthOf(text, 11.5) <= bar) svg.append("text").attr("x", x + bar / 2).attr("y", y(value) - 5).attr("text-anchor", "middle").style("font-size", "11.5px").text(text);
                });
                svg.append("text").attr("x", middle).attr("y", high + 18).attr("text-anchor", "middle").attr("class", "soft").text(name(g));
            });
            svg.append("text").attr("x", (left + width) / 2).attr("y", high + 40).attr("text-anchor", "middle").attr("class", "soft").text(had);
            return high + 46;
        },
    });
}
