#include "assignment_checks.h"
#include "obek/log.h"

#include <inttypes.h>
#include <string.h>

uint64_t record_fingerprint(const rd_kafka_message_t *message) {
    int64_t timestamp = rd_kafka_message_timestamp(message, NULL);
    uint64_t parts[] = { order_hash((struct slice){ message->key, message->key_len }),
                         order_hash((struct slice){ message->payload, message->len }), (uint64_t)timestamp };
    uint64_t fingerprint = order_hash((struct slice){ (const char *)parts, sizeof parts });
    fingerprint &= UINT64_C(0xffffffffffff); /* 48 bits are kept */
    return fingerprint == 0 ? 1 : fingerprint;
}

struct extent {
    int64_t lowest, highest; /* marks of the source over all buckets; OFFSET_NONE: none */
};

static struct extent extent_of(const struct bucket_marks *marks, int64_t buckets, size_t source) {
    struct extent extent = { OFFSET_NONE, OFFSET_NONE };
    for (int64_t b = 0; b < buckets; b++) {
        int64_t next = marks[b].marks[source].next;
        if (next == OFFSET_NONE)
            continue;
        if (extent.lowest == OFFSET_NONE || next < extent.lowest)
            extent.lowest = next;
        if (next > extent.highest)
            extent.highest = next;
    }
    return extent;
}

/* A bucket without marks or with another incarnation: part of Redis is gone, or it is another one. */
static bool check_buckets(struct assignment *assignment, const struct bucket_marks *marks) {
    for (int64_t b = 0; b < assignment->store->buckets; b++) {
        if (!marks[b].same_incarnation)
            return halt_raise(assignment->halt, EXIT_HALTED, "incarnation",
                              "bucket %" PRId64 " has %s: part of Redis was emptied, or it is another one", b,
                              marks[b].has_incarnation ? "another incarnation" : "no marks");
        if (marks[b].damage != NULL)
            return halt_raise(assignment->halt, EXIT_HALTED, "damaged_state", "%s", marks[b].damage);
    }
    return true;
}

static bool halt_at_marks_alone(struct assignment *assignment, const struct source *source) {
    return halt_raise(
        assignment->halt, EXIT_HALTED, "marks_without_commit",
        "%s: Redis has marks of this source, but group %s has no committed offset of obek for it (expired or reset); "
        "--from-marks goes on from the marks, at least once",
        source->name, assignment->config->group_id);
}

static bool take_commit_note(struct assignment *assignment, struct source *source, const struct commit_note *note) {
    if (strcmp(note->incarnation, assignment->store->incarnation) != 0 && !assignment->rebuild)
        return halt_raise(
            assignment->halt, EXIT_HALTED, "incarnation",
            "%s: the committed offset belongs to incarnation %s, and this Redis is %s: Redis was emptied or is another "
            "one; --rebuild makes the state anew from the logs",
            source->name, note->incarnation, assignment->store->incarnation);
    source->first_offset = note->first_offset;
    source->committed_watermark = note->watermark;
    return true;
}

/* The committed offset, or what stands in for it. */
static bool find_committed(struct assignment *assignment, struct source *source, const rd_kafka_topic_partition_t *committed,
                           struct extent extent, int64_t low, bool *marks_alone) {
    struct commit_note note;
    struct slice metadata = { committed->metadata, committed->metadata_size };
    bool ours = committed->offset >= 0 && commit_note_parse(&note, metadata);
    source->committed_watermark = TIME_NONE;
    *marks_alone = !ours && extent.lowest != OFFSET_NONE;
    if (ours) {
        source->committed = committed->offset;
        return take_commit_note(assignment, source, &note);
    }
    if (*marks_alone)
        source->first_offset = source->committed = extent.lowest;
    else /* a new source: begins where somebody has set the group to, or where the log begins */
        source->first_offset = source->committed = committed->offset >= 0 ? committed->offset : low;
    return true;
}

static bool check_range(struct assignment *assignment, const struct source *source, struct extent extent, int64_t low,
                        int64_t high) {
    if (high < source->committed || high < extent.highest)
        return halt_raise(assignment->halt, EXIT_HALTED, "topic_truncated",
                          "%s ends at %" PRId64 ", before what was read of it (%" PRId64
                          "): the topic was truncated or made anew",
                          source->name, high, source->committed > extent.highest ? source->committed : extent.highest);
    if (assignment->rebuild && low > 0)
        return halt_raise(assignment->halt, EXIT_HALTED, "log_too_short",
                          "%s begins at %" PRId64 ": --rebuild needs logs that still begin at 0", source->name, low);
    return true;
}

