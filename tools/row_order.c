#include "row_order.h"
#include "../codec/order_fields.h"
#include "obek/clock.h"
#include "obek/fields.h"

#include <stdlib.h>

void row_orders_init(struct row_orders *rows, const struct config *config, const struct currency_table *currencies) {
    *rows = (struct row_orders){ .config = config, .currencies = currencies, .feed = feed_new("orders", "orders") };
}

void row_orders_free(struct row_orders *rows) {
    feed_free(rows->feed);
    arena_free(&rows->arena);
}

static void put_fields(const struct order_row *row, struct order_fields *fields) {
    for (int field = 0; field < FIELD_COUNT; field++) {
        const char *text = order_row_text(row, (enum feed_field)field);
        if (text == NULL || field == FIELD_CATEGORIES)
            continue;
        struct field_value value = { .type = VALUE_TEXT, .offset = NO_OFFSET, .text = slice_of(text) };
        if (field == FIELD_OCCURRED_AT)
            value = (struct field_value){ .type = VALUE_INSTANT, .offset = NO_OFFSET, .integer = row->occurred_at };
        order_fields_put(fields, (enum feed_field)field, &value);
    }
    const char *categories = order_row_text(row, FIELD_CATEGORIES);
    struct field_value category = { .type = VALUE_TEXT, .offset = NO_OFFSET };
    while (categories != NULL && list_item(&categories, &category.text))
        order_fields_put(fields, FIELD_CATEGORIES, &category);
}

bool row_order(struct row_orders *rows, const struct order_row *row, struct order *order, struct error *error) {
    static const char *const channels[] = { "Offline", "Store" }; /* the default of channels.offline */
    const struct config *config = rows->config;
    const struct raw_record record = { .timestamp = -1 };
    arena_reset(&rows->arena);
    const struct order_context context = {
        .currencies = rows->currencies,
        .offline_channels = config != NULL ? config->channels_offline : (char *const *)(uintptr_t)channels,
        .n_offline_channels = config != NULL ? config->n_channels_offline : sizeof channels / sizeof *channels,
        .feed = rows->feed,
        .record = &record,
        .wall_now = wall_ms(),
        .arena = &rows->arena,
    };
    struct order_fields fields;
    struct decode_failure failure;
    order_fields_init(&fields, rows->feed);
    put_fields(row, &fields);
    return order_from_fields(order, &fields, &context, &failure) || error_set(error, "%.400s", failure.error.text);
}

static int by_customer(const void *left, const void *right) {
    const struct order_row *a = left, *b = right;
    int order = strcmp(order_row_text(a, FIELD_CUSTOMER_ID), order_row_text(b, FIELD_CUSTOMER_ID));
    if (order != 0)
        return order;
    if (a->occurred_at != b->occurred_at)
        return a->occurred_at < b->occurred_at ? -1 : 1;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

void rows_by_customer(struct csv_orders *orders) {
    if (orders->n > 1)
        qsort(orders->rows, orders->n, sizeof *orders->rows, by_customer);
}
