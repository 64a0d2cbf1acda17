import { data, metrics } from "./data.js";
import { el, short } from "./dom.js";
import { whole } from "./format.js";
import { t, warningWords } from "./words.js";

const card = (title, text, own, code) => el("div", { class: "card care", "data-warning": code ?? "" }, el("h3", {}, title), el("p", {}, text), own && el("p", { class: "under" }, t("own_words", short(own, 600))));

// With all: also what does not depend on the scheme.
export function careSection(scheme, all = true) {
    const cards = scheme.warnings.map((w) => {
        const { title, text, own } = warningWords(w);
        return card(title, text, own, w.code);
    });
    const { rejected } = metrics.input, { customers, of } = data.sample, tried = scheme.elbow?.[0] ?? scheme;
    if (!scheme.served) cards.push(card(t("not_served"), t("not_served_text"), scheme.not_served_because, "not_served"));
    if (all && rejected.count > 0) cards.push(card(t("rejected", whole(rejected.count)), t("rejected_text"), null, "rejected"));
    const capped = d3.sum(metrics.cleaning.filter((s) => s.step === "cap" && s.then === "clip"), (s) => s.rows);
    if (all && capped > 0) cards.push(card(t("capped"), t("capped_text", whole(capped)), null, "capped"));
    if (scheme.rank_differs_from_frozen > 0) cards.push(card(t("ranks", whole(scheme.rank_differs_from_frozen)), t("ranks_text"), null, "ranks"));
    if (scheme.centroids_differ_from_tree > 0) cards.push(card(t("tree", whole(scheme.centroids_differ_from_tree)), t("tree_text"), null, "tree"));
    if (tried.silhouette_exact === false) cards.push(card(t("sampled"), t("sampled_text", whole(tried.silhouette_customers), whole(metrics.input.customers)), null, "sampled"));
    if (all && customers < of) cards.push(card(t("drawn"), t("drawn_text", whole(customers), whole(of)), null, "drawn"));
    return el("section", { id: "care" }, el("h2", {}, t("care")), cards.length ? cards : el("p", {}, t("nothing_to_care")));
}