/* Looked at before anything is claimed; what is deleted later is told by the fetch itself (auto.offset.reset=error). */
static bool check_start(struct assignment *assignment, const struct source *source, size_t index,
                        const struct bucket_marks *marks, int64_t low) {
    int64_t start = source->committed;
    for (int64_t b = 0; b < assignment->store->buckets; b++) {
        int64_t next = marks[b].marks[index].next == OFFSET_NONE ? source->first_offset : marks[b].marks[index].next;
        start = next < start ? next : start;
    }
    return low <= start ||
           halt_raise(assignment->halt, EXIT_HALTED, "log_too_short",
                      "%s begins at %" PRId64 ", and must be read from %" PRId64 ": records were deleted before they were read",
                      source->name, low, start);
}

/* The record at the last offset must be the one that was read (one that can no longer be read proves nothing). */
static enum assign_result check_fingerprint(struct assignment *assignment, struct source *source, int64_t low, int64_t high) {
    struct error error = { "" };
    struct source_note note;
    bool found = false;
    if (!store_notes_read(assignment->store, (const char *const[]){ source->name }, 1, &note, &found, &error))
        return ASSIGN_AGAIN;
    if (found) { /* until a record is read, the old one is what the next start is held against */
        source->fingerprint = note.fingerprint;
        source->fingerprint_offset = note.fingerprint_offset;
    }
    if (!found || note.fingerprint == 0 || note.fingerprint_offset < low || note.fingerprint_offset >= high)
        return ASSIGN_OK;
    rd_kafka_message_t *message = NULL;
    enum look_result result = LOOK_FAILED;
    if (kafka_look_begin(assignment->look, source->topic, source->partition, note.fingerprint_offset, &error))
        result = kafka_look_next(assignment->look, &message, &error);
    bool same =
        result != LOOK_RECORD || message->offset != note.fingerprint_offset || record_fingerprint(message) == note.fingerprint;
    if (message != NULL)
        rd_kafka_message_destroy(message);
    kafka_look_done(assignment->look);
    if (result == LOOK_FAILED) {
        log_event(LOG_LEVEL_WARN, "assignment", { "step", LOG_S("fingerprint") }, { "error", LOG_S(error.text) });
        return ASSIGN_AGAIN;
    }
    if (same)
        return ASSIGN_OK;
    halt_raise(assignment->halt, EXIT_HALTED, "topic_recreated",
               "%s: the record at offset %" PRId64 " is not the one that was read: the topic was made anew", source->name,
               note.fingerprint_offset);
    return ASSIGN_HALTED;
}

static enum assign_result check_source(struct assignment *assignment, struct source *source, size_t index,
                                       const rd_kafka_topic_partition_t *committed, const struct bucket_marks *marks) {
    struct error error = { "" };
    int64_t low, high;
    if (!kafka_look_range(assignment->look, source->topic, source->partition, &low, &high, &error)) {
        log_event(LOG_LEVEL_WARN, "assignment", { "step", LOG_S("range") }, { "error", LOG_S(error.text) });
        return ASSIGN_AGAIN;
    }
    source->known_end = high;
    struct extent extent = extent_of(marks, assignment->store->buckets, index);
    bool marks_alone;
    if (!find_committed(assignment, source, committed, extent, low, &marks_alone) ||
        !check_range(assignment, source, extent, low, high))
        return ASSIGN_HALTED;
    enum assign_result result = check_fingerprint(assignment, source, low, high);
    if (result != ASSIGN_OK)
        return result;
    /* not before: with a topic that was made anew the broker has dropped the committed offsets, too */
    if (marks_alone && !assignment->from_marks)
        halt_at_marks_alone(assignment, source);
    else if (check_start(assignment, source, index, marks, low))
        return ASSIGN_OK;
    return ASSIGN_HALTED;
}

enum assign_result assignment_check(struct assignment *assignment, struct sources *sources,
                                    const rd_kafka_topic_partition_list_t *committed, const struct bucket_marks *marks) {
    if (!check_buckets(assignment, marks))
        return ASSIGN_HALTED;
    for (size_t i = 0; i < sources->n; i++) {
        enum assign_result result = check_source(assignment, &sources->items[i], i, &committed->elems[i], marks);
        if (result != ASSIGN_OK)
            return result;
    }
    return ASSIGN_OK;
}
