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
        rd_kafka_message_destroy(batch->records[i].message);
    batch->n = 0;
    batch->advances = false;
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
