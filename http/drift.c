#include "drift.h"
#include "../consumer/metrics.h"
#include "../lookup/explaining.h"
#include "histogram.h"
#include "obek/clock.h"

#include <math.h>
#include <stdlib.h>

#define SAMPLE_MAX 2000
#define CUSTOMERS_LEAST 100 /* of fewer an index says nothing */
#define EVERY_MS (2 * 60 * 1000)
#define AGAIN_MS 15000

struct measured {
    bool known;
    struct histogram then;
    uint32_t now[HISTOGRAM_BINS_MAX];
};

struct drift {
    int64_t model;   /* the histograms are of this one; -1: none */
    int64_t next_ms; /* monotonic: when to look again */
    struct measured features[FEATURE_COUNT];
    /* of one look */
    const struct reading *reading;
    int64_t instant; /* at which all are evaluated */
    uint32_t evaluated;
};

struct drift *drift_new(void) {
    struct drift *drift = xcalloc(1, sizeof *drift);
    drift->model = -1;
    return drift;
}

void drift_free(struct drift *drift) {
    free(drift);
}

static void hide(void) {
    gauges_hide(METRIC_FEATURE_DRIFT);
    gauges_hide(METRIC_DRIFT_CUSTOMERS);
}

void drift_hide(struct drift *drift) {
    hide();
    drift->next_ms = monotonic_ms(); /* who owns the control topic again looks at once */
}

static void read_histograms(struct drift *drift, const json_t *file) {
    const json_t *features = json_object_get(json_object_get(file, "trained_on"), "features");
    for (int i = 0; i < FEATURE_COUNT; i++) {
        struct measured *feature = &drift->features[i];
        feature->known = histogram_read(&feature->then, json_object_get(features, feature_name((enum feature)i)));
    }
}

/* What the model in force says of the customers it was learned from. */
static bool take_up_model(struct drift *drift, struct reading *reading, struct error *error) {
    struct buffer file = { 0 };
    bool found = false;
    if (drift->model == reading->model_number)
        return true;
    hide();
    if (!store_model_read(reading->store, reading->model_sha256, &file, &found, error))
        return false;
    json_t *json = found ? json_loadb(file.data, file.len, 0, NULL) : NULL;
    read_histograms(drift, json);
    json_decref(json);
    buffer_free(&file);
    drift->model = reading->model_number;
    drift->next_ms = monotonic_ms();
    return true;
}

static bool add_customer(void *context, struct slice id, const struct customer *customer) {
    (void)id;
    struct drift *drift = context;
    struct ledger_summary summary = ledger_summarise(&customer->ledger);
    int64_t now = customer->as_of > drift->instant ? customer->as_of : drift->instant;
    if (summary_orders(&summary) == 0)
        return true;
    drift->evaluated++;
    for (int i = 0; i < FEATURE_COUNT; i++) {
        struct measured *feature = &drift->features[i];
        double value = feature_value((enum feature)i, &summary, now, drift->reading->model->minor_per_major);
        int bin = feature->known ? histogram_bin(&feature->then, value) : -1;
        if (bin >= 0)
            feature->now[bin]++;
    }
    return true;
}

static void tell(const struct drift *drift) {
    gauge_set(SERIES(METRIC_DRIFT_CUSTOMERS, NULL), drift->evaluated);
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (drift->features[i].known)
            gauge_set(SERIES(METRIC_FEATURE_DRIFT, feature_name((enum feature)i)),
                      histogram_psi(&drift->features[i].then, drift->features[i].now));
}

static void begin(struct drift *drift, const struct reading *reading) {
    drift->reading = reading;
    drift->evaluated = 0;
    for (int i = 0; i < FEATURE_COUNT; i++)
        memset(drift->features[i].now, 0, sizeof drift->features[i].now);
}

static bool look(struct drift *drift, struct reading *reading, struct error *error) {
    struct reading_walk walk = { .context = drift, .visit = add_customer, .silent = true };
    int64_t customers;
    drift->next_ms = monotonic_ms() + AGAIN_MS;
    begin(drift, reading);
    if (!explaining_now(reading, &drift->instant, error) ||
        !reading_sample(reading, (uint64_t)monotonic_ns(), SAMPLE_MAX, &walk, &customers, error))
        return false;
    if (drift->evaluated < CUSTOMERS_LEAST) {
        hide();
        return true;
    }
    if (customers > SAMPLE_MAX) /* few are soon asked, and in a replay they move quickly */
        drift->next_ms = monotonic_ms() + EVERY_MS;
    tell(drift);
    return true;
}

bool drift_look(struct drift *drift, struct reading *reading, struct error *error) {
    if (reading->model == NULL)
        return true;
    return take_up_model(drift, reading, error) && (monotonic_ms() < drift->next_ms || look(drift, reading, error));
}
