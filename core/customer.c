#include "obek/customer.h"
#include "must.h"

#include <math.h>
#include <stdlib.h>

void transitions_clear(struct transitions *transitions) {
    transitions->n = 0;
}

void transitions_free(struct transitions *transitions) {
    free(transitions->items);
    *transitions = (struct transitions){ 0 };
}

static struct transition *transitions_add(struct transitions *transitions) {
    if (transitions->n == transitions->capacity) {
        transitions->capacity = transitions->capacity == 0 ? 8 : 2 * transitions->capacity;
        transitions->items = realloc(transitions->items, transitions->capacity * sizeof *transitions->items);
        MUST(transitions->items != NULL);
    }
    return &transitions->items[transitions->n++];
}

void customer_init(struct customer *customer, uint16_t ledger_capacity) {
    customer->revision = 0;
    customer->sequence = 0;
    customer->as_of = TIME_NONE;
    customer->due = TIME_NEVER;
    customer->model = -1;
    customer->imported_until = TIME_NONE;
    customer->erased_at = TIME_NONE;
    ledger_init(&customer->ledger, ledger_capacity);
    customer->n_schemes = 0;
    customer->n_history = 0;
}

/* What one step works on. */
struct step {
    struct customer *customer;
    const struct model *model;
    struct transitions *transitions; /* NULL: nothing is numbered or told */
    struct transition untold;
    const struct import *import; /* that is evaluated; NULL */
};

static const struct name none = { 0, "" };

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static void remember(struct customer *customer, const struct transition *t) {
    if (customer->n_history == CUSTOMER_HISTORY_MAX) {
        memmove(&customer->history[0], &customer->history[1], (CUSTOMER_HISTORY_MAX - 1) * sizeof customer->history[0]);
        customer->n_history--;
    }
    struct past_transition *past = &customer->history[customer->n_history++];
    past->scheme = t->scheme;
    past->from = t->from;
    past->to = t->to;
    past->cause = t->cause;
    past->occurred_at = t->occurred_at;
}

/* Moves the scheme's state and writes down what every transition has; the caller adds what only an entry or a move has. */
static struct transition *move_to(struct step *step, struct scheme_state *state, const struct name *to, enum cause cause,
                                  int64_t at) {
    bool told = step->transitions != NULL;
    struct transition *t = told ? transitions_add(step->transitions) : &step->untold;
    t->scheme = state->scheme;
    t->from = state->segment;
    t->to = *to;
    t->cause = cause;
    t->occurred_at = at;
    t->sequence = told ? ++step->customer->sequence : 0;
    t->previous_since = state->segment.len > 0 ? state->since : TIME_NONE;
    t->n_values = 0;
    t->margin = NAN;
    t->runner_up = none;
    t->next_change_at = TIME_NEVER;
    t->next_segment = none;
    state->segment = *to;
    state->since = at;
    remember(step->customer, t);
    return t;
}

static void leave(struct step *step, struct scheme_state *state, enum cause cause, int64_t at) {
    if (state->segment.len > 0)
        move_to(step, state, &none, cause, at);
    state->margin = 0;
}

/* Where the customer comes from in the eyes of the scheme: an import may know it of somebody who is in no segment yet. */
static int coming_from(const struct step *step, const struct scheme *scheme, int present) {
    for (int i = 0; present < 0 && step->import != NULL && i < step->import->n_came_to; i++)
        if (name_equal(&step->import->came_to[i].scheme, &scheme->name))
            return scheme_segment(scheme, &step->import->came_to[i].segment);
    return present;
}

