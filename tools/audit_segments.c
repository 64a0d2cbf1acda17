/* Of segments: is the saved one stable under the model at the saved as_of, with the right due time? (design, section 4) */
#include "audit_hold.h"

#include <inttypes.h>
#include <math.h>

#define MARGIN_TOLERANCE 1e-9 /* another build may round the last bit otherwise */
#define EARLY_TIMERS_MAX 1000

/* The model that the state says it was evaluated with; NULL: told. */
static const struct model *model_of(struct holder *holder) {
    const struct model_in_force *in_force = holder->snapshot->model;
    int64_t number = holder->found->model, newest = in_force == NULL ? -1 : in_force->note.number;
    const struct model_in_force *used = number <= newest ? fold_model(holder->fold, number) : NULL;
    if (used != NULL)
        return used->model;
    hold_tell(holder, newest < 0 ? NULL : arena_printf(&holder->arena, "%" PRId64 ", or an earlier one", newest).data,
              arena_number(&holder->arena, number).data, "model");
    return NULL;
}

static bool has_schemes_of(struct holder *holder, const struct model *model) {
    const struct customer *found = holder->found;
    hold_number(holder, model->n_schemes, found->n_schemes, "schemes");
    if (model->n_schemes != found->n_schemes)
        return false;
    bool same = true;
    for (int i = 0; i < model->n_schemes; i++)
        if (!name_equal(&model->schemes[i].name, &found->schemes[i].scheme)) {
            hold_tell(holder, model->schemes[i].name.text, found->schemes[i].scheme.text, "schemes[%d]", i);
            same = false;
        }
    return same;
}

static const char *name_or_null(const struct name *name) {
    return name->len == 0 ? NULL : name->text;
}

/* The last transition that is still known is the one into the present segment. */
static void hold_history(struct holder *holder, const struct scheme_state *state) {
    const struct customer *found = holder->found;
    const struct past_transition *last = NULL;
    for (int i = 0; i < found->n_history; i++)
        if (name_equal(&found->history[i].scheme, &state->scheme))
            last = &found->history[i];
    if (last != NULL && !name_equal(&last->to, &state->segment))
        hold_tell(holder, name_or_null(&last->to), name_or_null(&state->segment), "%s.segment (the last transition)",
                  state->scheme.text);
    else if (last != NULL && state->segment.len > 0 && last->occurred_at != state->since)
        hold_tell(holder, hold_instant(holder, last->occurred_at), hold_instant(holder, state->since), "%s.since",
                  state->scheme.text);
}

/* True: the segment is the scheme's answer; *due is when it ceases to be. */
static bool hold_segment(struct holder *holder, const struct scheme *scheme, const struct scheme_state *state,
                         const struct model *model, const struct ledger_summary *summary, int64_t *due) {
    int64_t as_of = holder->found->as_of;
    int present = scheme_segment(scheme, &state->segment);
    struct scheme_answer answer = scheme_evaluate(scheme, summary, model->minor_per_major, present, as_of);
    if (present < 0 || answer.segment != present) {
        hold_tell(holder, scheme->segments[answer.segment].id.text, name_or_null(&state->segment), "%s.segment",
                  state->scheme.text);
        return false;
    }
    if (!(fabs(answer.margin - state->margin) <= MARGIN_TOLERANCE))
        hold_tell(holder, arena_printf(&holder->arena, "%.17g", answer.margin).data,
                  arena_printf(&holder->arena, "%.17g", state->margin).data, "%s.margin", state->scheme.text);
    *due = scheme_due(scheme, summary, model->minor_per_major, present, as_of).at;
    return true;
}

/* A timer that fired early has re-filed itself: from the due time on, those that change nothing are lived through. */
static void hold_due(struct holder *holder, const struct model *model, int64_t due) {
    struct customer *later = holder->later;
    *later = *holder->found;
    later->due = due;
    transitions_clear(&holder->transitions);
    for (int i = 0; i < EARLY_TIMERS_MAX && later->due < holder->found->due && holder->transitions.n == 0; i++)
        customer_live_until(later, model, later->due, &holder->transitions);
    if (later->due != holder->found->due || holder->transitions.n > 0)
        hold_time(holder, due, holder->found->due, "due");
}

static void hold_outside(struct holder *holder) {
    const struct customer *found = holder->found;
    for (int i = 0; i < found->n_schemes; i++)
        if (found->schemes[i].segment.len > 0)
            hold_tell(holder, NULL, found->schemes[i].segment.text, "%s.segment", found->schemes[i].scheme.text);
    hold_time(holder, TIME_NEVER, found->due, "due");
}

void hold_segments(struct holder *holder) {
    const struct customer *found = holder->found;
    const struct model *model = model_of(holder);
    if (model == NULL || customer_is_tombstone(found) || !has_schemes_of(holder, model))
        return;
    struct ledger_summary summary = ledger_summarise(&found->ledger);
    for (int i = 0; i < found->n_schemes; i++)
        hold_history(holder, &found->schemes[i]);
    if (summary_orders(&summary) == 0) {
        hold_outside(holder);
        return;
    }
    int64_t due = TIME_NEVER;
    bool stable = true;
    for (int i = 0; i < found->n_schemes; i++) {
        int64_t next = TIME_NEVER;
        stable &= hold_segment(holder, &model->schemes[i], &found->schemes[i], model, &summary, &next);
        due = next < due ? next : due;
    }
    if (stable)
        hold_due(holder, model, due);
}
