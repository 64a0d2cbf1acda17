#include "ticker.h"
#include "control.h"
#include "health.h"
#include "housekeeping.h"
#include "intake.h"
#include "metrics.h"
#include "obek/failpoint.h"
#include "obek/log.h"
#include "pipeline.h"

#define ASK_EVERY_MS 1000
#define HURRY_EVERY_MS 5     /* between questions while more is due */
#define ALIGNING_EVERY_MS 20 /* while a source waits for one of another instance */
#define HURRY_MS 2000

bool ticker_open(struct pipeline *pipeline, struct error *error) {
    struct ticker *ticker = &pipeline->ticker;
    *ticker = (struct ticker){ .walk = { .model = -1 } };
    tick_pace_begin(&ticker->pace, pipeline->config->time_events_per_second_max, monotonic_ms());
    return time_view_open(&ticker->view, pipeline->config, pipeline->store, pipeline->ends, error);
}

void ticker_close(struct ticker *ticker) {
    time_view_close(&ticker->view);
}

void ticker_begin(struct ticker *ticker) {
    ticker->under_way = ticker->noted = ticker->settled = false;
    ticker->walk.model = -1; /* another writer may have gone on with it */
    ticker->asked_ms = ticker->hurry_until_ms = 0;
}

void ticker_sent(struct ticker *ticker) {
    ticker->under_way = false;
    ticker->sent_ms = monotonic_ms();
}

bool ticker_is_in_a_hurry(const struct ticker *ticker) {
    return monotonic_ms() < ticker->hurry_until_ms;
}

static void hurry(struct ticker *ticker) {
    ticker->hurry_until_ms = monotonic_ms() + HURRY_MS;
}

bool ticker_applied(struct pipeline *pipeline, const struct tick *tick, size_t customers, int64_t from_ms, struct error *error) {
    struct ticker *ticker = &pipeline->ticker;
    tick_pace_took(&ticker->pace, from_ms, monotonic_ms());
    if (ticker_is_in_a_hurry(ticker))
        ticker->asked_ms = 0; /* ask at once what is next */
    return tick->up_to != TIME_NONE || walk_note(&ticker->walk, pipeline->store, tick, customers, error);
}

/* ---- choosing ---- */

static int64_t ask_every(const struct pipeline *pipeline) {
    const struct ticker *ticker = &pipeline->ticker;
    if (!ticker_is_in_a_hurry(ticker) || ticker->under_way) /* while a tick is on its way, no answer lets another be written */
        return ticker->view.others.n > 0 && alignment_waits(&pipeline->alignment) ? ALIGNING_EVERY_MS : ASK_EVERY_MS;
    int64_t paced_ms = tick_pace_wait_ms(&ticker->pace);
    return paced_ms > HURRY_EVERY_MS ? paced_ms : HURRY_EVERY_MS;
}

/* Enough of each bucket's head to choose a tick from; no more than one save call holds. */
static bool read_heads(struct pipeline *pipeline, struct arena *arena, const struct due_place *from, const struct due_place *to,
                       struct due_entries *entries, struct error *error) {
    size_t limit = tick_pace_heads(&pipeline->ticker.pace, pipeline->store->buckets);
    return store_due_read(pipeline->store, arena, NULL, from, to, limit < CALL_CUSTOMERS_MAX ? limit : CALL_CUSTOMERS_MAX,
                          entries, error);
}

/* None of the entries: not now. */
static struct tick_choice choose(struct ticker *ticker, struct due_entries *entries) {
    struct tick_choice choice = tick_choose(entries, tick_pace_most(&ticker->pace));
    if (choice.all)
        return choice;
    hurry(ticker);
    if (tick_pace_wait_ms(&ticker->pace) > 0)
        choice.n = 0;
    return choice;
}

/* ---- writing ---- */

/* Where each source stands in Redis by what the view was taken from: a bucket that has less than that waits. */
static void come_after(struct tick *tick, const struct reach_list *list, struct arena *arena) {
    tick->after = arena_alloc(arena, (list->n + 1) * sizeof *tick->after);
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].seen)
            tick->after[tick->n_after++] = (struct tick_after){ slice_of(list->items[i].name), list->items[i].position };
}

