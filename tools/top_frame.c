#include "top_frame.h"
#include "obek/instant.h"
#include "top_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_COLUMNS 28
#define GREEN "\033[1;32m"
#define RED "\033[1;31m"

/* ---- numbers ---- */

/* 1234567.8 -> "1,234,567"; small ones with a decimal. NAN: "-". */
static const char *number_text(double number, char *out, size_t size) {
    char digits[40];
    if (isnan(number)) {
        snprintf(out, size, "-");
        return out;
    }
    bool decimal = fabs(number) < 100 && number != floor(number);
    size_t len = (size_t)snprintf(digits, sizeof digits, decimal ? "%.1f" : "%.0f", number), at = 0;
    size_t whole = decimal ? len - 2 : len;
    for (size_t i = 0; i < len && at + 2 < size; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0 && digits[i - 1] != '-')
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

/* "45 s", "12 min", "3.4 h", "2.1 d". */
static const char *seconds_text(double seconds, char *out, size_t size) {
    if (isnan(seconds))
        snprintf(out, size, "-");
    else if (fabs(seconds) < 120)
        snprintf(out, size, "%.1f s", seconds);
    else if (seconds < 7200)
        snprintf(out, size, "%.0f min", seconds / 60);
    else if (seconds < 48 * 3600.0)
        snprintf(out, size, "%.1f h", seconds / 3600);
    else
        snprintf(out, size, "%.1f d", seconds / 86400);
    return out;
}

/* How much a second since the look before; a counter that has gone back is that of another process. */
static double rate(const struct frame *frame, const char *name, const char *label, struct slice text) {
    if (frame->before == NULL || !frame->before->answered || frame->now->at_ms <= frame->before->at_ms)
        return NAN;
    double more = samples_sum(&frame->now->samples, name, label, text) - samples_sum(&frame->before->samples, name, label, text);
    return more < 0 ? NAN : more * 1000 / (double)(frame->now->at_ms - frame->before->at_ms);
}

static double total(const struct frame *frame, const char *name) {
    return samples_sum(&frame->now->samples, name, NULL, (struct slice){ "", 0 });
}

static double gauge(const struct frame *frame, const char *name) {
    const struct sample *sample = samples_next(&frame->now->samples, name, NULL);
    return sample == NULL ? NAN : sample->value;
}

/* ---- what is above the tables ---- */

static void write_health(struct buffer *out, const struct frame *frame) {
    const json_t *reasons = json_object_get(frame->now->ready, "reasons");
    bool ready = json_is_true(json_object_get(frame->now->ready, "ready"));
    struct buffer line = { 0 };
    buffer_append_text(&line, ready ? "ready" : "NOT READY");
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const char *reason = json_string_value(json_array_get(reasons, i));
        buffer_printf(&line, "%s%s", i == 0 ? ": " : ", ", reason == NULL ? "?" : reason);
    }
    buffer_append(&line, "", 1);
    line_write(out, line.data, ready ? GREEN : RED, &frame->size);
    buffer_free(&line);
}

static void write_model(struct buffer *out, const struct frame *frame) {
    char line[300] = "no model in force";
    const struct sample *model = samples_next(&frame->now->samples, "obek_model_info", NULL);
    if (model != NULL) {
        struct slice name = sample_label(model, "name"), version = sample_label(model, "version"),
                     number = sample_label(model, "number");
        snprintf(line, sizeof line, "model %.*s, version %.*s (number %.*s)", (int)name.len, name.data, (int)version.len,
                 version.data, (int)number.len, number.data);
    }
    line_write(out, line, NULL, &frame->size);
}

static void write_rates(struct buffer *out, const struct frame *frame) {
    static const struct {
        const char *what, *name;
    } rows[] = { { "orders", "obek_orders_total" },
                 { "segment changes", "obek_segment_changes_total" },
                 { "dead letters", "obek_dead_letters_total" } };
    char line[128], a[40], b[40];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(line, sizeof line, "%-16s %12s/s %16s", rows[i].what,
                 number_text(rate(frame, rows[i].name, NULL, (struct slice){ "", 0 }), a, sizeof a),
                 number_text(total(frame, rows[i].name), b, sizeof b));
        line_write(out, line, NULL, &frame->size);
    }
}

