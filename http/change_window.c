#include "change_window.h"
#include "../lookup/json_values.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

#define SLOTS (4 * WINDOW_FLOWS_MAX) /* a power of two */

struct change_window *change_window_new(int64_t now_ms) {
    struct change_window *window = xcalloc(1, sizeof *window);
    window->minute = now_ms / MINUTE_MS;
    window->slots = xcalloc(SLOTS, sizeof *window->slots);
    return window;
}

static void forget(struct recent_change *change) {
    free((char *)change->event_id.data);
    buffer_free(&change->json);
    change->event_id = (struct slice){ 0 };
}

void change_window_free(struct change_window *window) {
    for (size_t i = 0; i < window->n_flows; i++)
        free(window->flows[i]);
    for (size_t i = 0; i < WINDOW_RECENT_MAX; i++)
        forget(&window->recent[i]);
    free(window->slots);
    free(window);
}

/* 64-bit FNV-1a; a byte that no name has stands between them. */
static uint64_t hash_name(uint64_t hash, const struct name *name) {
    for (uint8_t i = 0; i < name->len; i++)
        hash = (hash ^ (unsigned char)name->text[i]) * UINT64_C(1099511628211);
    return (hash ^ 0xff) * UINT64_C(1099511628211);
}

static bool is_flow(const struct flow *flow, const struct name *scheme, const struct name *from, const struct name *to,
                    enum cause cause) {
    return flow->cause == cause && name_equal(&flow->from, from) && name_equal(&flow->to, to) &&
           name_equal(&flow->scheme, scheme);
}

/* Where the flow is, or would be. */
static uint16_t *place_of(const struct change_window *window, const struct name *scheme, const struct name *from,
                          const struct name *to, enum cause cause) {
    uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)cause;
    hash = hash_name(hash_name(hash_name(hash, scheme), from), to);
    size_t slot = (size_t)(hash ^ (hash >> 32)) % SLOTS;
    while (window->slots[slot] != 0 && !is_flow(window->flows[window->slots[slot] - 1], scheme, from, to, cause))
        slot = (slot + 1) % SLOTS;
    return &window->slots[slot];
}

static size_t slot_of(int64_t minute) {
    return (size_t)(minute % WINDOW_MINUTES);
}

static bool is_silent(const struct flow *flow) {
    for (size_t i = 0; i < WINDOW_MINUTES; i++)
        if (flow->minutes[i] != 0)
            return false;
    return true;
}

/* Flows of former models, which nobody has taken for a day: makes room for those of today. */
static void drop_silent(struct change_window *window) {
    size_t n = 0;
    for (size_t i = 0; i < window->n_flows; i++) {
        if (is_silent(window->flows[i]))
            free(window->flows[i]);
        else
            window->flows[n++] = window->flows[i];
    }
    window->n_flows = 0;
    memset(window->slots, 0, SLOTS * sizeof *window->slots);
    while (window->n_flows < n) {
        const struct flow *flow = window->flows[window->n_flows++];
        *place_of(window, &flow->scheme, &flow->from, &flow->to, flow->cause) = (uint16_t)window->n_flows;
    }
}

void change_window_advance(struct change_window *window, int64_t now_ms) {
    int64_t minute = now_ms / MINUTE_MS;
    if (minute <= window->minute) /* the clock may go back */
        return;
    int64_t from = minute - window->minute >= WINDOW_MINUTES ? minute - WINDOW_MINUTES + 1 : window->minute + 1;
    for (size_t i = 0; i < window->n_flows; i++)
        for (int64_t m = from; m <= minute; m++)
            window->flows[i]->minutes[slot_of(m)] = 0;
    window->minute = minute;
    if (window->n_flows == WINDOW_FLOWS_MAX)
        drop_silent(window);
}

