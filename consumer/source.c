#include "source.h"
#include "metrics.h"
#include "obek/buffer.h"
#include "obek/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void random_hex(char *out, size_t n) {
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[64];
    if (n > sizeof bytes || getrandom(bytes, n, 0) != (ssize_t)n) {
        perror("obek: getrandom");
        abort();
    }
    for (size_t i = 0; i < n; i++)
        out[i] = digits[bytes[i] & 15];
    out[n] = '\0';
}

void source_init(struct source *source, const char *topic, int32_t partition, const struct feed *feed, int64_t buckets) {
    *source = (struct source){ .partition = partition, .feed = feed, .committed = OFFSET_NONE };
    source->topic = xstrdup(topic);
    struct buffer name = { 0 };
    buffer_printf(&name, "%s/%" PRId32, topic, partition);
    source->name = xstrndup(name.data, name.len);
    buffer_free(&name);
    source->watermark = source->committed_watermark = source->waits_at = TIME_NONE;
    source->marks = xcalloc((size_t)buckets, sizeof *source->marks);
    random_hex(source->owner, OWNER_TOKEN_LENGTH);
    source->records = SERIES(METRIC_RECORDS, topic);
    static const char *const kinds[] = { [KIND_ORDER] = "ORDER", [KIND_CANCELLATION] = "CANCELLATION", [KIND_RETURN] = "RETURN" };
    for (size_t kind = 0; feed != NULL && kind < sizeof kinds / sizeof kinds[0]; kind++)
        source->orders[kind] = SERIES(METRIC_ORDERS, feed->name, kinds[kind]);
}

void sources_free(struct sources *sources) {
    for (size_t i = 0; i < sources->n; i++) {
        struct source *source = &sources->items[i];
        free(source->name);
        free(source->topic);
        free(source->marks);
        free(source->outbox);
        arena_free(&source->memory);
        message_queue_free(&source->queue);
    }
    free(sources->items);
    *sources = (struct sources){ 0 };
}

struct source *sources_find(struct sources *sources, const char *topic, int32_t partition) {
    for (size_t i = 0; i < sources->n; i++)
        if (sources->items[i].partition == partition && strcmp(sources->items[i].topic, topic) == 0)
            return &sources->items[i];
    return NULL;
}

static bool parse_instant_field(struct slice field, int64_t *ms) {
    if (!slice_is(field, "-"))
        return field_int64(field, ms);
    *ms = TIME_NONE;
    return true;
}

static void print_instant_field(char *out, size_t size, int64_t ms) {
    if (ms == TIME_NONE)
        snprintf(out, size, "-");
    else
        snprintf(out, size, "%" PRId64, ms);
}

bool mark_parse(struct mark *mark, struct slice text) {
    struct slice fields[3];
    *mark = (struct mark){ .next = OFFSET_NONE, .watermark = TIME_NONE };
    return fields_split(text, ' ', fields, 3) && field_int64(fields[0], &mark->next) && mark->next >= 0 &&
           parse_instant_field(fields[1], &mark->watermark) && field_copy(fields[2], mark->owner, sizeof mark->owner);
}

struct slice mark_text(struct arena *arena, int64_t next, int64_t watermark, const char *owner) {
    char instant[32];
    print_instant_field(instant, sizeof instant, watermark);
    return arena_printf(arena, "%" PRId64 " %s %s", next, instant, owner);
}

void source_add_outbox(struct source *source, const struct outbox_entry *entry) {
    if ((source->n_outbox & (source->n_outbox - 1)) == 0) {
        size_t capacity = source->n_outbox == 0 ? 1 : source->n_outbox * 2;
        source->outbox = xrealloc(source->outbox, capacity * sizeof *source->outbox);
    }
    struct outbox_entry *copy = &source->outbox[source->n_outbox++];
    *copy = *entry;
    copy->field = arena_copy(&source->memory, entry->field);
    copy->value = arena_copy(&source->memory, entry->value);
}

static int by_offset(const void *left, const void *right) {
    const struct outbox_entry *a = left, *b = right;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return a->n < b->n ? -1 : a->n > b->n;
}

void source_sort_outbox(struct source *source) {
    if (source->n_outbox > 0) /* qsort wants no NULL */
        qsort(source->outbox, source->n_outbox, sizeof(struct outbox_entry), by_offset);
}

const struct outbox_entry *source_outbox(const struct source *source, int64_t offset, size_t *n) {
    size_t low = 0, high = source->n_outbox;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (source->outbox[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < source->n_outbox && source->outbox[low + *n].offset == offset)
        ++*n;
    return *n == 0 ? NULL : &source->outbox[low];
}

void commit_note_text(const struct commit_note *note, char *out, size_t size) {
    char instant[32];
    print_instant_field(instant, sizeof instant, note->watermark);
    snprintf(out, size, "obek1 %s %s %" PRId64, note->incarnation, instant, note->first_offset);
}

bool commit_note_parse(struct commit_note *note, struct slice text) {
    struct slice fields[4];
    *note = (struct commit_note){ .watermark = TIME_NONE };
    return text.len > 0 && fields_split(text, ' ', fields, 4) && slice_is(fields[0], "obek1") &&
           fields[1].len == INCARNATION_LENGTH && field_copy(fields[1], note->incarnation, sizeof note->incarnation) &&
           parse_instant_field(fields[2], &note->watermark) && field_int64(fields[3], &note->first_offset) &&
           note->first_offset >= 0;
}
