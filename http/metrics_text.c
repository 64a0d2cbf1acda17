#include "metrics_text.h"
#include "../consumer/health.h"
#include "obek/version.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <math.h>

/* Backslashes, line ends and, in label values, double quotes are escaped. */
static void append_escaped(struct buffer *out, struct slice text, bool quotes) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\n')
            buffer_append_text(out, "\\n");
        else if (c == '\\' || (c == '"' && quotes))
            buffer_append(out, (const char[]){ '\\', c }, 2);
        else
            buffer_append(out, &c, 1);
    }
}

static void append_number(struct buffer *out, double number) {
    if (isnan(number))
        buffer_append_text(out, "NaN");
    else if (isinf(number))
        buffer_append_text(out, number > 0 ? "+Inf" : "-Inf");
    else
        buffer_printf(out, "%.15g", number);
}

/* `name{label="value",le="0.5"} `; le NULL: none. */
static void append_name(struct buffer *out, const struct series *series, const char *suffix, const char *le) {
    const struct metric_family *family = &metric_families[series->metric];
    const char *before = "{";
    buffer_printf(out, "%s%s", family->name, suffix);
    for (int i = 0; i < METRIC_LABELS_MAX && family->labels[i] != NULL; i++, before = ",") {
        buffer_printf(out, "%s%s=\"", before, family->labels[i]);
        append_escaped(out, series->labels[i], true);
        buffer_append_text(out, "\"");
    }
    if (le != NULL)
        buffer_printf(out, "%sle=\"%s\"", before, le);
    buffer_append_text(out, le != NULL || family->labels[0] != NULL ? "} " : " ");
}

/* The count is taken from the buckets, so that it is theirs whatever is added meanwhile. */
static void append_histogram(struct buffer *out, const struct series *series) {
    const struct metric_family *family = &metric_families[series->metric];
    uint64_t count = 0, sum = atomic_load(&series->count);
    for (size_t i = 0;; i++) {
        char le[32] = "+Inf";
        bool last = family->bounds[i] == 0;
        if (!last)
            snprintf(le, sizeof le, "%.15g", (double)family->bounds[i] * family->unit);
        count += atomic_load_explicit(&series->buckets[i], memory_order_relaxed);
        append_name(out, series, "_bucket", le);
        buffer_printf(out, "%" PRIu64 "\n", count);
        if (last)
            break;
    }
    append_name(out, series, "_sum", NULL);
    append_number(out, (double)sum * family->unit);
    buffer_append_text(out, "\n");
    append_name(out, series, "_count", NULL);
    buffer_printf(out, "%" PRIu64 "\n", count);
}

static void append_series(struct buffer *out, const struct series *series) {
    enum metric_type type = metric_families[series->metric].type;
    if (type == METRIC_HISTOGRAM) {
        append_histogram(out, series);
        return;
    }
    append_name(out, series, "", NULL);
    if (type == METRIC_COUNTER)
        buffer_printf(out, "%" PRIu64, atomic_load_explicit(&series->count, memory_order_relaxed));
    else
        append_number(out, atomic_load_explicit(&series->level, memory_order_relaxed));
    buffer_append_text(out, "\n");
}

void metrics_text_family(struct buffer *out, enum metric metric) {
    static const char *const types[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"
    };
    const struct metric_family *family = &metric_families[metric];
    buffer_printf(out, "# HELP %s ", family->name);
    append_escaped(out, slice_of(family->help), false);
    buffer_printf(out, "\n# TYPE %s %s\n", family->name, types[family->type]);
    for (struct series *series = series_first(metric); series != NULL; series = atomic_load(&series->next))
        if (!atomic_load_explicit(&series->hidden, memory_order_acquire))
            append_series(out, series);
}

static void look_at_health(void) {
    gauge_set(SERIES(METRIC_BUILD_INFO, OBEK_VERSION, rd_kafka_version_str()), 1);
    gauge_set(SERIES(METRIC_READY, NULL), health_is_ready() ? 1 : 0);
    for (int i = 0; i < HEALTH_REASONS; i++)
        gauge_set(SERIES(METRIC_NOT_READY, health_text((enum health_reason)i)), health_holds((enum health_reason)i) ? 1 : 0);
}

void metrics_text(struct buffer *out) {
    look_at_health();
    for (int i = 0; i < METRIC_COUNT; i++)
        metrics_text_family(out, (enum metric)i);
    process_text(out);
}
