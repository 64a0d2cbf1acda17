import { inkOn } from "../common/colours.js";
import { colourOf, data, view } from "./data.js";
import { el } from "./dom.js";
import { figure, fitted, legendOf, widthOf, wrapped } from "./figure.js";
import { axis, cell, compact, number, whole } from "./format.js";
import { featureKind, featureLabel, labelOf, t } from "./words.js";

export const legendFor = (scheme) => legendOf(scheme.segments.map((s) => ({ label: labelOf(s), colour: colourOf(scheme, s.index) })));

function lineChart({ id, title, note, rows, key, zero }) {
    const points = rows.filter((r) => r[key] != null), chosen = points.find((r) => r.chosen);
    return figure({
        id, title, note,
        table: () => ({
            columns: ["k", t("inertia"), t("silhouette"), t("davies"), t("calinski"), ""],
            rows: rows.map((r) => [cell(r.k, "whole"), cell(r.inertia), cell(r.silhouette), cell(r.davies_bouldin), cell(r.calinski_harabasz), r.chosen ? t("chosen") : ""]),
        }),
        draw(svg, width) {
            const left = 56, high = 250, values = points.map((r) => r[key]);
            const x = d3.scaleLinear(d3.extent(points, (r) => r.k), [left + 10, width - 16]), y = d3.scaleLinear(zero ? [Math.min(0, d3.min(values)), d3.max(values)] : d3.extent(values), [high, 14]).nice();
            y.ticks(5).forEach((v) => {
                svg.append("line").attr("x1", left).attr("x2", width).attr("y1", y(v)).attr("y2", y(v)).attr("stroke", "var(--line)");
                svg.append("text").attr("x", left - 8).attr("y", y(v) + 4).attr("text-anchor", "end").attr("class", "soft").style("font-size", "12px").text(Math.abs(v) >= 10000 ? compact(v) : number(v));
            });
            const step = Math.ceil((26 * points.length) / (width - left));
            points.forEach((r, i) => (i % step === 0) && svg.append("text").attr("x", x(r.k)).attr("y", high + 20).attr("text-anchor", "middle").attr("class", "soft").style("font-size", "12px").text(r.k));
            svg.append("path").attr("d", d3.line().x((r) => x(r.k)).y((r) => y(r[key]))(points)).attr("fill", "none").attr("stroke", "var(--mark)").attr("stroke-width", 2);
            for (const r of points) svg.append("circle").attr("class", "mark").attr("data-value", r[key]).attr("cx", x(r.k)).attr("cy", y(r[key])).attr("r", r === chosen ? 7 : 3.5).attr("fill", r === chosen ? "#d0a92f" : "var(--mark)").attr("stroke", r === chosen ? "var(--ink)" : "none");
            if (chosen) {
                const text = `k = ${chosen.k}`, right = x(chosen.k) + 16 + widthOf(text) < width;
                svg.append("text").attr("class", "halo").attr("x", x(chosen.k) + (right ? 12 : -12)).attr("y", y(chosen[key]) - 12).attr("text-anchor", right ? "start" : "end").style("font-weight", 600).text(text);
            }
            svg.append("text").attr("x", (left + width) / 2).attr("y", high + 40).attr("text-anchor", "middle").attr("class", "soft").text("k");
            return high + 46;
        },
    });
}

export const elbowChart = (scheme) => lineChart({ id: "elbow", title: t("elbow"), note: t("elbow_note", scheme.k), rows: scheme.elbow, key: "inertia", zero: true });
export const silhouetteChart = (scheme) => lineChart({
    id: "silhouette", title: t("silhouette"), note: t("silhouette_note", whole(scheme.elbow[0].silhouette_customers)), rows: scheme.elbow, key: "silhouette", zero: true,
});

// Skewed numbers on a scale that keeps 0 and stretches what is small.
function scaleOf(values, range) {
    const [low, high] = d3.extent(values), sorted = values.slice().sort(d3.ascending), median = d3.quantile(sorted, 0.5);
    if (low < 0 || high - low < 20 || (high - median) < 4 * (median - low)) {
        const scale = d3.scaleLinear([low, high], range).nice();
        return { scale, ticks: (n) => scale.ticks(n) };
    }
    const scale = d3.scaleSymlog([low, high], range).constant(Math.max(1, median / 4)), all = [];
    for (let power = 1; power <= high; power *= 10) all.push(power, 3 * power);
    return { scale, ticks: (n) => [low, ...all.filter((v) => v > low && v <= high)].reduce((kept, v) => (kept.length && Math.abs(scale(v) - scale(kept[kept.length - 1])) < Math.abs(range[1] - range[0]) / n ? kept : [...kept, v]), []) };
}

