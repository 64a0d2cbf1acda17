import { metrics, schemeAt } from "./data.js";
import { el, named, short } from "./dom.js";
import { answerSection } from "./section-answer.js";
import { careSection } from "./section-care.js";
import { howSection } from "./section-how.js";
import { segmentsSection } from "./section-segments.js";
import { t } from "./words.js";

// A4 less its margins and a figure's frame is 640 pixels (CSS, 96 an inch), one of a pair has 312, that beside a segment's advice 370.
// They are drawn somewhat larger and shown smaller: print is read from nearer than a screen.
export const widthOnPaper = (figure) => (figure.closest("article") ? 470 : figure.closest(".pair") ? 350 : 720);

// One chapter for each scheme. What all have in common is told in the first.
function chapter(scheme, first) {
    const element = el("div", { class: "chapter" }, metrics.schemes.length > 1 && el("h2", { class: "scheme" }, t("scheme"), ": ", named(short(scheme.name))),
        answerSection(scheme), segmentsSection(scheme), howSection(scheme, first), careSection(scheme, first));
    for (const each of first ? [] : element.querySelectorAll("[id]")) each.id += `-of-${scheme.index}`;
    return element;
}

export const printed = () => metrics.schemes.map((_, i) => chapter(schemeAt(i), i === 0));
