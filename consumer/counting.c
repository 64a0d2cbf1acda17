#include "counting.h"
#include "metrics.h"
#include "obek/event.h"
#include "obek/log.h"
#include "outgoing.h"

struct series *series_of_change(const struct name *scheme, const struct name *segment, enum cause cause) {
    return series_get(METRIC_SEGMENT_CHANGES, (const struct slice[METRIC_LABELS_MAX]){ name_slice(scheme), name_slice(segment),
                                                                                       slice_of(event_cause_text(cause)) });
}

struct series *series_of_dead(struct slice reason) {
    return series_get(METRIC_DEAD_LETTERS, (const struct slice[METRIC_LABELS_MAX]){ reason, { "", 0 }, { "", 0 } });
}

/* One found in an outbox; NULL: it cannot be read. */
static struct series *series_of_packed(struct slice packed) {
    struct outgoing_view view;
    struct event_told told;
    struct arena arena = { 0 };
    struct error error;
    if (!outgoing_read(&view, packed, &error))
        return NULL;
    if (view.kind == OUTGOING_DEAD)
        return series_of_dead(view.reason);
    bool is_event = event_read(&told, &arena, view.value, view.kind == OUTGOING_AVRO_EVENT);
    arena_free(&arena);
    return is_event ? series_of_change(&told.scheme, &told.to, told.cause) : NULL;
}

static void count_outgoing(const struct outgoing *outgoing) {
    struct series *series = outgoing->series != NULL ? outgoing->series : series_of_packed(outgoing->packed);
    if (series != NULL)
        counter_add(series, 1);
    else
        log_event(LOG_LEVEL_WARN, "not_counted", { "what", LOG_S("an entry of an outbox") },
                  { "bucket", LOG_I(outgoing->bucket) });
}

/* One that this run judged, or one found in an outbox. */
static void note_dead(struct dead_log *log, const struct batch_record *record, const struct outgoing *outgoing) {
    struct outgoing_view view;
    struct error error;
    bool may_be = record->dead || record->refused || outgoing->series == NULL;
    if (may_be && outgoing_read(&view, outgoing->packed, &error) && view.kind == OUTGOING_DEAD)
        dead_log_note(log, record->source->name, record->offset, view.reason);
}

void count_committed(const struct batch *batch, struct dead_log *log) {
    for (size_t i = 0; i < batch->n; i++) {
        const struct batch_record *record = &batch->records[i];
        if (!record->publishes)
            continue;
        if (!record->reached)
            counter_add(record->source->records, 1);
        if (!record->reached && !record->dead && record->source->feed != NULL)
            counter_add(record->source->orders[record->order.kind], 1);
        for (uint32_t k = 0; k < record->n_outgoing; k++) {
            count_outgoing(&record->outgoing[k]);
            note_dead(log, record, &record->outgoing[k]);
        }
    }
}
