#include "time_view.h"
#include "obek/clock.h"

bool time_view_open(struct time_view *view, const struct config *config, struct store *store, const struct ends *until,
                    struct error *error) {
    *view = (struct time_view){ .config = config, .store = store, .until = until, .until_wall_ms = wall_ms() };
    view->asker = partition_ends_new(config, error);
    view->idle = view->asker == NULL ? NULL : idle_watch_new();
    return view->asker != NULL;
}

void time_view_close(struct time_view *view) {
    if (view->asker == NULL)
        return;
    partition_ends_free(view->asker);
    idle_watch_free(view->idle);
    others_free(&view->others);
    arena_free(&view->memory);
    *view = (struct time_view){ 0 };
}

void time_view_ask(struct time_view *view) {
    partition_ends_ask(view->asker);
}

/* --exit-at-end: what comes later is not waited for. */
static void cut_ends(struct time_view *view) {
    for (size_t i = 0; i < view->list.n; i++) {
        struct reach_source *source = &view->list.items[i];
        if (source->end != OFFSET_NONE)
            source->end = ends_of(view->until, source->name);
    }
}

bool time_view_look(struct time_view *view, bool *fresh, struct error *error) {
    const struct ends_answer *answer = partition_ends_take(view->asker);
    *fresh = answer != NULL;
    if (answer == NULL)
        return true;
    view->answer = answer;
    arena_reset(&view->memory);
    if (!reach_list_read(&view->list, &view->memory, view->store, view->config, answer, view->idle, error))
        return false;
    if (view->until != NULL)
        cut_ends(view);
    if (!answer->whole) { /* a topic that may have any number of partitions: nothing is known */
        view->reached = (struct reached){ .time = TIME_NONE, .others = TIME_NONE };
        return true;
    }
    const struct config *config = view->config;
    view->reached =
        time_reached(config->clock, config->clock_event_until, config->time_grace_ms,
                     view->until != NULL ? view->until_wall_ms : answer->asked_wall_ms, view->list.items, view->list.n);
    return true;
}

int64_t time_view_control_end(const struct time_view *view) {
    const struct partition_end *control =
        view->answer == NULL ? NULL : ends_answer_find(view->answer, view->config->control_topic, 0);
    return control == NULL ? OFFSET_NONE : control->end;
}
