import { data, featuresOf, metrics, schemeAt } from "./data.js";
import { bandsChart, histogramsChart } from "./chart-bars.js";
import { centresChart, dendrogramChart, elbowChart, flowsChart, scatterChart, silhouetteChart, treemapChart } from "./chart-clusters.js";
import { calibrationChart, holdoutChart } from "./chart-holdout.js";
import { correlationsChart, gridChart, heatChart } from "./chart-grids.js";
import { el, tableOf } from "./dom.js";
import { cell, digits, number, whole } from "./format.js";
import { featureKind, featureLabel, t } from "./words.js";

function cleaningCard() {
    const { input, cleaning } = metrics;
    return el("div", { class: "card", id: "cleaning" }, el("h3", {}, t("cleaning")), el("p", {}, t("cleaning_note", whole(input.rows_read), whole(input.rejected.count), whole(input.customers))),
        cleaning.length === 0 ? el("p", { class: "under" }, t("no_cleaning")) : tableOf({
            columns: [t("step"), t("column"), t("then"), t("rows"), t("low"), t("high")],
            rows: cleaning.map((s) => [t(`steps_${s.step}`), s.column ? featureLabel(s.column) : "–", t(`then_${s.then}`) + (s.value != null ? ` ${number(s.value)}` : ""), cell(s.rows, "whole"), cell(s.low), cell(s.high)]),
        }));
}

function distributionsChart(names) {
    const found = names.map((name) => ({ name, histogram: data.spread[name], median: metrics.exploration.features[name].quantiles?.["0.5"] })).filter((f) => f.histogram);
    return found.length > 0 && histogramsChart({ id: "distributions", title: t("distributions"), note: t("distributions_note"),
        items: found.map((f) => ({ ...f.histogram, label: featureLabel(f.name), median: f.median, kind: featureKind(f.name) })) });
}

const scaledChart = (scheme) => scheme.parts.scaled && histogramsChart({ id: "scaled", title: t("scaled"), note: t("scaled_note"),
    items: scheme.parts.scaled.map((s) => ({ ...s, label: featureLabel(s.name), median: null, kind: "number" })) });

const MODELS = { bgnbd: "BG/NBD", mbgnbd: "MBG/NBD", pareto_nbd: "Pareto/NBD", gamma_gamma: "Gamma-Gamma" };

function parametersCard(scheme) {
    const fits = [[MODELS[scheme.process.model], scheme.process], [MODELS.gamma_gamma, scheme.gamma_gamma]];
    const exact = (value, n) => (value == null ? null : { value, shown: digits(value, n) });
    const rows = fits.flatMap(([name, fit]) => Object.entries(fit.parameters).map(([parameter, { value, standard_error }]) => [name, parameter, exact(value, 5), exact(standard_error, 3)]));
    return el("div", { class: "card", id: "parameters" }, el("h3", {}, t("parameters")), el("p", {}, t("parameters_note"), " ", fits.map(([name, fit]) => `${name}: ${t("likelihood", number(fit.log_likelihood))}`).join("; "), "."),
        tableOf({ columns: [t("model"), t("parameter"), t("estimate"), t("standard_error")], rows }));
}

// Of one number of segments, where none was searched for.
function qualityCard(scheme) {
    const found = scheme.elbow?.[0] ?? scheme;
    return el("div", { class: "card", id: "quality" }, el("h3", {}, t("silhouette")), el("p", {}, t("quality_note", whole(found.silhouette_customers))),
        tableOf({ columns: [t("segments_n"), t("silhouette_mean"), t("davies"), t("calinski"), t("inertia")],
            rows: [[cell(scheme.k, "whole"), cell(found.silhouette), cell(found.davies_bouldin), cell(found.calinski_harabasz), cell(found.inertia)]] }));
}

const pair = (...children) => el("div", { class: "pair" }, children);

const OF_TYPE = {
    kmeans: (scheme) => (scheme.elbow.length > 1 ? pair(elbowChart(scheme), silhouetteChart(scheme)) : qualityCard(scheme)),
    hierarchical: (scheme) => [scheme.dendrogram.merges.length > 0 && dendrogramChart(scheme), qualityCard(scheme)],
    rfm: (scheme) => scheme.parts.grid && pair(gridChart(scheme, "customers"), gridChart(scheme, "value")),
    cltv: (scheme) => [bandsChart(scheme), scheme.parts.heat && pair(heatChart(scheme, "purchases"), heatChart(scheme, "p_alive")), scheme.holdout.length > 0 && [holdoutChart(scheme), scheme.holdout.map((_, i) => calibrationChart(scheme, i))], parametersCard(scheme)],
};

// With all: also what does not depend on the scheme. The meeting of two schemes is then told by the first of them alone.
export function howSection(scheme, all = true) {
    const names = featuresOf(scheme).filter((name) => metrics.exploration.features[name]), correlated = names.filter((n) => metrics.exploration.correlations.names.includes(n));
    const drawn = featuresOf(scheme).filter((name) => data.sample.columns[name]), met = metrics.schemes.map((_, i) => i).filter((i) => i !== scheme.index && scheme.parts.crossed[i]);
    return el("section", { id: "how" }, el("h2", {}, t("how")),
        all && [cleaningCard(), distributionsChart(names), correlated.length > 1 && correlationsChart(correlated)],
        scaledChart(scheme),
        OF_TYPE[scheme.type](scheme),
        drawn.length > 1 && scatterChart(scheme, drawn),
        scheme.parts.scaled && centresChart(scheme),
        treemapChart(scheme),
        met.filter((i) => all || i > scheme.index).map((i) => flowsChart(scheme, schemeAt(i))));
}