/* NULL: there are too many. */
static struct flow *flow_of(struct change_window *window, const struct event_told *told) {
    uint16_t *place = place_of(window, &told->scheme, &told->from, &told->to, told->cause);
    if (*place != 0)
        return window->flows[*place - 1];
    if (window->n_flows == WINDOW_FLOWS_MAX)
        return NULL;
    struct flow *flow = xcalloc(1, sizeof *flow);
    flow->scheme = told->scheme;
    flow->from = told->from;
    flow->to = told->to;
    flow->cause = told->cause;
    window->flows[window->n_flows++] = flow;
    *place = (uint16_t)window->n_flows;
    return flow;
}

static int append(const char *text, size_t len, void *buffer) {
    buffer_append(buffer, text, len);
    return 0;
}

/* Takes the place of the oldest. */
static void keep(struct change_window *window, const struct event_told *told) {
    struct recent_change *change = &window->recent[window->next++ % WINDOW_RECENT_MAX];
    forget(change);
    change->event_id = (struct slice){ xstrndup(told->event_id.data, told->event_id.len), told->event_id.len };
    json_t *json = json_pack("{s:o, s:o, s:s, s:o, s:o, s:s, s:o, s:o, s:I}", "event_id",
                             json_stringn(told->event_id.data, told->event_id.len), "customer_id",
                             json_stringn(told->customer_id.data, told->customer_id.len), "scheme", told->scheme.text,
                             "from_segment", name_json(&told->from), "to_segment", name_json(&told->to), "cause",
                             event_cause_text(told->cause), "occurred_at", instant_json(told->occurred_at), "published_at",
                             instant_json(told->published_at), "sequence", (json_int_t)told->sequence);
    json_dump_callback(json, append, &change->json, JSON_COMPACT);
    json_decref(json);
}

static bool read(struct event_told *told, struct arena *arena, struct slice value) {
    return event_read(told, arena, value, value.len > 0 && value.data[0] == '\0') && told->event_id.len <= WINDOW_ID_BYTES_MAX &&
           told->customer_id.len <= WINDOW_ID_BYTES_MAX;
}

static void count(struct change_window *window, int64_t minute, const struct event_told *told) {
    if (minute <= window->minute - WINDOW_MINUTES)
        return;
    struct flow *flow = flow_of(window, told);
    if (flow == NULL)
        window->not_told_apart++;
    else
        flow->minutes[slot_of(minute)]++;
}

bool change_window_add(struct change_window *window, int64_t now_ms, int64_t at_ms, struct slice value) {
    struct event_told told;
    struct arena arena = { 0 };
    change_window_advance(window, now_ms);
    bool ok = read(&told, &arena, value);
    if (ok) {
        int64_t minute = at_ms / MINUTE_MS;
        count(window, minute < window->minute ? minute : window->minute, &told);
        keep(window, &told);
        window->seen++;
    } else {
        window->unreadable++;
    }
    arena_free(&arena);
    return ok;
}

uint64_t flow_step(const struct change_window *window, const struct flow *flow, int step, int step_minutes) {
    assert((step + 1) * step_minutes <= WINDOW_MINUTES);
    uint64_t sum = 0;
    int64_t newest = window->minute - (int64_t)step * step_minutes;
    for (int64_t minute = newest; minute > newest - step_minutes; minute--)
        sum += flow->minutes[slot_of(minute)];
    return sum;
}

uint64_t flow_count(const struct change_window *window, const struct flow *flow, int minutes) {
    return flow_step(window, flow, 0, minutes);
}

uint64_t change_window_oldest(const struct change_window *window) {
    return window->next < WINDOW_RECENT_MAX ? 0 : window->next - WINDOW_RECENT_MAX;
}

const struct recent_change *change_window_recent(const struct change_window *window, uint64_t number) {
    assert(number < window->next && number >= change_window_oldest(window));
    return &window->recent[number % WINDOW_RECENT_MAX];
}

bool change_window_after(const struct change_window *window, struct slice event_id, uint64_t *number) {
    for (uint64_t i = window->next; i-- > change_window_oldest(window);)
        if (slice_equal(change_window_recent(window, i)->event_id, event_id)) {
            *number = i + 1;
            return true;
        }
    return false;
}
