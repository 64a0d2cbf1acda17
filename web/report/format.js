import { metrics, view } from "./data.js";

const formats = new Map();
function formatted(value, options) {
    const key = view.language + JSON.stringify(options);
    if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(view.language === "tr" ? "tr-TR" : "en-GB", options));
    return formats.get(key).format(value);
}

export const whole = (value) => formatted(value, { maximumFractionDigits: 0 });

// About three digits that say something.
export function number(value) {
    const size = Math.abs(+value.toPrecision(3)), places = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : null;
    return places === null ? formatted(value, { maximumSignificantDigits: 2 }) : formatted(value, { minimumFractionDigits: places, maximumFractionDigits: places });
}
export const fixed = (value, places) => formatted(value, { minimumFractionDigits: places, maximumFractionDigits: places });
export const digits = (value, n) => formatted(value, { maximumSignificantDigits: n });

export function money(value) {
    const places = Math.abs(value) >= 10000 ? 0 : 2;
    try {
        return formatted(value, { style: "currency", currency: metrics.currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: places, maximumFractionDigits: places });
    } catch {
        return `${formatted(value, { maximumFractionDigits: places })} ${metrics.currency}`;
    }
}
export const moneyShort = (value) => {
    try {
        return formatted(value, { style: "currency", currency: metrics.currency, currencyDisplay: "narrowSymbol", notation: "compact", maximumSignificantDigits: 3 });
    } catch {
        return formatted(value, { notation: "compact", maximumSignificantDigits: 3 });
    }
};
export const compact = (value) => formatted(value, { notation: "compact", maximumSignificantDigits: 3 });
export const percent = (value) => formatted(value, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const times = (value) => `${number(value)}×`;
export const date = (instant) => new Intl.DateTimeFormat(view.language === "tr" ? "tr-TR" : "en-GB", { dateStyle: "long", timeZone: "UTC" }).format(new Date(instant));

const KINDS = { number, money, share: percent, whole, times, short_money: moneyShort };
export const show = (value, kind) => (value == null || !Number.isFinite(value) ? "–" : KINDS[kind](value));
// A table's cell: the exact number, and how it is read.
export const cell = (value, kind = "number") => (value == null ? null : { value, shown: show(value, kind) });
export const axis = (kind) => (kind === "money" ? moneyShort : kind === "share" ? (v) => formatted(v, { style: "percent", maximumFractionDigits: 0 }) : compact);
