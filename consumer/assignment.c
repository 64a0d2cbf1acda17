#include "assignment.h"
#include "assignment_checks.h"
#include "obek/failpoint.h"
#include "obek/log.h"

#include <inttypes.h>
#include <stdlib.h>

#define COMMITTED_TIMEOUT_MS 10000

static const struct feed *feed_of(const struct config *config, const char *topic) {
    for (size_t i = 0; i < config->n_feeds; i++)
        if (strcmp(config->feeds[i]->topic, topic) == 0)
            return config->feeds[i];
    return NULL; /* the control topic */
}

static void make_sources(struct assignment *assignment, const rd_kafka_topic_partition_list_t *partitions,
                         struct sources *sources) {
    sources->items = xcalloc((size_t)partitions->cnt, sizeof *sources->items);
    sources->n = (size_t)partitions->cnt;
    for (int i = 0; i < partitions->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &partitions->elems[i];
        source_init(&sources->items[i], at->topic, at->partition, feed_of(assignment->config, at->topic),
                    assignment->store->buckets);
    }
}

static rd_kafka_topic_partition_list_t *list_of(const struct sources *sources) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)sources->n);
    for (size_t i = 0; i < sources->n; i++)
        rd_kafka_topic_partition_list_add(list, sources->items[i].topic, sources->items[i].partition);
    return list;
}

/* The committed offset once more, or a new source's first (design: "this proves membership"). */
static enum out_result prove(struct assignment *assignment, const struct sources *sources, struct error *error) {
    if (kafka_in_metadata(assignment->in) == NULL) {
        error_set(error, "the partitions were taken back meanwhile");
        return OUT_ABORTED;
    }
    rd_kafka_topic_partition_list_t *offsets = list_of(sources);
    for (int i = 0; i < offsets->cnt; i++) {
        const struct source *source = &sources->items[i];
        struct commit_note note = { .watermark = source->committed_watermark, .first_offset = source->first_offset };
        memcpy(note.incarnation, assignment->store->incarnation, sizeof note.incarnation);
        char text[128];
        commit_note_text(&note, text, sizeof text);
        offsets->elems[i].offset = source->committed;
        offsets->elems[i].metadata_size = strlen(text);
        offsets->elems[i].metadata = xstrdup(text);
    }
    enum out_result result = kafka_out_begin(assignment->out, error);
    if (result == OUT_OK)
        result = kafka_out_commit(assignment->out, offsets, kafka_in_metadata(assignment->in), error);
    rd_kafka_topic_partition_list_destroy(offsets);
    return result;
}

/* The lowest mark decides where to begin, with the W stored there (design, section 6). */
static void find_start(struct source *source, size_t index, const struct bucket_marks *marks, int64_t buckets) {
    source->start = source->committed;
    source->watermark = source->committed_watermark;
    for (int64_t b = 0; b < buckets; b++)
        if (marks[b].marks[index].next < source->start) {
            source->start = marks[b].marks[index].next;
            source->watermark = marks[b].marks[index].watermark;
        }
    source->position = source->start;
    source->sent = source->done = source->committed; /* proved just now */
}

/* Entries whose events are known to be published. */
static void drop_published(struct assignment *assignment, struct source *source) {
    size_t kept = 0;
    for (size_t i = 0; i < source->n_outbox; i++) {
        if (source->outbox[i].offset < source->committed)
            drops_add(assignment->drops, source->outbox[i].bucket, source->outbox[i].field);
        else
            source->outbox[kept++] = source->outbox[i];
    }
    source->n_outbox = kept;
}

static bool adopt_models(struct assignment *assignment, const struct bucket_marks *marks) {
    for (int64_t b = 0; b < assignment->store->buckets; b++) {
        struct error error = { "" };
        struct model_in_force *model = NULL;
        if (marks[b].model.len > 0 && (model = models_get(assignment->models, marks[b].model, &error)) == NULL)
            return halt_raise(assignment->halt, EXIT_HALTED, "model", "%s", error.text);
        assignment->models->by_bucket[b] = model;
    }
    return true;
}

