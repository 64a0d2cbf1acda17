#include "others.h"
#include "alignment.h"
#include "obek/buffer.h"

#include <stdlib.h>

void others_free(struct others *others) {
    for (size_t i = 0; i < others->n_items; i++)
        free(others->items[i].name);
    free(others->items);
    *others = (struct others){ 0 };
}

static bool is_own(const struct sources *own, const char *name) {
    for (size_t i = 0; i < own->n; i++)
        if (strcmp(own->items[i].name, name) == 0)
            return true;
    return false;
}

static struct other *find(struct others *others, const struct reach_source *source, int64_t now_ms) {
    for (size_t i = 0; i < others->n_items; i++)
        if (strcmp(others->items[i].name, source->name) == 0)
            return &others->items[i];
    others->items = xrealloc(others->items, (others->n_items + 1) * sizeof *others->items);
    struct other *other = &others->items[others->n_items++];
    *other = (struct other){
        .name = xstrdup(source->name), .position = source->position, .reached = source->reached, .moved_ms = now_ms
    };
    return other;
}

static bool delivers(struct others *others, const struct reach_source *source, int64_t now_ms) {
    struct other *other = find(others, source, now_ms);
    if (other->position != source->position || other->reached != source->reached) {
        other->position = source->position;
        other->reached = source->reached;
        other->moved_ms = now_ms;
    }
    return now_ms - other->moved_ms < ALIGN_PATIENCE_MS;
}

int64_t others_reached(struct others *others, const struct reach_list *list, const struct sources *own, int64_t now_ms) {
    int64_t slowest = TIME_NEVER;
    others->n = 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct reach_source *source = &list->items[i];
        if (is_own(own, source->name))
            continue;
        others->n++;
        if (delivers(others, source, now_ms) && !reach_at_end(source) && source->reached < slowest)
            slowest = source->reached;
    }
    return slowest;
}