/* Only the owner of the control topic knows. */
static void write_time(struct buffer *out, const struct frame *frame) {
    double delay = gauge(frame, "obek_time_reached_delay_seconds");
    char line[160] = "time reached     told by the instance that owns the control topic", at[40], behind[40], due[40];
    if (!isnan(delay)) {
        instant_text(frame->now->wall - (int64_t)(delay * 1000), at);
        snprintf(line, sizeof line, "time reached     %s, %s behind; %s customers due", at,
                 seconds_text(delay, behind, sizeof behind), number_text(gauge(frame, "obek_timers_due"), due, sizeof due));
    }
    line_write(out, line, NULL, &frame->size);
}

/* ---- tables ---- */

/* One row for each text that a label has, in the order of their first samples. */
static void fill_by_label(struct table *table, const struct frame *frame, const char *name, const char *label) {
    char a[40], b[40];
    for (const struct sample *at = NULL; (at = samples_next(&frame->now->samples, name, at)) != NULL;) {
        struct slice text = sample_label(at, label);
        bool first = true;
        for (const struct sample *other = NULL; (other = samples_next(&frame->now->samples, name, other)) != at;)
            first = first && !slice_equal(sample_label(other, label), text);
        double sum = samples_sum(&frame->now->samples, name, label, text);
        if (first && sum > 0)
            table_row(table, "%-*.*s %12s %16s", NAME_COLUMNS, (int)text.len, text.data,
                      number_text(rate(frame, name, label, text), a, sizeof a), number_text(sum, b, sizeof b));
    }
}

struct lag {
    struct slice topic, partition;
    double records, seconds, watermark;
};

static double of_source(const struct samples *samples, const char *name, const struct lag *lag) {
    for (const struct sample *at = NULL; (at = samples_next(samples, name, at)) != NULL;)
        if (slice_equal(sample_label(at, "topic"), lag->topic) && slice_equal(sample_label(at, "partition"), lag->partition))
            return at->value;
    return NAN;
}

/* The furthest behind first. */
static int by_lag(const void *left, const void *right) {
    const struct lag *a = left, *b = right;
    return (a->records < b->records) - (a->records > b->records);
}

static void fill_lags(struct table *table, const struct frame *frame) {
    const struct samples *samples = &frame->now->samples;
    struct lag *lags = xmalloc((samples->n + 1) * sizeof *lags);
    size_t n = 0;
    char name[300], a[40], b[40], c[40];
    for (const struct sample *at = NULL; (at = samples_next(samples, "obek_lag_records", at)) != NULL; n++) {
        lags[n] = (struct lag){ sample_label(at, "topic"), sample_label(at, "partition"), at->value, NAN, NAN };
        lags[n].seconds = of_source(samples, "obek_lag_seconds", &lags[n]);
        lags[n].watermark = of_source(samples, "obek_watermark_delay_seconds", &lags[n]);
    }
    qsort(lags, n, sizeof *lags, by_lag);
    table_heading(table, "%-*s %12s %12s %12s", NAME_COLUMNS, "LAG BY SOURCE", "RECORDS", "OLDEST", "WATERMARK");
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%.*s/%.*s", (int)lags[i].topic.len, lags[i].topic.data, (int)lags[i].partition.len,
                 lags[i].partition.data);
        table_row(table, "%-*s %12s %12s %12s", NAME_COLUMNS, name, number_text(lags[i].records, a, sizeof a),
                  seconds_text(lags[i].seconds, b, sizeof b), seconds_text(lags[i].watermark, c, sizeof c));
    }
    free(lags);
}

static const json_t *find(const json_t *list, const char *key, const char *text) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(item, key));
        if (name != NULL && strcmp(name, text) == 0)
            return item;
    }
    return NULL;
}