function centreOf(scheme, segment, name) {
    return scheme.clusters?.find((c) => c.id === segment.id)?.centroid[name] ?? segment.profile?.[`mean_${name}`] ?? null;
}

export function scatterChart(scheme, names) {
    const { sample } = data, of = sample.segments[scheme.name], all = sample.customers === sample.of;
    if (!names.includes(view.x)) view.x = names[0];
    if (!names.includes(view.y) || view.y === view.x) view.y = names.find((n) => n !== view.x);
    const points = () => of.map((segment, i) => ({ segment, x: sample.columns[view.x][i], y: sample.columns[view.y][i] })).filter((p) => p.x != null && p.y != null);
    const choice = (axisName, redraw) => el("label", {}, t(axisName === "x" ? "across" : "up"), el("select", { "data-axis": axisName, onchange: (event) => { view[axisName] = event.target.value; redraw(); } },
        names.map((name) => el("option", { value: name, selected: name === view[axisName] }, featureLabel(name)))));
    return figure({
        id: "scatter", title: t("scatter"), note: t(all ? "scatter_all" : "scatter_note", whole(sample.customers), whole(sample.of)), legend: legendFor(scheme),
        controls: (redraw) => el("div", { class: "controls" }, choice("x", redraw), choice("y", redraw)),
        table: () => ({ columns: [t("segment"), featureLabel(view.x), featureLabel(view.y)], rows: points().map((p) => [labelOf(scheme.segments[p.segment]), cell(p.x, featureKind(view.x)), cell(p.y, featureKind(view.y))]) }),
        draw(svg, width) {
            const left = 62, high = Math.min(520, Math.max(300, width * 0.55)), shown = points();
            const centres = scheme.segments.map((s) => ({ s, x: centreOf(scheme, s, view.x), y: centreOf(scheme, s, view.y) })).filter((c) => c.x != null && c.y != null);
            const x = scaleOf([...shown, ...centres].map((p) => p.x), [left + 8, width - 12]), y = scaleOf([...shown, ...centres].map((p) => p.y), [high - 8, 12]);
            const fx = axis(featureKind(view.x)), fy = axis(featureKind(view.y));
            for (const v of x.ticks(Math.floor(width / 90))) svg.append("text").attr("x", x.scale(v)).attr("y", high + 18).attr("text-anchor", "middle").attr("class", "soft").style("font-size", "12px").text(fx(v));
            for (const v of y.ticks(6)) {
                svg.append("line").attr("x1", left).attr("x2", width).attr("y1", y.scale(v)).attr("y2", y.scale(v)).attr("stroke", "var(--line)");
                svg.append("text").attr("x", left - 6).attr("y", y.scale(v) + 4).attr("text-anchor", "end").attr("class", "soft").style("font-size", "12px").text(fy(v));
            }
            for (const p of shown) svg.append("circle").attr("class", "mark").attr("cx", x.scale(p.x)).attr("cy", y.scale(p.y)).attr("r", shown.length > 500 ? 2.6 : 4).attr("fill", colourOf(scheme, p.segment)).attr("fill-opacity", 0.6);
            for (const c of centres) svg.append("path").attr("class", "centre").attr("d", d3.symbol().type(d3.symbolDiamond).size(150)()).attr("transform", `translate(${x.scale(c.x)},${y.scale(c.y)})`).attr("fill", colourOf(scheme, c.s.index)).attr("stroke", "var(--ink)").attr("stroke-width", 1.8);
            svg.append("text").attr("x", (left + width) / 2).attr("y", high + 38).attr("text-anchor", "middle").attr("class", "soft").text(fitted(featureLabel(view.x), width - left));
            svg.append("text").attr("transform", `translate(12,${high / 2}) rotate(-90)`).attr("text-anchor", "middle").attr("class", "soft").text(fitted(featureLabel(view.y), high));
            return high + 46;
        },
    });
}

