#include "explaining.h"
#include "obek/clock.h"

#include <stdlib.h>

static bool is_order_source(const struct config *config, const char *source) {
    for (size_t i = 0; i < config->n_feeds; i++) {
        size_t len = strlen(config->feeds[i]->topic);
        if (strncmp(source, config->feeds[i]->topic, len) == 0 && source[len] == '/')
            return true;
    }
    return false;
}

/* The order partitions that have a note. */
static bool read_sources(struct reading *reading, struct arena *arena, const char ***sources, size_t *n, struct error *error) {
    const char *call[] = { "HKEYS", store_name(reading->store, arena, "watermarks").data };
    redis_append_text(reading->store->redis, 2, call);
    if (!redis_execute(reading->store->redis, error))
        return false;
    const redisReply *reply = redis_answer(reading->store->redis, 0);
    *sources = arena_alloc(arena, (reply->elements + 1) * sizeof **sources);
    for (size_t i = 0; i < reply->elements; i++) {
        const char *name = arena_printf(arena, "%.*s", (int)reply->element[i]->len, reply->element[i]->str).data;
        if (is_order_source(reading->config, name))
            (*sources)[(*n)++] = name;
    }
    return true;
}

/* Design, section 4: with a clock that goes by the orders, time is what all partitions that had one have reached. */
static bool least_watermark(struct reading *reading, int64_t *now, struct error *error) {
    struct arena arena = { 0 };
    const char **sources;
    size_t n = 0;
    bool ok = read_sources(reading, &arena, &sources, &n, error);
    struct source_note *notes = arena_alloc(&arena, (n + 1) * sizeof *notes);
    bool *found = arena_alloc(&arena, n + 1);
    ok = ok && store_notes_read(reading->store, sources, n, notes, found, error);
    *now = TIME_NEVER;
    for (size_t i = 0; ok && i < n; i++)
        if (found[i] && notes[i].watermark != TIME_NONE && notes[i].watermark < *now)
            *now = notes[i].watermark;
    arena_free(&arena);
    if (*now == TIME_NEVER)
        *now = TIME_NONE;
    return ok;
}

bool explaining_now(struct reading *reading, int64_t *now, struct error *error) {
    *now = wall_ms();
    return reading->config->clock == CLOCK_WALL || least_watermark(reading, now, error);
}

const struct scheme *explaining_scheme(const struct explained *explained, int i) {
    return &explained->reading->model->schemes[i];
}

static void try_one_more(struct explained *explained) {
    struct transitions unused = { 0 };
    *explained->after = *explained->present;
    explained->one_more =
        explain_usual_order(&explained->present->ledger, explained->now, &explained->order) &&
        customer_step(explained->after, explained->reading->model, &explained->order, TIME_NONE, &unused) == LEDGER_APPLIED;
    transitions_free(&unused);
}

void explaining_begin(struct explained *explained, struct reading *reading, const struct catalogue *catalogue, struct slice id,
                      const struct customer *saved, int64_t now) {
    const struct model *model = reading->model;
    *explained = (struct explained){
        .reading = reading, .catalogue = catalogue, .id = id, .saved = saved, .now = now > saved->as_of ? now : saved->as_of
    };
    explained->present = xmalloc(sizeof *explained->present);
    explained->after = xmalloc(sizeof *explained->after);
    *explained->present = *saved;
    customer_live_until(explained->present, model, explained->now, &explained->pending);
    if (explained->present->as_of > explained->now) /* T of a new model lies ahead */
        explained->now = explained->present->as_of;
    explained->summary = ledger_summarise(&saved->ledger);
    explained->has_orders = summary_orders(&explained->summary) > 0;
    for (int i = 0; explained->has_orders && i < model->n_schemes; i++) {
        int segment = scheme_segment(&model->schemes[i], &explained->present->schemes[i].segment);
        scheme_explain(&model->schemes[i], &explained->summary, model->minor_per_major, segment, explained->now,
                       &explained->schemes[i]);
    }
    try_one_more(explained);
}

void explaining_end(struct explained *explained) {
    free(explained->present);
    free(explained->after);
    transitions_free(&explained->pending);
    arena_free(&explained->memory);
}
