#include "idle_watch.h"
#include "obek/buffer.h"
#include "obek/log.h"

#include <stdlib.h>

struct watched {
    char *name;
    int64_t position, watermark, end; /* when it moved last */
    int64_t since_ms;                 /* that was then */
    bool idle;
};

struct idle_watch {
    struct watched *items;
    size_t n;
    size_t next; /* they are looked at in the same order each time */
};

struct idle_watch *idle_watch_new(void) {
    return xcalloc(1, sizeof(struct idle_watch));
}

void idle_watch_free(struct idle_watch *watch) {
    if (watch == NULL)
        return;
    for (size_t i = 0; i < watch->n; i++)
        free(watch->items[i].name);
    free(watch->items);
    free(watch);
}

static struct watched *find(struct idle_watch *watch, const char *name) {
    for (size_t k = 0; k < watch->n; k++) {
        size_t i = (watch->next + k) % watch->n;
        if (strcmp(watch->items[i].name, name) == 0) {
            watch->next = i + 1;
            return &watch->items[i];
        }
    }
    watch->items = xrealloc(watch->items, (watch->n + 1) * sizeof *watch->items);
    watch->items[watch->n] = (struct watched){ .name = xstrdup(name), .end = OFFSET_NONE };
    watch->next = watch->n + 1;
    return &watch->items[watch->n++];
}

static void turn(struct watched *watched, bool idle, int64_t idle_after_ms) {
    if (idle && !watched->idle)
        log_event(LOG_LEVEL_INFO, "source_idle", { "source", LOG_S(watched->name) }, { "after_ms", LOG_I(idle_after_ms) });
    if (!idle && watched->idle)
        log_event(LOG_LEVEL_INFO, "source_back", { "source", LOG_S(watched->name) });
    watched->idle = idle;
}

void idle_watch_look(struct idle_watch *watch, struct reach_source *source, int64_t idle_after_ms, int64_t now_ms) {
    source->idle = false;
    if (idle_after_ms == 0 || !source->seen)
        return;
    struct watched *watched = find(watch, source->name);
    if (source->end != OFFSET_NONE) {
        bool moved = watched->end != source->end || watched->position != source->position ||
                     watched->watermark != source->watermark || !reach_at_end(source);
        if (moved) {
            watched->end = source->end;
            watched->position = source->position;
            watched->watermark = source->watermark;
            watched->since_ms = now_ms;
        }
        turn(watched, !moved && now_ms - watched->since_ms >= idle_after_ms, idle_after_ms);
    }
    source->idle = watched->idle;
}