static bool begin(struct assignment *assignment, const struct sources *sources, struct error *error) {
    rd_kafka_topic_partition_list_t *offsets = list_of(sources);
    for (int i = 0; i < offsets->cnt; i++) {
        const struct source *source = &sources->items[i];
        offsets->elems[i].offset = source->start;
        log_event(LOG_LEVEL_INFO, "source", { "name", LOG_S(source->name) }, { "committed", LOG_I(source->committed) },
                  { "start", LOG_I(source->start) }, { "outbox", LOG_I(source->n_outbox) });
    }
    bool ok = kafka_in_begin(assignment->in, offsets, error);
    rd_kafka_topic_partition_list_destroy(offsets);
    return ok;
}

static enum assign_result again(const char *what, const struct error *error) {
    log_event(LOG_LEVEL_WARN, "assignment", { "step", LOG_S(what) }, { "error", LOG_S(error->text) });
    return ASSIGN_AGAIN;
}

static enum assign_result judge(struct assignment *assignment, enum out_result result, const char *what,
                                const struct error *error) {
    if (result == OUT_OK)
        return ASSIGN_OK;
    if (result != OUT_FENCED)
        return again(what, error);
    halt_raise(assignment->halt, EXIT_FAILED, "fenced", "another process has taken over this instance.id: %s", error->text);
    return ASSIGN_HALTED;
}

/* Marks and owners -> claimed: everything in between can be overtaken, and is then begun anew. */
static enum assign_result prove_and_claim(struct assignment *assignment, struct sources *sources, struct bucket_marks *marks,
                                          struct arena *arena) {
    struct error error = { "" };
    FAILPOINT("before-prove");
    enum assign_result proof = judge(assignment, prove(assignment, sources, &error), "prove", &error);
    if (proof != ASSIGN_OK)
        return proof;
    FAILPOINT("after-prove");
    enum claim_result claim = store_claim(assignment->store, sources, arena, marks, &error);
    if (claim == CLAIM_FAILED)
        return again("claim", &error);
    if (claim == CLAIM_OTHER_OWNER) {
        error_set(&error, "another owner was faster");
        return again("claim", &error);
    }
    FAILPOINT("after-claim");
    return ASSIGN_OK;
}

static enum assign_result take(struct assignment *assignment, struct sources *sources, struct arena *arena) {
    struct error error = { "" };
    /* first of all: it aborts what this instance left open when it was killed, and until then committed offsets are not stable */
    enum assign_result result = judge(assignment, kafka_out_ready(assignment->out, &error), "producer", &error);
    if (result != ASSIGN_OK)
        return result;
    rd_kafka_topic_partition_list_t *committed = list_of(sources);
    bool known = kafka_in_committed(assignment->in, committed, COMMITTED_TIMEOUT_MS, &error);
    struct bucket_marks *marks = arena_alloc(arena, (size_t)assignment->store->buckets * sizeof *marks);
    if (!known)
        result = again("committed", &error);
    else if (!store_look(assignment->store, sources, arena, marks, &error))
        result = again("look", &error);
    else
        result = assignment_check(assignment, sources, committed, marks);
    rd_kafka_topic_partition_list_destroy(committed);
    if (result == ASSIGN_OK)
        result = prove_and_claim(assignment, sources, marks, arena);
    if (result != ASSIGN_OK)
        return result;
    drops_clear(assignment->drops);
    for (size_t i = 0; i < sources->n; i++) {
        find_start(&sources->items[i], i, marks, assignment->store->buckets);
        drop_published(assignment, &sources->items[i]);
    }
    if (!adopt_models(assignment, marks))
        return ASSIGN_HALTED;
    return begin(assignment, sources, &error) ? ASSIGN_OK : again("assign", &error);
}

enum assign_result assignment_take(struct assignment *assignment, const rd_kafka_topic_partition_list_t *partitions,
                                   struct sources *sources) {
    struct arena arena = { 0 };
    make_sources(assignment, partitions, sources);
    enum assign_result result = take(assignment, sources, &arena);
    if (result != ASSIGN_OK)
        sources_free(sources);
    arena_free(&arena);
    return result;
}
