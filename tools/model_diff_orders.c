/* `obek model diff` on the orders of a CSV file: customers as obek run would have made them. */
#include "../codec/order_fields.h"
#include "model_diff.h"
#include "obek/buffer.h"
#include "obek/clock.h"
#include "obek/fields.h"

#include <inttypes.h>
#include <stdlib.h>

struct offline {
    struct matrices *matrices;
    const struct config *config; /* NULL: the defaults */
    int64_t as_of;
    struct currency_table *own_currencies; /* without a configuration */
    const struct currency_table *currencies;
    struct feed *feed;
    struct arena arena;
    struct customer *before, *after;
    struct transitions unused;
};

static const char *text_of(const struct order_row *row, enum feed_field field) {
    const char *text = order_row_text(row, field);
    return text == NULL ? "" : text;
}

/* A customer's rows beside each other, in the order of csv_orders_sort. */
static int by_customer(const void *left, const void *right) {
    const struct order_row *a = left, *b = right;
    int order = strcmp(text_of(a, FIELD_CUSTOMER_ID), text_of(b, FIELD_CUSTOMER_ID));
    if (order != 0)
        return order;
    if (a->occurred_at != b->occurred_at)
        return a->occurred_at < b->occurred_at ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
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

/* By the same rules as a record of a feed. */
static bool order_of(struct offline *offline, const struct order_row *row, struct order *order, struct error *error) {
    static const char *const channels[] = { "Offline", "Store" }; /* the default of channels.offline */
    const struct config *config = offline->config;
    const struct raw_record record = { .timestamp = -1 };
    const struct order_context context = {
        .currencies = offline->currencies,
        .offline_channels = config != NULL ? config->channels_offline : (char *const *)(uintptr_t)channels,
        .n_offline_channels = config != NULL ? config->n_channels_offline : sizeof channels / sizeof *channels,
        .feed = offline->feed,
        .record = &record,
        .wall_now = wall_ms(),
        .arena = &offline->arena,
    };
    struct order_fields fields;
    struct decode_failure failure;
    order_fields_init(&fields, offline->feed);
    put_fields(row, &fields);
    return order_from_fields(order, &fields, &context, &failure) || error_set(error, "%.400s", failure.error.text);
}

static void begin_customer(struct offline *offline) {
    int64_t capacity = offline->config != NULL ? offline->config->ledger_orders : LEDGER_ORDERS_DEFAULT;
    customer_init(offline->before, (uint16_t)capacity);
}

static void end_customer(struct offline *offline) {
    customer_live_until(offline->before, offline->matrices->from, offline->as_of, &offline->unused);
    *offline->after = *offline->before;
    customer_reevaluate(offline->after, offline->matrices->to, &offline->unused);
    transitions_clear(&offline->unused);
    matrices_add(offline->matrices, offline->before, offline->after);
}

static bool step(struct offline *offline, const struct order_row *row, struct error *error) {
    struct order order;
    if (!order_of(offline, row, &order, error))
        return false;
    enum ledger_verdict verdict = customer_step(offline->before, offline->matrices->from, &order, TIME_NONE, &offline->unused);
    if (verdict != LEDGER_APPLIED && verdict != LEDGER_DUPLICATE)
        return error_set(error, "%s", ledger_verdict_text(verdict));
    arena_reset(&offline->arena);
    return true;
}

static bool live(struct offline *offline, struct csv_orders *orders, struct error *error) {
    const char *customer = NULL;
    int64_t later = 0;
    if (orders->n > 1)
        qsort(orders->rows, orders->n, sizeof *orders->rows, by_customer);
    for (size_t i = 0; i < orders->n; i++) {
        const struct order_row *row = &orders->rows[i];
        if (row->occurred_at > offline->as_of) {
            later++;
            continue;
        }
        if (customer == NULL || strcmp(customer, text_of(row, FIELD_CUSTOMER_ID)) != 0) {
            if (customer != NULL)
                end_customer(offline);
            begin_customer(offline);
            customer = text_of(row, FIELD_CUSTOMER_ID);
        }
        if (!step(offline, row, error))
            return error_context(error, "%s:%u", orders->files[row->file], row->line);
    }
    if (customer != NULL)
        end_customer(offline);
    if (later > 0)
        fprintf(stderr, "%" PRId64 " orders are later than --as-of and are left out\n", later);
    return true;
}

static bool select_rows(struct csv_selection *selection, const struct model_arguments *arguments, struct error *error) {
    for (size_t i = 0; i < arguments->maps.n; i++)
        if (!csv_selection_map(selection, arguments->maps.items[i], error))
            return false;
    for (size_t i = 0; i < arguments->wheres.n; i++)
        if (!csv_selection_where(selection, arguments->wheres.items[i], error))
            return false;
    return true;
}

static bool open_offline(struct offline *offline, struct error *error) {
    if (offline->config == NULL)
        offline->own_currencies = currency_table_new(offline->matrices->from->currency, error);
    offline->currencies = offline->config != NULL ? offline->config->currencies : offline->own_currencies;
    offline->feed = feed_new("orders", "orders");
    offline->before = xcalloc(1, sizeof *offline->before);
    offline->after = xcalloc(1, sizeof *offline->after);
    return offline->currencies != NULL;
}

static void close_offline(struct offline *offline) {
    currency_table_free(offline->own_currencies);
    feed_free(offline->feed);
    free(offline->before);
    free(offline->after);
    transitions_free(&offline->unused);
    arena_free(&offline->arena);
}

bool model_diff_orders(struct matrices *matrices, const struct model_arguments *arguments, const struct config *config,
                       int64_t as_of, struct error *error) {
    struct offline offline = { .matrices = matrices, .config = config, .as_of = as_of };
    struct csv_selection selection;
    struct csv_orders orders = { 0 };
    csv_selection_init(&selection);
    bool ok = open_offline(&offline, error) && select_rows(&selection, arguments, error) &&
              csv_orders_read(&orders, arguments->orders, &selection, offline.currencies, wall_ms(), error) &&
              live(&offline, &orders, error);
    csv_orders_free(&orders);
    csv_selection_free(&selection);
    close_offline(&offline);
    return ok;
}