export function centresChart(scheme) {
    const axes = scheme.parts.scaled;
    return figure({
        id: "centres", title: t("centres"), note: t("centres_note"), legend: legendFor(scheme),
        table: () => ({
            columns: [t("segment"), t("customers"), ...axes.map((a) => featureLabel(a.name))],
            rows: scheme.segments.map((s) => [labelOf(s), cell(s.customers, "whole"), ...axes.map((a) => cell(centreOf(scheme, s, a.name), featureKind(a.name)))]),
        }),
        draw(svg, width) {
            // as many lines of label as the longest needs; on a narrow page they stand one below the other, by number
            const each = width / axes.length, narrow = each < 110, top = narrow ? 26 : 44, high = 280, x = (i) => each * (i + 0.5);
            const y = axes.map((a) => d3.scaleLinear([a.edges[0], a.edges[a.edges.length - 1]], [top + high, top]));
            axes.forEach((a, i) => {
                svg.append("line").attr("x1", x(i)).attr("x2", x(i)).attr("y1", top).attr("y2", top + high).attr("stroke", "var(--line)").attr("stroke-width", 2);
                if (narrow) {
                    svg.append("text").attr("x", x(i)).attr("y", 16).attr("text-anchor", "middle").attr("class", "soft").text(i + 1);
                    svg.append("text").attr("y", top + high + 24 + i * 19).attr("class", "soft").text(fitted(`${i + 1} ${featureLabel(a.name)}`, width));
                } else wrapped(featureLabel(a.name), each - 10).forEach((line, l) => svg.append("text").attr("x", x(i)).attr("y", 14 + l * 16).attr("text-anchor", "middle").attr("class", "soft").text(line));
            });
            for (const s of scheme.segments) {
                const path = d3.line().x((_, i) => x(i)).y((a, i) => y[i](a.centres[s.id]))(axes);
                svg.append("path").attr("class", "mark").attr("data-segment", s.id).attr("d", path).attr("fill", "none").attr("stroke", colourOf(scheme, s.index)).attr("stroke-width", 3);
                axes.forEach((a, i) => svg.append("circle").attr("cx", x(i)).attr("cy", y[i](a.centres[s.id])).attr("r", 4.5).attr("fill", colourOf(scheme, s.index)));
            }
            return top + high + (narrow ? 14 + axes.length * 19 : 10);
        },
    });
}

// The tree's upper part: leaves 0..n-1, then the merges, each of two nodes before it.
function treeOf(scheme) {
    const { leaves, merges } = scheme.dendrogram;
    const nodes = [...leaves.map((leaf, i) => ({ id: i, customers: leaf.customers, height: leaf.height, leaf: true })), ...merges.map((m, i) => ({ id: leaves.length + i, children: [m.a, m.b], customers: m.customers, height: m.height }))];
    let next = 0;
    const place = (node) => {
        if (node.leaf) node.at = next++;
        else {
            const [a, b] = node.children.map((c) => nodes[c]);
            a.parent = b.parent = node;
            place(a);
            place(b);
            node.at = (a.at + b.at) / 2;
        }
    };
    if (nodes.length) place(nodes[nodes.length - 1]);
    const first = merges.length - (scheme.k - 1); // the merges from here on are above the cut
    nodes.forEach((node, i) => (node.above = !node.leaf && i >= leaves.length + first));
    const sizes = d3.nest().key((s) => s.customers).object(scheme.segments);
    // a branch below the cut is the segment of as many customers, when there is only one such
    const segmentOf = (node) => {
        let top = node;
        while (top.parent && !top.parent.above) top = top.parent;
        return !top.above && sizes[top.customers]?.length === 1 ? sizes[top.customers][0] : null;
    };
    nodes.forEach((node) => (node.segment = node.above ? null : segmentOf(node)));
    const cut = first >= 1 && first < merges.length ? (merges[first - 1].height + merges[first].height) / 2 : null;
    return { nodes, leaves: leaves.length, merges, cut };
}

export function dendrogramChart(scheme) {
    const tree = treeOf(scheme), colour = (node) => (node.segment ? colourOf(scheme, node.segment.index) : "var(--soft)");
    return figure({
        id: "dendrogram", title: t("dendrogram"), note: t("dendrogram_note", scheme.linkage, scheme.k), legend: legendFor(scheme),
        table: () => ({
            columns: [t("height"), t("customers"), "", t("segment")],
            rows: tree.nodes.filter((n) => !n.leaf).reverse().map((n) => [cell(n.height), cell(n.customers, "whole"), t(n.above ? "above" : "below"), n.segment ? labelOf(n.segment) : ""]),
        }),
        draw(svg, width) {
            const left = 46, high = 320, step = (width - left - 8) / tree.leaves, x = (at) => left + (at + 0.5) * step, y = d3.scaleLinear([0, d3.max(tree.nodes, (n) => n.height)], [high, 12]);
            y.ticks(5).forEach((v) => svg.append("text").attr("x", left - 8).attr("y", y(v) + 4).attr("text-anchor", "end").attr("class", "soft").style("font-size", "12px").text(compact(v)));
            for (const node of tree.nodes) {
                if (node.leaf) {
                    svg.append("text").attr("transform", `translate(${x(node.at) + 4},${high + 8}) rotate(-90)`).attr("text-anchor", "end").attr("class", "soft").style("font-size", step < 11 ? "9px" : "11.5px").text(whole(node.customers));
                    continue;
                }
                const [a, b] = node.children.map((c) => tree.nodes[c]), foot = (n) => (n.leaf ? high : y(n.height));
                svg.append("path").attr("class", "mark").attr("data-value", node.height).attr("fill", "none").attr("stroke", colour(node)).attr("stroke-width", 2)
                    .attr("d", `M${x(a.at)},${foot(a)}V${y(node.height)}H${x(b.at)}V${foot(b)}`);
            }
            if (tree.cut != null) svg.append("line").attr("class", "cut").attr("x1", left).attr("x2", width).attr("y1", y(tree.cut)).attr("y2", y(tree.cut)).attr("stroke", "var(--ink)").attr("stroke-dasharray", "6 5").attr("stroke-width", 1.5);
            return high + 56;
        },
    });
}