/* It leaves with the batch's transaction, which sends offsets, too. */
static enum save_result send_tick(struct pipeline *pipeline, struct batch *batch, const struct tick *tick,
                                  const struct tick_choice *choice) {
    struct error error = { "" };
    struct buffer record = { 0 };
    if (!control_record_write_tick(&record, tick, &error)) {
        halt_raise(&pipeline->halt, EXIT_HALTED, "damaged_state", "the index of due times: %s", error.text);
        return SAVE_STOPPED;
    }
    batch->control = arena_copy(&batch->arena, buffer_slice(&record));
    buffer_free(&record);
    if (batch->ends == NULL)
        intake_note_ends(pipeline, batch);
    pipeline->ticker.under_way = true;
    tick_pace_spend(&pipeline->ticker.pace, choice->n);
    if (!choice->all || pipeline->ends != NULL)
        hurry(&pipeline->ticker);
    FAILPOINT("before-tick-sent");
    return SAVE_DONE;
}

static int64_t first_due(const struct due_entries *entries) {
    int64_t due = TIME_NEVER;
    for (size_t i = 0; i < entries->n; i++)
        due = entries->items[i].place.score < due ? entries->items[i].place.score : due;
    return due;
}

/* What is due at or before the time reached. *any: something was. */
static enum save_result write_time(struct pipeline *pipeline, struct batch *batch, struct arena *arena, bool *any) {
    struct ticker *ticker = &pipeline->ticker;
    const struct time_view *view = &ticker->view;
    struct error error = { "" };
    struct due_entries entries;
    struct due_place from = { .score = INT64_MIN, .whole = true }, to = { .score = view->reached.time, .whole = true };
    *any = false;
    if (view->reached.time == TIME_NONE)
        return SAVE_DONE;
    if (!read_heads(pipeline, arena, &from, &to, &entries, &error))
        return saver_failed(&pipeline->saver, &error);
    *any = entries.n > 0;
    struct tick_choice choice = choose(ticker, &entries);
    if (choice.n == 0)
        return SAVE_DONE;
    struct tick tick = { .from = from, .to = choice.all ? to : choice.last, .model = -1 };
    tick.up_to = tick.to.score;
    come_after(&tick, &view->list, arena);
    gauge_set(SERIES(METRIC_TICK_LATENESS, NULL), (double)(view->reached.time - first_due(&entries)) / 1000);
    return send_tick(pipeline, batch, &tick, &choice);
}

/* Who has not met the model in force. *any: somebody has not. */
static enum save_result write_walk(struct pipeline *pipeline, struct batch *batch, struct arena *arena, bool *any) {
    struct ticker *ticker = &pipeline->ticker;
    struct error error = { "" };
    struct due_entries entries;
    struct due_place from, to = { .score = INT64_MAX, .whole = true };
    int64_t model = control_model_number(pipeline);
    *any = false;
    if (model < 0)
        return SAVE_DONE;
    if (!walk_look(&ticker->walk, pipeline->store, model, arena, &from, &error))
        return saver_failed(&pipeline->saver, &error);
    *any = !ticker->walk.done;
    if (ticker->walk.done)
        return SAVE_DONE;
    if (!read_heads(pipeline, arena, &from, &to, &entries, &error))
        return saver_failed(&pipeline->saver, &error);
    if (entries.n == 0)
        return walk_finish(&ticker->walk, pipeline->store, model, &error) ? SAVE_DONE : saver_failed(&pipeline->saver, &error);
    hurry(ticker);
    struct tick_choice choice = choose(ticker, &entries);
    struct tick tick = { .from = from, .to = choice.all ? to : choice.last, .up_to = TIME_NONE, .model = model };
    return choice.n == 0 ? SAVE_DONE : send_tick(pipeline, batch, &tick, &choice);
}

/* ---- looking ---- */

/* Is the control topic lived through, saved, and nothing of ours on its way to it, as of the view's answer? */
static bool control_is_saved(const struct pipeline *pipeline, const struct source *control) {
    const struct ticker *ticker = &pipeline->ticker;
    return !ticker->under_way && ticker->view.answer->asked_ms > ticker->sent_ms &&
           time_view_control_end(&ticker->view) <= control->position;
}

/* Is somebody due later than time has come, but not later than it would have come without the slowest source? */
static enum save_result look_at_held_back(struct pipeline *pipeline, struct arena *arena) {
    struct ticker *ticker = &pipeline->ticker;
    const struct reached *reached = &ticker->view.reached;
    struct error error = { "" };
    struct due_entries entries = { 0 };
    struct due_place from = { .score = reached->time, .whole = true }, to = { .score = reached->others, .whole = true };
    if (reached->others > reached->time && !store_due_read(pipeline->store, arena, NULL, &from, &to, 1, &entries, &error))
        return saver_failed(&pipeline->saver, &error);
    held_back_look(&ticker->held_back, ticker->view.answer, reached, first_due(&entries), monotonic_ms());
    return SAVE_DONE;
}

