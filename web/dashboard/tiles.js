import { el } from "../report/dom.js";
import { number, whole } from "../report/format.js";
import { known, samplesOf, sumOf, theScheme } from "./data.js";
import { duration, t } from "./words.js";

const speed = (value) => (value == null ? "–" : number(value));
const latest = () => known.speeds[known.speeds.length - 1] ?? {};
const told = (name) => samplesOf(name)[0]?.value;

// [id, title, what it shows, what stands below].
const TILES = [
    ["customers", () => whole(d3.sum(known.sizes?.schemes.find((s) => s.scheme === theScheme()?.name)?.segments ?? [], (s) => s.customers)), () => t("in_segments", theScheme()?.segments.length ?? 0)],
    ["orders_rate", () => speed(latest().orders), () => t("this_instance")],
    ["changes_rate", () => speed(latest().changes), () => t("all_instances")],
    ["lag", () => t("lag_records", whole(sumOf("obek_lag_records"))), () => (sumOf("obek_lag_records") === 0 ? t("none_waits") : t("lag_seconds", duration(d3.max(samplesOf("obek_lag_seconds"), (s) => s.value) ?? 0)))],
    ["time_reached", () => (told("obek_time_reached_delay_seconds") == null ? "–" : duration(Math.max(0, told("obek_time_reached_delay_seconds")))),
        () => (told("obek_time_reached_delay_seconds") == null ? t("not_owner") : [t("behind"), told("obek_timers_due") > 0 ? t("due", whole(told("obek_timers_due"))) : ""].filter(Boolean).join(", "))],
    ["dead", () => whole(sumOf("obek_dead_letters_total")), () => t("since_start")],
    ["model", () => known.model?.model.name ?? "–", () => (known.model ? t("version_number", known.model.model.version, known.model.number) : t("no_model"))],
];

export function tiles() {
    const made = TILES.map(([id, shown, below]) => ({ value: el("b"), small: el("small"), id, shown, below }));
    const element = el("div", { class: "tiles" }, made.map(({ id, value, small }) => el("div", { class: "tile", id: `tile-${id}` }, el("span", {}, t(id)), value, small)));
    return { element, update: () => made.forEach(({ value, small, shown, below }) => { value.textContent = shown(); small.textContent = below(); value.title = value.textContent; }) };
}