export function treemapChart(scheme) {
    return figure({
        id: "treemap", title: t("treemap"), note: t("treemap_note"), legend: legendFor(scheme),
        table: () => ({ columns: [t("segment"), t("customers"), t("share_customers")], rows: scheme.segments.map((s) => [labelOf(s), cell(s.customers, "whole"), cell(s.share_customers, "share")]) }),
        draw(svg, width) {
            const high = Math.min(420, Math.max(280, width * 0.42)), root = d3.hierarchy({ children: scheme.segments }).sum((s) => s.customers ?? 0).sort((a, b) => b.value - a.value);
            d3.treemap().size([width, high]).paddingInner(3)(root);
            for (const leaf of root.leaves()) {
                if (leaf.value === 0) continue;
                const w = leaf.x1 - leaf.x0, h = leaf.y1 - leaf.y0, fill = colourOf(scheme, leaf.data.index), ink = inkOn(fill);
                const g = svg.append("g").attr("transform", `translate(${leaf.x0},${leaf.y0})`);
                g.append("rect").attr("class", "mark").attr("data-segment", leaf.data.id).attr("data-value", leaf.value).attr("width", w).attr("height", h).attr("fill", fill).append("title").text(`${labelOf(leaf.data)}: ${whole(leaf.value)}`);
                const lines = [...wrapped(labelOf(leaf.data), w - 16), whole(leaf.value)];
                if (w >= 64 && h >= lines.length * 17 + 10) lines.forEach((line, i) => g.append("text").attr("x", 8).attr("y", 21 + i * 17).style("fill", ink).style("font-weight", i === lines.length - 1 ? 600 : null).text(fitted(line, w - 14)));
            }
            return high;
        },
    });
}

export function flowsChart(scheme, other) {
    const counts = scheme.parts.crossed[other.index], links = counts.flatMap((row, g) => row.map((value, h) => ({ source: `a${g}`, target: `b${h}`, value, g, h }))).filter((l) => l.value > 0);
    return figure({
        id: `flows-${other.index}`, title: t("flows", scheme.name, other.name), note: t("flows_note", scheme.name, other.name),
        table: () => ({ columns: [scheme.name, other.name, t("customers")], rows: links.map((l) => [labelOf(scheme.segments[l.g]), labelOf(other.segments[l.h]), cell(l.value, "whole")]) }),
        draw(svg, width) {
            const nodes = [...new Set(links.flatMap((l) => [l.source, l.target]))].map((id) => ({ id })), rows = Math.max(scheme.segments.length, other.segments.length), high = rows * 44 + 20;
            const room = Math.min(210, width * 0.36), graph = d3.sankey().nodeId((n) => n.id).nodeWidth(12).nodePadding(20).nodeSort((a, b) => a.id.slice(1) - b.id.slice(1)).extent([[room, 10], [width - room, high - 10]])({ nodes, links: links.map((l) => ({ ...l })) });
            for (const link of graph.links) svg.append("path").attr("class", "mark").attr("data-value", link.value).attr("d", d3.sankeyLinkHorizontal()(link)).attr("fill", "none").attr("stroke", colourOf(scheme, link.g)).attr("stroke-opacity", 0.4).attr("stroke-width", Math.max(1, link.width));
            for (const node of graph.nodes) {
                const left = node.id[0] === "a", own = left ? scheme : other, segment = own.segments[+node.id.slice(1)];
                svg.append("rect").attr("class", "node").attr("x", node.x0).attr("y", node.y0).attr("width", node.x1 - node.x0).attr("height", Math.max(1, node.y1 - node.y0)).attr("fill", colourOf(own, segment.index));
                svg.append("text").attr("x", left ? node.x0 - 8 : node.x1 + 8).attr("y", (node.y0 + node.y1) / 2 + 4).attr("text-anchor", left ? "end" : "start").text(fitted(labelOf(segment), room - 10));
            }
            return high;
        },
    });
}
