/* What obek counts and measures about itself, kept where /metrics can read it (conventions, "Metrics"). One of a process.

   A family is a row of the table in metrics_table.c; a series is a family with the values of its labels. Series are made once and
   never freed; any thread may add to them and read them. Keep the pointer where much is counted. */
#ifndef OBEK_METRICS_H
#define OBEK_METRICS_H

#include "obek/slice.h"

#include <stdatomic.h>
#include <stdint.h>

#define METRIC_LABELS_MAX 3
#define METRIC_BOUNDS_MAX 20

enum metric {
    METRIC_RECORDS,
    METRIC_ORDERS,
    METRIC_DEAD_LETTERS,
    METRIC_SEGMENT_CHANGES,
    METRIC_STAGE_SECONDS,
    METRIC_BATCH_RECORDS,
    METRIC_TRANSACTIONS,
    METRIC_TRANSACTION_SECONDS,
    METRIC_LAG_RECORDS,
    METRIC_LAG_SECONDS,
    METRIC_WATERMARK_DELAY,
    METRIC_ASSIGNMENTS,
    METRIC_TICKS,
    METRIC_TICK_CUSTOMERS,
    METRIC_IMPORTED,
    METRIC_ERASED,
    METRIC_TICK_LATENESS,
    METRIC_TIME_REACHED_DELAY,
    METRIC_TIMERS_DUE,
    METRIC_CACHE_LOOKUPS,
    METRIC_SAVES_REFUSED,
    METRIC_REDIS_SECONDS,
    METRIC_REDIS_ERRORS,
    METRIC_CLOCK_AHEAD,
    METRIC_KAFKA_SECONDS,
    METRIC_KAFKA_ERRORS,
    METRIC_SEGMENT_CUSTOMERS,
    METRIC_SEGMENT_VALUE,
    METRIC_SEGMENT_CLTV,
    METRIC_SEGMENT_CLTV_CUSTOMERS,
    METRIC_FEATURE_DRIFT,
    METRIC_DRIFT_CUSTOMERS,
    METRIC_MODEL_INFO,
    METRIC_BUILD_INFO,
    METRIC_READY,
    METRIC_NOT_READY,
    METRIC_HTTP_REQUESTS,
    METRIC_HTTP_LISTENERS,
    METRIC_CHANGES_READ,
    METRIC_COUNT
};

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_family {
    const char *name, *help;
    enum metric_type type;
    const char *labels[METRIC_LABELS_MAX]; /* their names; NULL: no more */
    /* of a histogram, whose values are whole numbers of a raw unit (ns, records) */
    double unit;            /* one raw unit in the unit of the name: 1e-9 */
    const uint64_t *bounds; /* upper bounds, ascending, 0 behind the last */
};
extern const struct metric_family metric_families[METRIC_COUNT];

struct series {
    enum metric metric;
    uint64_t hash;
    struct slice labels[METRIC_LABELS_MAX]; /* values, owned */
    atomic_bool hidden;                     /* a gauge that says nothing just now */
    _Atomic uint64_t count;                 /* a counter; the sum of a histogram, raw */
    _Atomic double level;                   /* a gauge */
    _Atomic uint64_t *buckets;              /* a histogram: one a bound, and one behind; each on its own, not added up */
    struct series *next_in_slot;
    _Atomic(struct series *) next; /* of the family, in the order of their making */
};

/* The series with these values of the family's labels; made when it is new, a gauge hidden. Does not wait once it is there. */
struct series *series_get(enum metric metric, const struct slice labels[METRIC_LABELS_MAX]);
/* The same by texts: SERIES(METRIC_TICKS, "time"), SERIES(METRIC_READY, NULL). */
struct series *series_by_texts(enum metric metric, const char *const labels[METRIC_LABELS_MAX]);
#define SERIES(metric, ...) series_by_texts(metric, (const char *const[METRIC_LABELS_MAX]){ __VA_ARGS__ })
/* The family's oldest series, or NULL; the others by `next`. */
struct series *series_first(enum metric metric);

static inline void counter_add(struct series *counter, uint64_t n) {
    atomic_fetch_add_explicit(&counter->count, n, memory_order_relaxed);
}
/* Also shows it. */
void gauge_set(struct series *gauge, double level);
void gauge_hide(struct series *gauge);
/* Hides all of the family. */
void gauges_hide(enum metric metric);
void histogram_add(struct series *histogram, uint64_t value);

/* Time that has passed since `since_ns` (monotonic_ns), into a histogram of seconds. */
void histogram_add_since(struct series *histogram, int64_t since_ns);

#endif
