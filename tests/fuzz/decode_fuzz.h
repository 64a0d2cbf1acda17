/* What the fuzz targets of decoding share: a decoder, and a check of what an order promises. */
#ifndef OBEK_TESTS_DECODE_FUZZ_H
#define OBEK_TESTS_DECODE_FUZZ_H

#include "obek/buffer.h"
#include "obek/decode.h"
#include "obek/instant.h"
#include "obek/utf8.h"

#include <stdlib.h>

#define FUZZ_NOW INT64_C(1622548800000)

static inline struct decoder *fuzz_decoder(const struct schema_source *schemas) {
    static char *const offline[] = { (char *)"Store" };
    struct error error;
    struct currency_table *currencies = currency_table_new("TRY", &error);
    currency_table_add(currencies, "EUR", "34.125", &error);
    currency_table_add(currencies, "JPY", "0.225", &error);
    return decoder_new(currencies, offline, 1, schemas);
}

static inline struct feed *fuzz_mapped_feed(void) {
    static const struct {
        enum feed_field field;
        const char *path;
    } paths[] = { { FIELD_CUSTOMER_ID, "buyer.id" },
                  { FIELD_AMOUNT, "sums[1]" },
                  { FIELD_CATEGORIES, "lines[].category" },
                  { FIELD_ORDER_ID, "lines[0].no" },
                  { FIELD_KIND, "attributes.kind" } };
    struct feed *feed = feed_new("mapped", "mapped");
    struct error error;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        field_path_free(&feed->paths[paths[i].field]);
        if (!field_path_parse(&feed->paths[paths[i].field], paths[i].path, &error))
            abort();
        feed->mapped[paths[i].field] = true;
    }
    return feed;
}

static inline void fuzz_check_id(struct slice id) {
    if (id.len == 0 || id.len > ORDER_ID_LENGTH_MAX || !utf8_valid(id))
        abort();
}

static inline void fuzz_decode(struct decoder *decoder, const struct feed *feed, struct slice value) {
    const struct raw_record record = { .value = value, .timestamp = FUZZ_NOW };
    struct order order;
    struct decode_failure failure = { 0 };
    enum decode_status status = decode_order(decoder, feed, &record, FUZZ_NOW, &order, &failure);
    if (status == DECODE_BAD && (failure.reason == NULL || failure.error.text[0] == '\0'))
        abort();
    if (status == DECODE_OK) {
        fuzz_check_id(order.customer_id);
        fuzz_check_id(order.order_id);
        if (order.amount < 0 || order.amount > ORDER_AMOUNT_MAX || !instant_in_range(order.occurred_at) ||
            order.n_categories > ORDER_CATEGORIES_MAX)
            abort();
    } else if (order.customer_id.len > 0) {
        fuzz_check_id(order.customer_id);
    }
    decoder_reset(decoder);
}

#endif