static struct due evaluate_scheme(struct step *step, const struct scheme *scheme, struct scheme_state *state,
                                  const struct ledger_summary *summary, int64_t at, enum cause cause) {
    double minor_per_major = step->model->minor_per_major;
    int present = state->segment.len > 0 ? scheme_segment(scheme, &state->segment) : -1;
    struct scheme_answer answer = scheme_evaluate(scheme, summary, minor_per_major, coming_from(step, scheme, present), at);
    struct due due = scheme_due(scheme, summary, minor_per_major, answer.segment, at);
    state->margin = answer.margin;
    if (answer.segment == present)
        return due;
    struct transition *t = move_to(step, state, &scheme->segments[answer.segment].id, cause, at);
    t->n_values = scheme_values(scheme, summary, minor_per_major, at, t->values);
    t->margin = answer.margin;
    t->next_change_at = due.at;
    if (answer.runner_up >= 0)
        t->runner_up = scheme->segments[answer.runner_up].id;
    if (due.segment >= 0)
        t->next_segment = scheme->segments[due.segment].id;
    return due;
}

/* Every scheme at one instant, in the model's order. Without a live order the customer leaves all of them. */
static void evaluate(struct step *step, const struct ledger_summary *summary, int64_t at, enum cause cause) {
    struct customer *customer = step->customer;
    customer->as_of = at;
    customer->due = TIME_NEVER;
    for (int i = 0; i < customer->n_schemes; i++) {
        if (summary_orders(summary) == 0) {
            leave(step, &customer->schemes[i], cause, at);
            continue;
        }
        struct due due = evaluate_scheme(step, &step->model->schemes[i], &customer->schemes[i], summary, at, cause);
        if (due.at < customer->due)
            customer->due = due.at;
    }
}

static bool aligned(const struct customer *customer, const struct model *model) {
    if (customer->n_schemes != model->n_schemes)
        return false;
    for (int i = 0; i < model->n_schemes; i++)
        if (!name_equal(&customer->schemes[i].scheme, &model->schemes[i].name))
            return false;
    return true;
}

/* The state's schemes become the model's, in its order; a scheme that the model no longer has is left at `at`. */
static void align(struct step *step, int64_t at) {
    struct customer *customer = step->customer;
    const struct model *model = step->model;
    struct scheme_state old[MODEL_SCHEMES_MAX];
    int n_old = customer->n_schemes;
    for (int i = 0; i < n_old; i++) {
        if (model_scheme(model, &customer->schemes[i].scheme) == NULL)
            leave(step, &customer->schemes[i], CAUSE_MODEL, at);
        old[i] = customer->schemes[i];
    }
    customer->n_schemes = (uint8_t)model->n_schemes;
    for (int i = 0; i < model->n_schemes; i++) {
        struct scheme_state *state = &customer->schemes[i];
        *state = (struct scheme_state){ .scheme = model->schemes[i].name, .segment = none, .since = TIME_NONE };
        for (int o = 0; o < n_old; o++)
            if (name_equal(&old[o].scheme, &state->scheme))
                *state = old[o];
    }
}

/* Design, section 3, "A step": first, a customer evaluated with another model is evaluated under the one in force. */
static void change_model(struct step *step, const struct ledger_summary *summary) {
    struct customer *customer = step->customer;
    int64_t at = later(customer->as_of, step->model->in_force_from);
    bool changed = customer->model != step->model->number;
    customer->model = step->model->number;
    if (!aligned(customer, step->model))
        align(step, at);
    if (changed && summary_orders(summary) > 0)
        evaluate(step, summary, at, CAUSE_MODEL);
}

/* Then the time transitions due in (as_of, now], each at its own due time. A timer that fired early changes nothing: it is
   only filed anew (design, section 4, "Ticks"). */
static void live_until(struct step *step, const struct ledger_summary *summary, int64_t now) {
    struct customer *customer = step->customer;
    while (customer->due <= now) {
        int64_t as_of = customer->as_of;
        uint64_t sequence = customer->sequence;
        struct scheme_state before[MODEL_SCHEMES_MAX];
        memcpy(before, customer->schemes, sizeof before);
        evaluate(step, summary, customer->due, CAUSE_TIME);
        if (customer->sequence != sequence)
            continue;
        customer->as_of = as_of;
        memcpy(customer->schemes, before, sizeof before); /* margins are those of as_of */
    }
}

static bool is_current(const struct customer *customer, const struct model *model) {
    return customer->model == model->number && aligned(customer, model);
}

