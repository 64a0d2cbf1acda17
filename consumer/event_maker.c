#include "event_maker.h"
#include "counting.h"
#include "obek/digits.h"
#include "outgoing.h"

#include <stdlib.h>

bool event_maker_init(struct event_maker *maker, const struct config *config, struct error *error) {
    *maker = (struct event_maker){ 0 };
    maker->as_avro = config->campaign_format == CAMPAIGN_CONFLUENT_AVRO ||
                     (config->campaign_format == CAMPAIGN_DEFAULT && config->schema_registry_url[0] != '\0');
    maker->campaigns = event_campaigns_new(config->campaign_catalogue, error);
    if (maker->campaigns != NULL && maker->as_avro)
        maker->avro = event_avro_new(error);
    return maker->campaigns != NULL && (!maker->as_avro || maker->avro != NULL);
}

void event_maker_free(struct event_maker *maker) {
    if (maker->avro != NULL)
        event_avro_free(maker->avro);
    event_campaigns_free(maker->campaigns);
    buffer_free(&maker->id);
    buffer_free(&maker->packed);
    *maker = (struct event_maker){ 0 };
}

static void make_id(struct event_maker *maker, const struct batch_record *record, const struct model *model,
                    const struct transition *transition) {
    buffer_clear(&maker->id);
    if (transition->cause == CAUSE_TIME)
        event_id_time(&maker->id, record->order.customer_id, transition->occurred_at, &transition->scheme);
    else if (transition->cause == CAUSE_MODEL)
        event_id_model(&maker->id, model->number, record->order.customer_id, &transition->scheme);
    else if (transition->cause > CAUSE_MODEL)
        event_id_control(&maker->id, record->offset, record->order.customer_id, &transition->scheme);
    else
        event_id_order(&maker->id, slice_of(record->source->topic), record->source->partition, record->offset,
                       &transition->scheme);
}

/* The trace that an order record belongs to. */
struct trace {
    struct slice parent, state; /* length 0: none */
};

static struct slice header_of(const rd_kafka_headers_t *headers, const char *name) {
    const void *value;
    size_t len;
    if (rd_kafka_header_get_last(headers, name, &value, &len) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return (struct slice){ "", 0 };
    return (struct slice){ value, len };
}

static struct trace trace_of(const struct batch_record *record) {
    rd_kafka_headers_t *headers;
    if (record->reached || rd_kafka_message_headers(record->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return (struct trace){ { "", 0 }, { "", 0 } };
    return (struct trace){ header_of(headers, "traceparent"), header_of(headers, "tracestate") };
}

static bool append_value(struct event_maker *maker, const struct event *event, struct error *error) {
    if (maker->as_avro)
        return event_avro_write(maker->avro, maker->schema_id, event, &maker->packed, error);
    event_write_json(&maker->packed, event);
    return true;
}

static bool pack(struct event_maker *maker, const struct event *event, const struct trace *trace, struct error *error) {
    struct buffer *packed = &maker->packed;
    buffer_clear(packed);
    outgoing_begin(packed, maker->as_avro ? OUTGOING_AVRO_EVENT : OUTGOING_JSON_EVENT);
    outgoing_text(packed, event->customer_id);
    outgoing_text(packed, event->event_id);
    outgoing_text(packed, event->order != NULL ? trace->parent : (struct slice){ "", 0 });
    outgoing_text(packed, event->order != NULL ? trace->state : (struct slice){ "", 0 });
    outgoing_instant(packed, event->transition->occurred_at);
    size_t value = outgoing_open(packed);
    if (!append_value(maker, event, error))
        return false;
    outgoing_close(packed, value);
    return true;
}

/* The record's outgoing, with room for `more`. */
static struct outgoing *grow(struct arena *arena, struct batch_record *record, size_t more) {
    struct outgoing *outgoing = arena_alloc(arena, (record->n_outgoing + more) * sizeof *outgoing);
    if (record->n_outgoing > 0)
        memcpy(outgoing, record->outgoing, record->n_outgoing * sizeof *outgoing);
    record->outgoing = outgoing;
    return outgoing;
}

/* "<source>/<offset>/<n>" */
static struct slice outbox_field(struct arena *arena, const struct batch_record *record, uint32_t number) {
    size_t name = strlen(record->source->name);
    char *field = arena_alloc(arena, name + 2 * (1 + DIGITS_MAX)), *at = field + name;
    memcpy(field, record->source->name, name);
    *at++ = '/';
    at += digits_write(at, record->offset);
    *at++ = '/';
    at += digits_write(at, number);
    return (struct slice){ field, (size_t)(at - field) };
}

static void keep_packed(struct event_maker *maker, struct arena *arena, struct batch_record *record, struct series *series) {
    /* customers reached by one control record share its offset: their events are told apart by a count of their own */
    uint32_t number = record->reached ? maker->n_by_time++ : record->n_outgoing;
    record->outgoing[record->n_outgoing++] = (struct outgoing){ .bucket = record->bucket,
                                                                .number = number,
                                                                .field = outbox_field(arena, record, number),
                                                                .packed = arena_copy(arena, buffer_slice(&maker->packed)),
                                                                .series = series };
}

static bool add_one(struct event_maker *maker, struct arena *arena, struct batch_record *record, const struct model *model,
                    const struct transition *transition, const struct trace *trace, int64_t published_at, struct error *error) {
    const struct order *order = &record->order;
    bool by_order = transition->cause <= CAUSE_RETURN;
    struct event_order carrier = { .order_id = order->order_id,
                                   .feed = slice_of(by_order ? record->source->feed->name : ""),
                                   .topic = slice_of(record->source->topic),
                                   .partition = record->source->partition,
                                   .offset = record->offset };
    make_id(maker, record, model, transition);
    struct event event = { .event_id = buffer_slice(&maker->id),
                           .customer_id = order->customer_id,
                           .transition = transition,
                           .published_at = published_at,
                           .model_name = model->name,
                           .model_version = model->version,
                           .order = by_order ? &carrier : NULL,
                           .eligible = true };
    event.campaigns = event_campaigns_of(maker->campaigns, &transition->scheme, &transition->to, &event.n_campaigns);
    if (!pack(maker, &event, trace, error))
        return false;
    keep_packed(maker, arena, record, series_of_change(&transition->scheme, &transition->to, transition->cause));
    return true;
}

bool event_maker_add(struct event_maker *maker, struct arena *arena, struct batch_record *record, const struct model *model,
                     const struct transitions *transitions, size_t from, int64_t published_at, struct error *error) {
    if (from == transitions->n)
        return true;
    grow(arena, record, transitions->n - from);
    struct trace trace = trace_of(record);
    for (size_t i = from; i < transitions->n; i++)
        if (!add_one(maker, arena, record, model, &transitions->items[i], &trace, published_at, error))
            return error_context(error, "event");
    return true;
}

void event_maker_dead(struct event_maker *maker, struct arena *arena, struct batch_record *record) {
    buffer_clear(&maker->packed);
    outgoing_begin(&maker->packed, OUTGOING_DEAD);
    outgoing_text(&maker->packed, slice_of(record->reason));
    outgoing_text(&maker->packed, record->message_text);
    outgoing_text(&maker->packed, slice_of(record->refused ? STAGE_STEP : STAGE_DECODE));
    record->n_outgoing = 0;
    record->outgoing = arena_alloc(arena, sizeof *record->outgoing);
    keep_packed(maker, arena, record, series_of_dead(slice_of(record->reason)));
}