static double customers_in(const struct look *look, const char *scheme, const char *segment) {
    const json_t *in = find(json_object_get(look->segments, "schemes"), "scheme", scheme);
    const json_t *found = find(json_object_get(in, "segments"), "segment", segment);
    return found == NULL ? NAN : (double)json_integer_value(json_object_get(found, "customers"));
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static void add_segment(struct table *table, const struct frame *frame, const char *scheme, const json_t *of) {
    const char *segment = text_of(of, "segment");
    double customers = (double)json_integer_value(json_object_get(of, "customers"));
    double since = customers - customers_in(frame->first, scheme, segment);
    char name[160], a[40], b[40], change[48];
    snprintf(name, sizeof name, "%s/%s", scheme, segment);
    snprintf(change, sizeof change, "%s%s", since > 0 ? "+" : "", number_text(since, b, sizeof b));
    table_row(table, "%-*s %12s %11.1f%% %12s", NAME_COLUMNS, name, number_text(customers, a, sizeof a),
              100 * json_number_value(json_object_get(of, "share")), change);
}

static void fill_segments(struct table *table, const struct frame *frame) {
    char since[40];
    const json_t *schemes = json_object_get(frame->now->segments, "schemes");
    instant_text(frame->first->wall, since);
    table_heading(table, "%-*s %12s %12s %12s since %.8s", NAME_COLUMNS, "SEGMENTS", "CUSTOMERS", "SHARE", "CHANGE", since + 11);
    for (size_t i = 0; i < json_array_size(schemes); i++) {
        const json_t *scheme = json_array_get(schemes, i), *segments = json_object_get(scheme, "segments");
        for (size_t k = 0; k < json_array_size(segments); k++)
            add_segment(table, frame, text_of(scheme, "scheme"), json_array_get(segments, k));
    }
}

/* ---- the frame ---- */

static void write_tables(struct buffer *out, const struct frame *frame, size_t lines_above) {
    enum { CAUSES, LAGS, SEGMENTS, DEAD, TABLES };
    struct table tables[TABLES] = { 0 };
    fill_by_label(&tables[CAUSES], frame, "obek_segment_changes_total", "cause");
    table_heading(&tables[CAUSES], "%-*s %12s %16s", NAME_COLUMNS, "CHANGES BY CAUSE", "A SECOND", "SINCE ITS START");
    fill_lags(&tables[LAGS], frame);
    fill_segments(&tables[SEGMENTS], frame);
    fill_by_label(&tables[DEAD], frame, "obek_dead_letters_total", "reason");
    table_heading(&tables[DEAD], "%-*s %12s %16s", NAME_COLUMNS, "DEAD LETTERS BY REASON", "A SECOND", "SINCE ITS START");
    if (frame->size.rows > 0)
        tables_fit(tables, TABLES, frame->size.rows > lines_above ? frame->size.rows - lines_above : 0);
    for (size_t i = 0; i < TABLES; i++) {
        table_write(out, &tables[i], &frame->size);
        table_free(&tables[i]);
    }
}

static size_t lines_in(const struct buffer *out) {
    size_t n = 0;
    for (size_t i = 0; i < out->len; i++)
        n += out->data[i] == '\n';
    return n;
}

/* A terminal that has not even room for what is above the tables. */
static void cut_rows(struct buffer *out, size_t rows) {
    size_t n = 0;
    for (size_t i = 0; rows > 0 && i < out->len; i++) {
        n += out->data[i] == '\n';
        if (n == rows)
            out->len = i + 1;
    }
}

static void write_all(struct buffer *out, const struct frame *frame) {
    char line[600], at[40];
    instant_text(frame->now->wall, at);
    snprintf(line, sizeof line, "obek top  %s  %.10s %.8s UTC", frame->at, at, at + 11);
    line_write(out, line, NULL, &frame->size);
    if (!frame->now->answered) {
        snprintf(line, sizeof line, "NO ANSWER: %s", frame->now->failure.text);
        line_write(out, line, RED, &frame->size);
        return;
    }
    write_health(out, frame);
    write_model(out, frame);
    line_write(out, "", NULL, &frame->size);
    write_rates(out, frame);
    write_time(out, frame);
    write_tables(out, frame, lines_in(out));
}

void top_frame(struct buffer *out, const struct frame *frame) {
    buffer_clear(out);
    write_all(out, frame);
    cut_rows(out, frame->size.rows);
}
