#include "reach_list.h"

#include <inttypes.h>

static const struct feed *feed_of(const struct config *config, const char *topic) {
    for (size_t i = 0; i < config->n_feeds; i++)
        if (config->feeds[i]->topic == topic || strcmp(config->feeds[i]->topic, topic) == 0)
            return config->feeds[i];
    return NULL; /* the control topic */
}

bool reach_list_read(struct reach_list *list, struct arena *arena, struct store *store, const struct config *config,
                     const struct ends_answer *answer, struct idle_watch *watch, struct error *error) {
    size_t room = answer->n + 1, n = 0;
    const char **names = arena_alloc(arena, room * sizeof *names);
    const struct feed **feeds = arena_alloc(arena, room * sizeof *feeds);
    struct source_note *notes = arena_alloc(arena, room * sizeof *notes);
    bool *seen = arena_alloc(arena, room);
    struct reach_source *items = arena_alloc(arena, room * sizeof *items);
    for (size_t i = 0; i < answer->n; i++) {
        const struct partition_end *end = &answer->items[i];
        if ((feeds[n] = feed_of(config, end->topic)) == NULL)
            continue;
        names[n] = arena_printf(arena, "%s/%" PRId32, end->topic, end->partition).data;
        items[n] = (struct reach_source){ .name = names[n], .watermark = TIME_NONE, .reached = TIME_NONE, .end = end->end };
        n++;
    }
    *list = (struct reach_list){ items, n };
    if (!store_notes_read(store, names, n, notes, seen, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        items[i].seen = seen[i];
        if (seen[i]) {
            items[i].watermark = notes[i].watermark;
            items[i].reached = notes[i].reached;
            items[i].position = notes[i].position;
        }
        if (watch != NULL)
            idle_watch_look(watch, &items[i], feeds[i]->idle_after_ms, answer->asked_ms);
    }
    return true;
}