void customer_live_until(struct customer *customer, const struct model *model, int64_t up_to, struct transitions *transitions) {
    if (is_current(customer, model) && customer->due > up_to)
        return;
    struct step step = { .customer = customer, .model = model, .transitions = transitions };
    struct ledger_summary summary = ledger_summarise(&customer->ledger);
    change_model(&step, &summary);
    live_until(&step, &summary, up_to);
}

void customer_reevaluate(struct customer *customer, const struct model *model, struct transitions *transitions) {
    customer_live_until(customer, model, TIME_NONE, transitions);
}

static enum cause cause_of(enum order_kind kind) {
    return kind == KIND_ORDER ? CAUSE_ORDER : kind == KIND_CANCELLATION ? CAUSE_CANCELLATION : CAUSE_RETURN;
}

/* Is the record of a time that an import has told, or that an erasure has ended? */
static bool is_of_the_past(const struct customer *customer, int64_t occurred_at) {
    int64_t until = later(customer->imported_until, customer->erased_at);
    return until != TIME_NONE && occurred_at <= until;
}

static enum ledger_verdict check(const struct customer *customer, const struct order *order) {
    if (is_of_the_past(customer, order->occurred_at))
        return LEDGER_DUPLICATE;
    /* as of one that fell out: the order may be one that was erased */
    if (customer->erased_at != TIME_NONE && order->kind != KIND_ORDER && !ledger_knows(&customer->ledger, order->order_hash))
        return LEDGER_UNKNOWN_ORDER;
    return ledger_check(&customer->ledger, order);
}

enum ledger_verdict customer_step(struct customer *customer, const struct model *model, const struct order *order,
                                  int64_t watermark, struct transitions *transitions) {
    enum ledger_verdict verdict = check(customer, order);
    if (verdict != LEDGER_APPLIED)
        return verdict;
    struct step step = { .customer = customer, .model = model, .transitions = transitions };
    int64_t now = later(order->occurred_at, watermark);
    customer_live_until(customer, model, now, transitions);
    now = later(now, customer->as_of);
    verdict = ledger_apply(&customer->ledger, order);
    MUST(verdict == LEDGER_APPLIED);
    struct ledger_summary after = ledger_summarise(&customer->ledger);
    evaluate(&step, &after, now, cause_of(order->kind));
    return LEDGER_APPLIED;
}

enum ledger_verdict customer_import(struct customer *customer, const struct model *model, const struct import *import,
                                    struct transitions *transitions) {
    if (is_of_the_past(customer, import->until))
        return LEDGER_DUPLICATE;
    struct ledger ledger = customer->ledger;
    enum ledger_verdict verdict = ledger_import(&ledger, import->ledger, import->until, customer->erased_at);
    if (verdict != LEDGER_APPLIED)
        return verdict;
    struct step step = {
        .customer = customer, .model = model, .transitions = import->publish ? transitions : NULL, .import = import
    };
    int64_t now = later(import->until, import->time);
    customer_live_until(customer, model, now, transitions);
    customer->ledger = ledger;
    customer->imported_until = import->until;
    struct ledger_summary after = ledger_summarise(&customer->ledger);
    evaluate(&step, &after, later(now, customer->as_of), CAUSE_IMPORT);
    return LEDGER_APPLIED;
}

enum ledger_verdict customer_erase(struct customer *customer, const struct model *model, int64_t at,
                                   struct transitions *transitions) {
    if (customer->erased_at != TIME_NONE && at <= customer->erased_at)
        return LEDGER_DUPLICATE;
    struct step step = { .customer = customer, .model = model, .transitions = transitions };
    customer_live_until(customer, model, at, transitions);
    ledger_erase(&customer->ledger, at);
    customer->n_history = 0;
    struct ledger_summary after = ledger_summarise(&customer->ledger);
    evaluate(&step, &after, later(at, customer->as_of), CAUSE_ERASE);
    customer->erased_at = at;
    if (customer->imported_until <= at)
        customer->imported_until = TIME_NONE;
    if (customer_is_tombstone(customer))
        customer->n_schemes = customer->n_history = 0;
    return LEDGER_APPLIED;
}
