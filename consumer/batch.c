#include "batch.h"
#include "obek/buffer.h"

#include <stdlib.h>

void batch_init(struct batch *batch, struct decoder *decoder, size_t records_max) {
    *batch = (struct batch){ .decoder = decoder, .capacity = records_max };
    batch->records = xcalloc(records_max, sizeof *batch->records);
    batch->by_bucket = xcalloc(records_max, sizeof *batch->by_bucket);
}

void batch_reset(struct batch *batch) {
    for (size_t i = 0; i < batch->n; i++)
        if (batch->records[i].message != NULL)
            rd_kafka_message_destroy(batch->records[i].message);
    batch->n = 0;
    batch->reached_by = NULL;
    batch->advances = false;
    batch->control = (struct slice){ "", 0 };
    free(batch->shares);
    free(batch->ends);
    batch->shares = NULL;
    batch->ends = NULL;
    batch->n_shares = batch->n_ends = 0;
    arena_reset(&batch->arena);
    decoder_reset(batch->decoder);
}

void batch_free(struct batch *batch) {
    batch_reset(batch);
    free(batch->records);
    free(batch->by_bucket);
    arena_free(&batch->arena);
    decoder_free(batch->decoder);
    *batch = (struct batch){ 0 };
}

void batch_reach(struct batch *batch, struct cached_customer *customer, const struct import_customer *import) {
    if (batch->n == batch->capacity) {
        batch->capacity *= 2;
        batch->records = xrealloc(batch->records, batch->capacity * sizeof *batch->records);
        batch->by_bucket = xrealloc(batch->by_bucket, batch->capacity * sizeof *batch->by_bucket);
    }
    const struct batch_record *control = &batch->records[0];
    batch->records[batch->n++] = (struct batch_record){ .source = control->source,
                                                        .reached = true,
                                                        .import = import,
                                                        .offset = control->offset,
                                                        .watermark = control->watermark,
                                                        .watermark_after = control->watermark_after,
                                                        .order = { .customer_id = customer->id },
                                                        .applies = true,
                                                        .publishes = control->publishes,
                                                        .bucket = customer->bucket,
                                                        .customer = customer };
}

void batch_take_outbox(struct batch *batch, struct batch_record *record) {
    size_t n;
    const struct outbox_entry *entries = source_outbox(record->source, record->offset, &n);
    if (n == 0)
        return;
    record->outgoing = arena_alloc(&batch->arena, n * sizeof *record->outgoing);
    record->n_outgoing = (uint32_t)n;
    record->bucket = entries[0].bucket;
    for (size_t i = 0; i < n; i++)
        record->outgoing[i] = (struct outgoing){
            .bucket = entries[i].bucket, .number = (uint32_t)entries[i].n, .field = entries[i].field, .packed = entries[i].value
        };
}

/* A counting sort: keeps the order of consumption within a bucket. */
void batch_split(struct batch *batch, int64_t buckets) {
    uint32_t *counts = xcalloc((size_t)buckets, sizeof *counts);
    for (size_t i = 0; i < batch->n; i++)
        if (batch->records[i].applies && counts[batch->records[i].bucket]++ == 0)
            batch->n_shares++;
    batch->shares = xcalloc(batch->n_shares, sizeof *batch->shares);
    struct share **by_number = xcalloc((size_t)buckets, sizeof *by_number);
    uint32_t begin = 0;
    size_t n = 0;
    for (int64_t b = 0; b < buckets; b++) {
        if (counts[b] == 0)
            continue;
        by_number[b] = &batch->shares[n++];
        *by_number[b] = (struct share){ .bucket = (uint16_t)b, .records = batch->by_bucket + begin };
        begin += counts[b];
    }
    for (size_t i = 0; i < batch->n; i++)
        if (batch->records[i].applies) {
            struct share *share = by_number[batch->records[i].bucket];
            share->records[share->n++] = (uint32_t)i;
        }
    free(by_number);
    free(counts);
}
