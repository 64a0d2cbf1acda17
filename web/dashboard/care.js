import { el, named, short } from "../report/dom.js";
import { cell, digits, whole } from "../report/format.js";
import { known, samplesOf } from "./data.js";
import { bars, headOf, panel, rowOf, sayIn } from "./panel.js";
import { duration, featureLabel, t } from "./words.js";

const deadLetters = () => samplesOf("obek_dead_letters_total").filter((s) => s.value > 0).sort((a, b) => b.value - a.value);
export const deadPanel = () => panel({
    id: "dead", title: t("dead"), note: () => t("dead_note"),
    table: () => ({ columns: [t("reason"), t("number")], rows: deadLetters().map((s) => [s.labels.reason, cell(s.value, "whole")]) }),
    draw: (svg, width) => (deadLetters().length === 0 ? sayIn(svg, width, t("no_dead")) : bars(svg, width, deadLetters().map((s) => ({ label: s.labels.reason, value: s.value, shown: whole(s.value), colour: "#cc6677" })))),
});

export function lagPanel() {
    const body = el("tbody"), age = (s) => samplesOf("obek_lag_seconds").find((o) => o.labels.topic === s.labels.topic && o.labels.partition === s.labels.partition)?.value;
    return panel({
        id: "lag", title: t("lags"), note: () => t("lags_note"),
        body: el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("lags") }, el("table", {}, headOf([t("partition"), t("records"), t("age")], [1, 2]), body)),
        update() {
            const all = samplesOf("obek_lag_records").slice().sort((a, b) => d3.ascending(a.labels.topic, b.labels.topic) || a.labels.partition - b.labels.partition);
            body.replaceChildren(...all.map((s) => rowOf([named(short(`${s.labels.topic}/${s.labels.partition}`, 80)), { number: whole(s.value), value: s.value }, { number: age(s) == null ? "–" : duration(age(s)) }])));
        },
    });
}

const LOOK = 0.1, LEARN = 0.25;
const driftOf = () => samplesOf("obek_feature_drift_psi").slice().sort((a, b) => b.value - a.value);
const driftTone = (psi) => (psi < LOOK ? "#2f8f5b" : psi < LEARN ? "#d0a92f" : "#cc6677");
export const driftPanel = () => panel({
    id: "drift", title: t("drift"),
    note: () => [known.model ? t("in_force", short(known.model.model.name, 60), short(known.model.model.version, 60), known.model.number) : t("no_model"), t(driftOf().length === 0 ? "no_drift" : "drift_note")].join(" "),
    table: () => ({ columns: [t("feature"), "PSI"], rows: driftOf().map((s) => [featureLabel(s.labels.feature), cell(s.value)]) }),
    draw: (svg, width) => bars(svg, width, driftOf().map((s) => ({ id: s.labels.feature, label: featureLabel(s.labels.feature), value: s.value, shown: digits(s.value, 2), colour: driftTone(s.value) }))),
});
