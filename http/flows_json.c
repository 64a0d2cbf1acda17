/* /api/v1/flows: who moved from where to where, and when (docs/formats.md). */
#include "../lookup/json_values.h"
#include "changes_state.h"
#include "obek/clock.h"

#include <stdlib.h>

/* How the time is cut: into at most WINDOW_STEPS_MAX equal steps of whole minutes. */
struct steps {
    int n, minutes;
};

static struct steps cut(int minutes) {
    struct steps steps = { .minutes = (minutes + WINDOW_STEPS_MAX - 1) / WINDOW_STEPS_MAX };
    steps.n = (minutes + steps.minutes - 1) / steps.minutes;
    return steps;
}

/* Adds numbers to a row of steps, the oldest first. */
static void add_steps(json_t *row, const struct change_window *window, const struct flow *flow, struct steps steps, int sign) {
    for (int i = 0; i < steps.n; i++) {
        json_t *number = json_array_get(row, (size_t)i);
        uint64_t n = flow_step(window, flow, steps.n - 1 - i, steps.minutes);
        json_integer_set(number, json_integer_value(number) + sign * (json_int_t)n);
    }
}

/* The row of that key; made of zeros when it is new. */
static json_t *row_of(json_t *rows, const char *key, struct steps steps) {
    json_t *row = json_object_get(rows, key);
    if (row != NULL)
        return row;
    row = json_array();
    for (int i = 0; i < steps.n; i++)
        json_array_append_new(row, json_integer(0));
    json_object_set_new(rows, key, row);
    return row;
}

/* By how much the flow changed the sizes of its two segments. */
static void add_net(json_t *net, const struct change_window *window, const struct flow *flow, struct steps steps) {
    json_t *segments = json_object_get(net, flow->scheme.text);
    if (segments == NULL)
        json_object_set_new(net, flow->scheme.text, segments = json_object());
    if (flow->from.len > 0)
        add_steps(row_of(segments, flow->from.text, steps), window, flow, steps, -1);
    if (flow->to.len > 0)
        add_steps(row_of(segments, flow->to.text, steps), window, flow, steps, 1);
}

static json_t *flow_json(const struct flow *flow, uint64_t n) {
    return json_pack("{s:s, s:o, s:o, s:s, s:I}", "scheme", flow->scheme.text, "from_segment", name_json(&flow->from),
                     "to_segment", name_json(&flow->to), "cause", event_cause_text(flow->cause), "changes", (json_int_t)n);
}

static void tell(json_t *answer, const struct change_window *window, struct steps steps) {
    json_t *flows = json_array(), *causes = json_object(), *net = json_object();
    for (size_t i = 0; i < window->n_flows; i++) {
        const struct flow *flow = window->flows[i];
        uint64_t n = flow_count(window, flow, steps.n * steps.minutes);
        if (n == 0)
            continue;
        json_array_append_new(flows, flow_json(flow, n));
        add_steps(row_of(causes, event_cause_text(flow->cause), steps), window, flow, steps, 1);
        add_net(net, window, flow, steps);
    }
    json_object_set_new(answer, "from", instant_json((window->minute + 1 - (int64_t)steps.n * steps.minutes) * MINUTE_MS));
    json_object_set_new(answer, "seen", json_integer((json_int_t)window->seen));
    json_object_set_new(answer, "unreadable", json_integer((json_int_t)window->unreadable));
    json_object_set_new(answer, "not_told_apart", json_integer((json_int_t)window->not_told_apart));
    json_object_set_new(answer, "flows", flows);
    json_object_set_new(answer, "causes", causes);
    json_object_set_new(answer, "net", net);
}

json_t *changes_flows(struct changes *changes, int minutes) {
    struct steps steps = cut(minutes);
    int64_t now = wall_ms();
    json_t *answer = json_pack("{s:s, s:o, s:I, s:I}", "topic", changes->config->campaign_topic, "to", instant_json(now),
                               "window_s", (json_int_t)steps.n * steps.minutes * 60, "step_s", (json_int_t)steps.minutes * 60);
    pthread_mutex_lock(&changes->lock);
    change_window_advance(changes->window, now);
    json_object_set_new(answer, "complete", json_boolean(changes->complete));
    json_object_set_new(answer, "problem", *changes->problem.text == '\0' ? json_null() : json_string(changes->problem.text));
    tell(answer, changes->window, steps);
    pthread_mutex_unlock(&changes->lock);
    return answer;
}
