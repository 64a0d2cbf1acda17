#include "metrics.h"
#include "obek/buffer.h"
#include "obek/clock.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS 1024 /* a power of two; there are some hundreds of series */

static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct series *) slots[SLOTS];
static struct {
    _Atomic(struct series *) first;
    struct series *last; /* only while making */
} families[METRIC_COUNT];

/* 64-bit FNV-1a; a byte that no UTF-8 has ends each value. */
static uint64_t hash_of(enum metric metric, const struct slice *labels) {
    uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)metric;
    for (int i = 0; i < METRIC_LABELS_MAX; i++) {
        for (size_t k = 0; k < labels[i].len; k++)
            hash = (hash ^ (unsigned char)labels[i].data[k]) * UINT64_C(1099511628211);
        hash = (hash ^ 0xff) * UINT64_C(1099511628211);
    }
    return hash;
}

static struct series *find(enum metric metric, uint64_t hash, const struct slice *labels) {
    struct series *series = atomic_load_explicit(&slots[hash % SLOTS], memory_order_acquire);
    for (; series != NULL; series = series->next_in_slot)
        if (series->hash == hash && series->metric == metric && slice_equal(series->labels[0], labels[0]) &&
            slice_equal(series->labels[1], labels[1]) && slice_equal(series->labels[2], labels[2]))
            return series;
    return NULL;
}

static size_t bounds_of(const struct metric_family *family) {
    size_t n = 0;
    while (family->bounds != NULL && family->bounds[n] != 0)
        n++;
    return n;
}

/* `making` is held. */
static struct series *make(enum metric metric, uint64_t hash, const struct slice *labels) {
    const struct metric_family *family = &metric_families[metric];
    struct series *series = xcalloc(1, sizeof *series);
    series->metric = metric;
    series->hash = hash;
    for (int i = 0; i < METRIC_LABELS_MAX; i++)
        series->labels[i] = (struct slice){ xstrndup(labels[i].len == 0 ? "" : labels[i].data, labels[i].len), labels[i].len };
    if (family->type == METRIC_HISTOGRAM)
        series->buckets = xcalloc(bounds_of(family) + 1, sizeof *series->buckets);
    atomic_init(&series->hidden, family->type == METRIC_GAUGE);
    series->next_in_slot = atomic_load_explicit(&slots[hash % SLOTS], memory_order_relaxed);
    atomic_store_explicit(&slots[hash % SLOTS], series, memory_order_release);
    atomic_store_explicit(families[metric].last == NULL ? &families[metric].first : &families[metric].last->next, series,
                          memory_order_release);
    families[metric].last = series;
    return series;
}

struct series *series_get(enum metric metric, const struct slice labels[METRIC_LABELS_MAX]) {
    uint64_t hash = hash_of(metric, labels);
    struct series *series = find(metric, hash, labels);
    if (series != NULL)
        return series;
    pthread_mutex_lock(&making);
    series = find(metric, hash, labels);
    if (series == NULL)
        series = make(metric, hash, labels);
    pthread_mutex_unlock(&making);
    return series;
}

struct series *series_by_texts(enum metric metric, const char *const labels[METRIC_LABELS_MAX]) {
    struct slice slices[METRIC_LABELS_MAX];
    for (int i = 0; i < METRIC_LABELS_MAX; i++)
        slices[i] = labels[i] == NULL ? (struct slice){ "", 0 } : slice_of(labels[i]);
    return series_get(metric, slices);
}

struct series *series_first(enum metric metric) {
    return atomic_load_explicit(&families[metric].first, memory_order_acquire);
}

void gauge_set(struct series *gauge, double level) {
    atomic_store_explicit(&gauge->level, level, memory_order_relaxed);
    atomic_store_explicit(&gauge->hidden, false, memory_order_release);
}

void gauge_hide(struct series *gauge) {
    atomic_store_explicit(&gauge->hidden, true, memory_order_relaxed);
}

void gauges_hide(enum metric metric) {
    for (struct series *series = series_first(metric); series != NULL; series = atomic_load(&series->next))
        gauge_hide(series);
}

void histogram_add(struct series *histogram, uint64_t value) {
    const uint64_t *bounds = metric_families[histogram->metric].bounds;
    size_t i = 0;
    while (bounds[i] != 0 && value > bounds[i])
        i++;
    atomic_fetch_add_explicit(&histogram->count, value, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->buckets[i], 1, memory_order_relaxed);
}

void histogram_add_since(struct series *histogram, int64_t since_ns) {
    int64_t passed = monotonic_ns() - since_ns;
    histogram_add(histogram, passed < 0 ? 0 : (uint64_t)passed);
}