static enum save_result write_ticks(struct pipeline *pipeline, struct batch *batch, struct arena *arena, bool *any) {
    enum save_result result = write_time(pipeline, batch, arena, any);
    if (result == SAVE_DONE && !*any)
        result = write_walk(pipeline, batch, arena, any);
    if (result == SAVE_DONE && !*any && !ticker_is_in_a_hurry(&pipeline->ticker))
        result = look_at_held_back(pipeline, arena);
    return result;
}

/* --exit-at-end, where another instance writes the ticks: is there still something for it to do? */
static enum save_result look_on(struct pipeline *pipeline, struct arena *arena, bool *any) {
    struct ticker *ticker = &pipeline->ticker;
    struct error error = { "" };
    struct due_entries entries;
    struct due_place from = { .score = INT64_MIN, .whole = true }, to = { .score = ticker->view.reached.time, .whole = true };
    int64_t model = control_model_number(pipeline);
    if (!store_due_read(pipeline->store, arena, NULL, &from, &to, 1, &entries, &error) ||
        !walk_look(&ticker->walk, pipeline->store, model, arena, &from, &error))
        return saver_failed(&pipeline->saver, &error);
    *any = entries.n > 0 || !ticker->walk.done;
    return SAVE_DONE;
}

static enum save_result act(struct pipeline *pipeline, struct batch *batch) {
    struct ticker *ticker = &pipeline->ticker;
    const struct source *control = sources_find(&pipeline->sources, pipeline->config->control_topic, 0);
    bool exits = pipeline->ends != NULL;
    if (pipeline->awaits_model || time_view_control_end(&ticker->view) == OFFSET_NONE ||
        (control == NULL ? !exits : !control_is_saved(pipeline, control)))
        return SAVE_DONE;
    struct arena arena = { 0 };
    bool any = false;
    enum save_result result = SAVE_DONE;
    if (pipeline->config->clock != CLOCK_MANUAL)
        result = control == NULL ? look_on(pipeline, &arena, &any) : write_ticks(pipeline, batch, &arena, &any);
    arena_free(&arena);
    if (exits)
        ends_raise(pipeline->ends, pipeline->config->control_topic, 0, time_view_control_end(&ticker->view));
    ticker->settled = result == SAVE_DONE && !any && ticker->view.reached.at_end;
    return result;
}

/* --exit-at-end: what is saved has to stand in Redis before it can be seen that nothing is left. */
static enum save_result note_ends_reached(struct pipeline *pipeline) {
    struct ticker *ticker = &pipeline->ticker;
    if (pipeline->ends == NULL || ticker->noted || !ends_own_reached(pipeline->ends, &pipeline->sources))
        return SAVE_DONE;
    hurry(ticker);
    ticker->noted = true;
    return housekeep_now(pipeline);
}

static bool nobody_answers(const struct ends_answer *answer) {
    for (size_t i = 0; i < answer->n; i++)
        if (answer->items[i].end != OFFSET_NONE)
            return false;
    return true;
}

enum save_result ticker_turn(struct pipeline *pipeline, struct batch *batch) {
    struct ticker *ticker = &pipeline->ticker;
    struct error error = { "" };
    bool fresh;
    enum save_result result = note_ends_reached(pipeline);
    if (result != SAVE_DONE)
        return result;
    tick_pace_turn(&ticker->pace, monotonic_ms());
    if (monotonic_ms() - ticker->asked_ms >= ask_every(pipeline)) {
        ticker->asked_ms = monotonic_ms();
        time_view_ask(&ticker->view);
    }
    if (!time_view_look(&ticker->view, &fresh, &error))
        return saver_failed(&pipeline->saver, &error);
    if (!fresh)
        return SAVE_DONE;
    health_set(HEALTH_KAFKA_DOWN, nobody_answers(ticker->view.answer));
    alignment_others(&pipeline->alignment,
                     others_reached(&ticker->view.others, &ticker->view.list, &pipeline->sources, monotonic_ms()));
    return act(pipeline, batch);
}
