/* What the pure parts of an order's way cost, without any server: decode, read the state, step, write the state, write the
   events. Orders are the benches' own, taken in batches as obek run does; prints nanoseconds an order as JSON. A profiler finds
   here what obek's own CPU time is spent on. */
#include "obek/avro_plan.h"
#include "obek/decode.h"
#include "obek/event.h"
#include "obek/model_file.h"
#include "obek/state_record.h"
#include "options.h"
#include "order_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FROM_MS INT64_C(1609459200000) /* 2021-01-01 */
#define TO_MS INT64_C(1735689600000)   /* 2025-01-01 */
#define BATCH 10000
#define SEED 7
#define LEDGER_ORDERS LEDGER_ORDERS_DEFAULT

static const char *orders_text = "1000000", *customers_text = "200000", *schema_path, *model_path;
static const struct bench_option options[] = {
    { "orders", &orders_text },
    { "customers", &customers_text },
    { "schema", &schema_path },
    { "model", &model_path },
};

enum part { PART_DECODE, PART_READ, PART_STEP, PART_WRITE, PART_EVENT, PART_COUNT };
static const char *const part_names[] = { "decode", "read state", "step", "write state", "write events" };

struct parts {
    struct purchase *purchases;
    uint32_t n_orders, n_customers, n_events;
    struct buffer schema;
    struct order_writer *writer;
    struct avro_schema_plan *plan;
    struct currency_table *currencies;
    struct feed *feed;
    struct decoder *decoder;
    struct model *model;
    struct event_avro *events;
    struct buffer *states; /* of all customers */
    struct buffer bytes;   /* of the batch's records */
    struct slice records[BATCH];
    struct order orders[BATCH];
    struct transitions transitions;
    struct buffer state, id, event;
    int64_t watermark;
    int64_t spent_ns[PART_COUNT];
};

static enum schema_state schema_by_id(void *context, uint32_t id, const struct avro_schema_plan **schema, struct error *error) {
    (void)id;
    (void)error;
    *schema = ((struct parts *)context)->plan;
    return SCHEMA_FOUND;
}

static enum schema_state schema_by_fingerprint(void *context, uint64_t fingerprint, const struct avro_schema_plan **schema,
                                               struct error *error) {
    (void)fingerprint;
    return schema_by_id(context, 0, schema, error);
}

static void must(bool ok, const char *what, const struct error *error) {
    if (!ok)
        bench_fail("parts: %s: %s", what, error->text);
}

static void read_file(const char *path, struct buffer *text) {
    FILE *file = fopen(path, "r");
    if (file == NULL)
        bench_fail("parts: cannot open %s", path);
    size_t len;
    while ((len = fread(buffer_reserve(text, 4096), 1, 4096, file)) > 0)
        text->len += len;
    fclose(file);
}

static void parts_init(struct parts *parts) {
    struct error error = { 0 };
    parts->n_orders = (uint32_t)option_number("orders", orders_text);
    parts->n_customers = (uint32_t)option_number("customers", customers_text);
    parts->purchases = purchases_new(SEED, parts->n_orders, parts->n_customers, FROM_MS, TO_MS);
    parts->states = xcalloc(parts->n_customers, sizeof *parts->states);
    parts->watermark = TIME_NONE;
    read_file(schema_path, &parts->schema);
    must((parts->writer = order_writer_new(parts->schema.data, parts->schema.len, &error)) != NULL, schema_path, &error);
    must((parts->plan = avro_schema_plan_new(buffer_slice(&parts->schema), &error)) != NULL, schema_path, &error);
    must((parts->currencies = currency_table_new("TRY", &error)) != NULL, "currency", &error);
    must((parts->model = model_load(model_path, &error)) != NULL, model_path, &error);
    must((parts->events = event_avro_new(&error)) != NULL, "events", &error);
    parts->feed = feed_new("orders", "orders");
    static char offline_name[] = "Offline";
    static char *const offline[] = { offline_name };
    const struct schema_source schemas = { parts, schema_by_id, schema_by_fingerprint };
    parts->decoder = decoder_new(parts->currencies, offline, 1, &schemas);
}

