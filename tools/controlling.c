#include "controlling.h"
#include "../consumer/source.h"
#include "obek/clock.h"

#include <stdlib.h>
#include <time.h>

#define LIMIT_S_DEFAULT 60
#define LOOK_EVERY_MS 200
#define ASK_EVERY_MS 2000
#define GROUP_TIMEOUT_MS 10000

bool controlling_members(struct kafka_look *look, const struct config *config, bool *runs, struct error *error) {
    const struct rd_kafka_group_list *groups = NULL;
    rd_kafka_resp_err_t err = rd_kafka_list_groups(kafka_look_handle(look), config->group_id, &groups, GROUP_TIMEOUT_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR && groups == NULL)
        return error_set(error, "group %s: %s", config->group_id, rd_kafka_err2str(err));
    *runs = false;
    for (int i = 0; i < groups->group_cnt; i++)
        *runs |= strcmp(groups->groups[i].group, config->group_id) == 0 && groups->groups[i].member_cnt > 0;
    rd_kafka_group_list_destroy(groups);
    return true;
}

bool controlling_next(struct controlling *controlling, int64_t bucket, int64_t *next, struct error *error) {
    struct store *store = controlling->store;
    struct arena arena = { 0 };
    struct slice name = arena_printf(&arena, "%s/0", controlling->config->control_topic);
    struct source control = { .name = (char *)(uintptr_t)name.data }; /* only read */
    struct sources sources = { &control, 1 };
    struct bucket_marks *marks = arena_alloc(&arena, (size_t)store->buckets * sizeof *marks);
    bool ok = store_look(store, &sources, &arena, marks, error);
    *next = INT64_MAX;
    for (int64_t b = 0; ok && b < store->buckets; b++) {
        int64_t mark = marks[b].marks[0].next == OFFSET_NONE ? 0 : marks[b].marks[0].next;
        if ((bucket < 0 || bucket == b) && mark < *next)
            *next = mark;
    }
    arena_free(&arena);
    return ok;
}

bool controlling_pause(struct controlling *controlling, struct error *error) {
    struct timespec pause = { .tv_nsec = LOOK_EVERY_MS * 1000000L };
    nanosleep(&pause, NULL);
    if (monotonic_ms() - controlling->asked_ms < ASK_EVERY_MS)
        return true;
    controlling->asked_ms = monotonic_ms();
    return controlling_members(controlling->look, controlling->config, &controlling->runs, error);
}

bool controlling_wait(struct controlling *controlling, int64_t bucket, int64_t offset, int64_t limit_ms, bool *through,
                      struct error *error) {
    int64_t until = monotonic_ms() + limit_ms, next;
    for (;;) {
        if (!controlling_next(controlling, bucket, &next, error))
            return false;
        *through = next > offset;
        if (*through || !controlling->runs || monotonic_ms() >= until)
            return true;
        if (!controlling_pause(controlling, error))
            return false;
    }
}

bool controlling_limit(const char *text, int64_t *limit_ms) {
    char *end = NULL;
    long seconds = text == NULL ? LIMIT_S_DEFAULT : strtol(text, &end, 10);
    *limit_ms = seconds * 1000;
    return text == NULL || (end != text && *end == '\0' && seconds > 0 && seconds <= CONTROLLING_LIMIT_S_MAX);
}
