#include "sizes_gauges.h"
#include "../consumer/gauges.h"
#include "../consumer/metrics.h"
#include "../lookup/sizes.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void sizes_gauges_hide(void) {
    gauges_hide(METRIC_SEGMENT_CUSTOMERS);
    gauges_hide(METRIC_SEGMENT_VALUE);
    gauges_hide(METRIC_SEGMENT_CLTV);
    gauges_hide(METRIC_SEGMENT_CLTV_CUSTOMERS);
    gauges_hide(METRIC_TIMERS_DUE);
}

bool sizes_gauges_wanted(void) {
    int64_t unused;
    bool wanted = gauges_owner(&unused);
    if (!wanted)
        sizes_gauges_hide();
    return wanted;
}

static bool read_due(struct reading *reading, struct error *error) {
    int64_t reached, due = 0;
    struct arena arena = { 0 };
    char score[24];
    if (!gauges_owner(&reached) || reached == TIME_NONE)
        return true;
    snprintf(score, sizeof score, "%" PRId64, reached);
    for (int64_t b = 0; b < reading->store->buckets; b++) {
        const char *call[] = { "ZCOUNT", store_key(reading->store, &arena, b, "due").data, "-inf", score };
        redis_append_text(reading->store->redis, 4, call);
    }
    arena_free(&arena);
    if (!redis_execute(reading->store->redis, error))
        return false;
    for (int64_t b = 0; b < reading->store->buckets; b++)
        due += redis_answer(reading->store->redis, (size_t)b)->integer;
    gauge_set(SERIES(METRIC_TIMERS_DUE, NULL), (double)due);
    return true;
}

static bool has_row(const struct sizes *sizes, const struct series *series) {
    for (size_t i = 0; i < sizes->n; i++)
        if (slice_equal(series->labels[0], name_slice(&sizes->rows[i].scheme)) &&
            slice_equal(series->labels[1], name_slice(&sizes->rows[i].segment)))
            return true;
    return false;
}

/* Segments of a former model that the last customer has left, which would be told for ever. */
static void hide_gone(enum metric metric, const struct sizes *sizes, bool all) {
    for (struct series *series = series_first(metric); series != NULL; series = atomic_load(&series->next))
        if (all || !has_row(sizes, series))
            gauge_hide(series);
}

static void hide_all_gone(const struct sizes *sizes) {
    hide_gone(METRIC_SEGMENT_CUSTOMERS, sizes, false);
    hide_gone(METRIC_SEGMENT_VALUE, sizes, false);
    hide_gone(METRIC_SEGMENT_CLTV, sizes, sizes->cltv == NULL);
    hide_gone(METRIC_SEGMENT_CLTV_CUSTOMERS, sizes, sizes->cltv == NULL);
}

bool sizes_gauges_read(struct reading *reading, struct error *error) {
    struct sizes sizes;
    double minor_per_major = pow(10, reading->decimals);
    bool ok = sizes_read(&sizes, reading, error);
    if (ok)
        hide_all_gone(&sizes);
    for (size_t i = 0; ok && i < sizes.n; i++) {
        const struct size_row *row = &sizes.rows[i];
        gauge_set(SERIES(METRIC_SEGMENT_CUSTOMERS, row->scheme.text, row->segment.text), (double)row->customers);
        gauge_set(SERIES(METRIC_SEGMENT_VALUE, row->scheme.text, row->segment.text), (double)row->value / minor_per_major);
        if (sizes.cltv == NULL)
            continue;
        gauge_set(SERIES(METRIC_SEGMENT_CLTV, row->scheme.text, row->segment.text), (double)row->expected / minor_per_major);
        gauge_set(SERIES(METRIC_SEGMENT_CLTV_CUSTOMERS, row->scheme.text, row->segment.text), (double)row->evaluated);
    }
    sizes_free(&sizes);
    return ok && read_due(reading, error);
}