static void parts_free(struct parts *parts) {
    for (uint32_t i = 0; i < parts->n_customers; i++)
        buffer_free(&parts->states[i]);
    transitions_free(&parts->transitions);
    decoder_free(parts->decoder);
    feed_free(parts->feed);
    event_avro_free(parts->events);
    model_free(parts->model);
    currency_table_free(parts->currencies);
    avro_schema_plan_free(parts->plan);
    order_writer_free(parts->writer);
    buffer_free(&parts->schema);
    buffer_free(&parts->bytes);
    buffer_free(&parts->state);
    buffer_free(&parts->id);
    buffer_free(&parts->event);
    free(parts->states);
    free(parts->purchases);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Adds the time since *since to a part; *since becomes now. */
static void spend(struct parts *parts, enum part part, int64_t *since) {
    int64_t now = now_ns();
    parts->spent_ns[part] += now - *since;
    *since = now;
}

static void make_records(struct parts *parts, uint32_t from, uint32_t n) {
    static size_t ends[BATCH];
    buffer_clear(&parts->bytes);
    for (uint32_t i = 0; i < n; i++) {
        struct bench_order order;
        order_of_purchase(SEED, from + i, parts->purchases[from + i], &order);
        order_write_avro(parts->writer, 1, &order, &parts->bytes);
        ends[i] = parts->bytes.len;
    }
    for (uint32_t i = 0; i < n; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];
        parts->records[i] = (struct slice){ parts->bytes.data + start, ends[i] - start };
    }
}

static void decode_records(struct parts *parts, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        struct raw_record record = { .value = parts->records[i], .timestamp = TO_MS };
        struct decode_failure failure;
        if (decode_order(parts->decoder, parts->feed, &record, TO_MS, &parts->orders[i], &failure) != DECODE_OK)
            bench_fail("parts: %s: %s", failure.reason, failure.error.text);
    }
}

static void write_events(struct parts *parts, const struct order *order, uint32_t offset) {
    const struct event_order carrier = { order->order_id, slice_of("orders"), slice_of("orders"), 0, offset };
    struct error error;
    buffer_clear(&parts->event);
    for (size_t i = 0; i < parts->transitions.n; i++) {
        const struct transition *transition = &parts->transitions.items[i];
        buffer_clear(&parts->id);
        event_id_order(&parts->id, slice_of("orders"), 0, offset, &transition->scheme);
        struct event event = { .event_id = buffer_slice(&parts->id),
                               .customer_id = order->customer_id,
                               .transition = transition,
                               .published_at = TO_MS,
                               .model_name = parts->model->name,
                               .model_version = parts->model->version,
                               .order = transition->cause == CAUSE_ORDER ? &carrier : NULL,
                               .eligible = true };
        must(event_avro_write(parts->events, 1, &event, &parts->event, &error), "event", &error);
    }
    parts->n_events += (uint32_t)parts->transitions.n;
}

/* An order at a time: unlike obek run, which reads and writes a customer's state once for all of their orders in a call. */
static void step_order(struct parts *parts, uint32_t number, const struct order *order, int64_t *since) {
    static struct customer customer;
    struct buffer *state = &parts->states[parts->purchases[number].customer];
    struct error error;
    customer_init(&customer, LEDGER_ORDERS);
    if (state->len > 0)
        must(state_record_read(&customer, buffer_slice(state), LEDGER_ORDERS, &error) == STATE_OK, "state", &error);
    spend(parts, PART_READ, since);
    transitions_clear(&parts->transitions);
    if (customer_step(&customer, parts->model, order, parts->watermark, &parts->transitions) != LEDGER_APPLIED)
        bench_fail("parts: an order was not applied");
    parts->watermark = order->occurred_at;
    spend(parts, PART_STEP, since);
    buffer_clear(&parts->state);
    state_record_write(&parts->state, &customer);
    buffer_clear(state);
    buffer_append_slice(state, buffer_slice(&parts->state)); /* the writer asks for more room than it needs */
    spend(parts, PART_WRITE, since);
    write_events(parts, order, number);
    spend(parts, PART_EVENT, since);
}

static void run(struct parts *parts) {
    for (uint32_t from = 0; from < parts->n_orders; from += BATCH) {
        uint32_t n = parts->n_orders - from < BATCH ? parts->n_orders - from : BATCH;
        make_records(parts, from, n);
        int64_t since = now_ns();
        decode_records(parts, n);
        spend(parts, PART_DECODE, &since);
        for (uint32_t i = 0; i < n; i++)
            step_order(parts, from + i, &parts->orders[i], &since);
        decoder_reset(parts->decoder);
    }
}

int main(int argc, char **argv) {
    static struct parts parts;
    options_read(argc, argv, options, sizeof options / sizeof *options);
    parts_init(&parts);
    run(&parts);
    size_t state_bytes = 0;
    for (uint32_t i = 0; i < parts.n_customers; i++)
        state_bytes += parts.states[i].len;
    printf("{");
    for (int part = 0; part < PART_COUNT; part++)
        printf("\"%s\": %.1f, ", part_names[part], (double)parts.spent_ns[part] / parts.n_orders);
    printf("\"events an order\": %.3f, \"state bytes\": %.1f}\n", (double)parts.n_events / parts.n_orders,
           (double)state_bytes / parts.n_customers);
    parts_free(&parts);
    return 0;
}
