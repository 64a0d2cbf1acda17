import { page } from "./data.js";

// The token is kept as long as the tab is open, and goes along as a header: never in an address.
const KEY = "obek-token";
export const token = () => (page.token ? sessionStorage.getItem(KEY) : null);
export const needsToken = () => page.token && !token();
export function keepToken(given) {
    if (given) sessionStorage.setItem(KEY, given);
    else sessionStorage.removeItem(KEY);
}

export class Refused extends Error {}

async function asked(path, headers = {}, signal) {
    const given = token(), answer = await fetch(path, { headers: given ? { ...headers, Authorization: `Bearer ${given}` } : headers, cache: "no-store", signal });
    if (answer.status === 401) throw Object.assign(new Refused(), { given });
    return answer;
}

const DEADLINE_MS = 10000;
export async function askText(path) {
    const answer = await asked(path, {}, AbortSignal.timeout(DEADLINE_MS));
    const text = await answer.text();
    if (answer.ok) return text;
    let why = `${answer.status}`;
    if (answer.headers.get("Content-Type")?.startsWith("application/problem+json")) why = JSON.parse(text).detail ?? why;
    throw Object.assign(new Error(why), { status: answer.status });
}
export const askJson = async (path) => JSON.parse(await askText(path));

// An id as a part of a path. What a browser takes for "this folder" or "the one above" cannot be sent, however it is written.
export const inPath = (id) => (/^\.{1,2}$/.test(id) ? null : encodeURIComponent(id));

// An id that somebody else gave may be one that no header can tell back.
const tellable = (id) => (/^[ -~]+$/.test(id ?? "") ? id : undefined);

// Server-sent events by fetch, because EventSource sends no headers. Ends when the server ends it, or says nothing for long: it has a heartbeat of 10 s.
const SILENCE_MS = 30000;
export async function listen(hear, last) {
    const ending = new AbortController(), end = () => ending.abort();
    let timer = setTimeout(end, SILENCE_MS);
    try {
        const answer = await asked("/api/v1/events", last ? { "Last-Event-ID": last } : {}, ending.signal);
        if (!answer.ok) throw Object.assign(new Error(`${answer.status}`), { status: answer.status });
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let rest = ""; ;) {
            const { value, done } = await reader.read();
            if (done) return;
            clearTimeout(timer);
            timer = setTimeout(end, SILENCE_MS);
            const frames = (rest + value).split("\n\n");
            rest = frames.pop();
            for (const frame of frames) {
                const found = {};
                for (const line of frame.split("\n")) {
                    const [, name, text] = /^(\w*): ?(.*)$/s.exec(line) ?? [];
                    if (name) found[name] = text;
                }
                if (found.data) hear(found.event, JSON.parse(found.data), tellable(found.id));
            }
        }
    } catch (error) {
        if (!ending.signal.aborted) throw error;
    } finally {
        clearTimeout(timer);
        end();
    }
}
