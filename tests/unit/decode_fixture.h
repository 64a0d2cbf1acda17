/* A decoder with a currency table, and a way to say in one line what a record became. */
#ifndef OBEK_TESTS_DECODE_FIXTURE_H
#define OBEK_TESTS_DECODE_FIXTURE_H

#include "obek/buffer.h"
#include "obek/decode.h"
#include "obek/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIXTURE_NOW INT64_C(1622548800000) /* 2021-06-01T12:00:00Z: Kafka timestamp and wall clock */

struct fixture {
    struct currency_table *currencies;
    struct decoder *decoder;
    struct feed *feed;
    struct order order;
    struct decode_failure failure;
    char text[1024];
    char *bytes; /* of the last record: the order points into it */
};

static inline void fixture_open(struct fixture *fixture, const struct schema_source *schemas) {
    static char *const offline[] = { (char *)"Offline", (char *)"Store" };
    struct error error;
    fixture->currencies = currency_table_new("TRY", &error);
    assert_true(currency_table_add(fixture->currencies, "EUR", "34.125", &error));
    assert_true(currency_table_add(fixture->currencies, "JPY", "0.225", &error));
    assert_true(currency_table_add(fixture->currencies, "KWD", "111.3", &error));
    fixture->decoder = decoder_new(fixture->currencies, offline, 2, schemas);
    fixture->feed = feed_new("web", "orders-web");
}

static inline void fixture_close(struct fixture *fixture) {
    decoder_free(fixture->decoder);
    feed_free(fixture->feed);
    currency_table_free(fixture->currencies);
    free(fixture->bytes);
    fixture->bytes = NULL;
}

static inline void fixture_map(struct fixture *fixture, const char *field, const char *path) {
    enum feed_field f = feed_field_from_name(slice_of(field));
    struct error error = { "" };
    assert_int_not_equal(f, FIELD_COUNT);
    field_path_free(&fixture->feed->paths[f]);
    if (!field_path_parse(&fixture->feed->paths[f], path, &error))
        fail_msg("%s", error.text);
    fixture->feed->mapped[f] = true;
}

static inline void fixture_kind(struct fixture *fixture, const char *text, enum order_kind kind) {
    struct feed *feed = fixture->feed;
    feed->kinds = xrealloc(feed->kinds, (feed->n_kinds + 1) * sizeof *feed->kinds);
    feed->kinds[feed->n_kinds++] = (struct kind_mapping){ xstrdup(text), kind };
}

static inline void append_escaped(struct buffer *out, struct slice text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c > ' ' && c != '\\' && c < 127)
            buffer_append(out, &text.data[i], 1);
        else
            buffer_printf(out, "\\x%02x", c);
    }
}

/* "ORDER c1 o1 2021-06-01T12:00:00.000Z 1234 online", then "whole", "return=hash", "categories=n" where there is any */
static inline void fixture_print_order(struct fixture *fixture) {
    static const char *const kinds[] = { "ORDER", "CANCELLATION", "RETURN" };
    const struct order *order = &fixture->order;
    struct buffer line = { 0 };
    char time[32];
    instant_text(order->occurred_at, time);
    buffer_printf(&line, "%s ", kinds[order->kind]);
    append_escaped(&line, order->customer_id);
    buffer_append_text(&line, " ");
    append_escaped(&line, order->order_id);
    buffer_printf(&line, " %s %lld %s", time, (long long)order->amount, order->offline ? "offline" : "online");
    if (order->whole)
        buffer_append_text(&line, " whole");
    if (order->return_hash != 0)
        buffer_printf(&line, " return=%016llx", (unsigned long long)order->return_hash);
    if (order->n_categories > 0)
        buffer_printf(&line, " categories=");
    for (int i = 0; i < order->n_categories; i++)
        buffer_printf(&line, "%s%08x", i > 0 ? "," : "", (unsigned)order->categories[i]);
    assert_int_equal(order->order_hash, order_hash(order->order_id));
    assert_true(line.len < sizeof fixture->text);
    memcpy(fixture->text, line.data, line.len);
    fixture->text[line.len] = '\0';
    buffer_free(&line);
}

/* the order in one line, or "reason: error text"; "wait: ..." */
static inline const char *fixture_decode(struct fixture *fixture, const struct raw_record *record, int64_t wall_now) {
    /* in memory of its exact size, so that a read past the end is seen */
    struct raw_record copy = *record;
    free(fixture->bytes);
    fixture->bytes = record->value.data == NULL ? NULL : xmalloc(record->value.len);
    if (record->value.len > 0)
        memcpy(fixture->bytes, record->value.data, record->value.len);
    copy.value.data = fixture->bytes;
    fixture->failure = (struct decode_failure){ 0 };
    enum decode_status status =
        decode_order(fixture->decoder, fixture->feed, &copy, wall_now, &fixture->order, &fixture->failure);
    if (status == DECODE_OK)
        fixture_print_order(fixture);
    else
        snprintf(fixture->text, sizeof fixture->text, "%s: %s", status == DECODE_WAIT ? "wait" : fixture->failure.reason,
                 fixture->failure.error.text);
    return fixture->text;
}

static inline const char *fixture_json(struct fixture *fixture, const char *text) {
    const struct raw_record record = { .value = slice_of(text), .timestamp = FIXTURE_NOW };
    return fixture_decode(fixture, &record, FIXTURE_NOW);
}

#endif
