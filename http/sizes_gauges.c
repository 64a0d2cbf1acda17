#include "sizes_gauges.h"
#include "../consumer/gauges.h"
#include "../consumer/metrics.h"
#include "../lookup/sizes.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const enum metric of_segments[] = { METRIC_SEGMENT_CUSTOMERS, METRIC_SEGMENT_VALUE, METRIC_SEGMENT_CLTV,
                                           METRIC_SEGMENT_CLTV_CUSTOMERS };

void sizes_gauges_hide(void) {
    for (size_t i = 0; i < sizeof of_segments / sizeof of_segments[0]; i++)
        gauges_hide(of_segments[i]);
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
static void hide_gone(const struct sizes *sizes) {
    for (size_t i = 0; i < sizeof of_segments / sizeof of_segments[0]; i++)
        for (struct series *series = series_first(of_segments[i]); series != NULL; series = atomic_load(&series->next))
            if (!has_row(sizes, series))
                gauge_hide(series);
}

static void tell_expected(const struct size_row *row, double minor_per_major) {
    gauge_set(SERIES(METRIC_SEGMENT_CLTV, row->scheme.text, row->segment.text), (double)row->expected / minor_per_major);
    gauge_set(SERIES(METRIC_SEGMENT_CLTV_CUSTOMERS, row->scheme.text, row->segment.text), (double)row->evaluated);
}

static void tell(const struct sizes *sizes, double minor_per_major) {
    hide_gone(sizes);
    if (sizes->cltv == NULL) {
        gauges_hide(METRIC_SEGMENT_CLTV);
        gauges_hide(METRIC_SEGMENT_CLTV_CUSTOMERS);
    }
    for (size_t i = 0; i < sizes->n; i++) {
        const struct size_row *row = &sizes->rows[i];
        gauge_set(SERIES(METRIC_SEGMENT_CUSTOMERS, row->scheme.text, row->segment.text), (double)row->customers);
        gauge_set(SERIES(METRIC_SEGMENT_VALUE, row->scheme.text, row->segment.text), (double)row->value / minor_per_major);
        if (sizes->cltv != NULL)
            tell_expected(row, minor_per_major);
    }
}

bool sizes_gauges_read(struct reading *reading, struct error *error) {
    struct sizes sizes;
    bool ok = sizes_read(&sizes, reading, error);
    if (ok)
        tell(&sizes, pow(10, reading->decimals));
    sizes_free(&sizes);
    return ok && read_due(reading, error);
}
