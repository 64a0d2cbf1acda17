#include "walk.h"
#include "obek/clock.h"
#include "obek/fields.h"
#include "obek/log.h"

#include <inttypes.h>

#define SAY_EVERY_MS 10000
#define FIELD "walk"

/* "<number> done" or "<number> <score> <customer>"; anything else is no note of this model. */
static void read_note(struct walk *walk, struct slice note, struct due_place *from) {
    const char *blank = memchr(note.data, ' ', note.len);
    int64_t number;
    if (blank == NULL || !field_int64((struct slice){ note.data, (size_t)(blank - note.data) }, &number) || number != walk->model)
        return;
    struct slice rest = { blank + 1, note.len - (size_t)(blank + 1 - note.data) };
    walk->done = slice_is(rest, "done");
    blank = memchr(rest.data, ' ', rest.len);
    if (walk->done || blank == NULL)
        return;
    struct due_place place = { .id = { blank + 1, rest.len - (size_t)(blank + 1 - rest.data) } };
    if (field_int64((struct slice){ rest.data, (size_t)(blank - rest.data) }, &place.score) && place.id.len > 0)
        *from = place;
}

bool walk_look(struct walk *walk, struct store *store, int64_t model, struct arena *arena, struct due_place *from,
               struct error *error) {
    *from = (struct due_place){ .score = INT64_MIN, .whole = true };
    if (walk->model == model && walk->done)
        return true;
    struct slice note;
    if (!store_meta_get(store, FIELD, arena, &note, error))
        return false;
    bool taken_up = walk->model != model;
    if (taken_up)
        *walk = (struct walk){ .model = model };
    read_note(walk, note, from);
    return !taken_up || walk->done || store_due_count(store, &walk->total, error);
}

static void say(struct walk *walk, bool done) {
    int64_t now = monotonic_ms();
    if (!done && now - walk->said_ms < SAY_EVERY_MS)
        return;
    walk->said_ms = now;
    log_event(LOG_LEVEL_INFO, done ? "model_walk_done" : "model_walk", { "model", LOG_I(walk->model) },
              { "customers", LOG_I(walk->walked) }, { "of", LOG_I(walk->total) });
}

bool walk_finish(struct walk *walk, struct store *store, int64_t model, struct error *error) {
    struct arena arena = { 0 };
    bool ok = store_meta_note(store, FIELD, arena_printf(&arena, "%" PRId64 " done", model), error);
    arena_free(&arena);
    if (walk->model != model)
        *walk = (struct walk){ .model = model };
    if (ok && walk->walked > 0)
        say(walk, true);
    walk->done = ok;
    return ok;
}

bool walk_note(struct walk *walk, struct store *store, const struct tick *tick, size_t customers, struct error *error) {
    if (walk->model != tick->model) /* another writer's slice */
        *walk = (struct walk){ .model = tick->model };
    walk->walked += customers;
    if (tick->to.whole)
        return walk_finish(walk, store, tick->model, error);
    struct arena arena = { 0 };
    struct slice note = arena_printf(&arena, "%" PRId64 " %" PRId64 " ", tick->model, tick->to.score);
    bool ok = store_meta_note(store, FIELD, arena_join(&arena, note.data, tick->to.id), error);
    arena_free(&arena);
    if (ok)
        say(walk, false);
    return ok;
}
