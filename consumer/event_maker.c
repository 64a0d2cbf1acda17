#include "event_maker.h"
#include "outgoing.h"

#include <inttypes.h>
#include <stdlib.h>

bool event_maker_init(struct event_maker *maker, const struct config *config, struct error *error) {
    *maker = (struct event_maker){ 0 };
    maker->as_avro = config->campaign_format == CAMPAIGN_CONFLUENT_AVRO ||
                     (config->campaign_format == CAMPAIGN_DEFAULT && config->schema_registry_url[0] != '\0');
    struct buffer source = { 0 };
    buffer_printf(&source, "/obek/%s", config->group_id);
    maker->source = xstrndup(source.data, source.len);
    buffer_free(&source);
    if (maker->as_avro)
        maker->avro = event_avro_new(error);
    return !maker->as_avro || maker->avro != NULL;
}

void event_maker_free(struct event_maker *maker) {
    if (maker->avro != NULL)
        event_avro_free(maker->avro);
    free(maker->source);
    buffer_free(&maker->id);
    buffer_free(&maker->value);
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
    else
        event_id_order(&maker->id, slice_of(record->source->topic), record->source->partition, record->offset,
                       &transition->scheme);
}

static struct slice header_of(const struct batch_record *record, const char *name) {
    rd_kafka_headers_t *headers;
    const void *value;
    size_t len;
    if (rd_kafka_message_headers(record->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &len) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return (struct slice){ "", 0 };
    return (struct slice){ value, len };
}

static void put_header(void *context, const char *name, struct slice value) {
    struct buffer *packed = context;
    outgoing_text(packed, slice_of(name));
    outgoing_text(packed, value);
}

static bool write_value(struct event_maker *maker, const struct event *event, struct error *error) {
    buffer_clear(&maker->value);
    if (maker->as_avro)
        return event_avro_write(maker->avro, maker->schema_id, event, &maker->value, error);
    event_write_json(&maker->value, event);
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

static struct slice outbox_field(struct arena *arena, const struct batch_record *record) {
    return arena_printf(arena, "%s/%" PRId64 "/%" PRIu32, record->source->name, record->offset, record->n_outgoing);
}

static bool add_one(struct event_maker *maker, struct arena *arena, struct batch_record *record, const struct model *model,
                    const struct transition *transition, int64_t published_at, struct error *error) {
    const struct order *order = &record->order;
    bool by_order = transition->cause <= CAUSE_RETURN;
    struct event_order carrier = { .order_id = order->order_id,
                                   .feed = slice_of(record->source->feed->name),
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
    if (!write_value(maker, &event, error))
        return false;
    struct slice none = { "", 0 };
    buffer_clear(&maker->packed);
    outgoing_begin(&maker->packed, OUTGOING_EVENT);
    outgoing_text(&maker->packed, order->customer_id);
    outgoing_text(&maker->packed, buffer_slice(&maker->value));
    event_headers(&event, maker->source, maker->as_avro, by_order ? header_of(record, "traceparent") : none,
                  by_order ? header_of(record, "tracestate") : none, put_header, &maker->packed);
    record->outgoing[record->n_outgoing] =
        (struct outgoing){ .field = outbox_field(arena, record), .packed = arena_copy(arena, buffer_slice(&maker->packed)) };
    record->n_outgoing++;
    return true;
}

bool event_maker_add(struct event_maker *maker, struct arena *arena, struct batch_record *record, const struct model *model,
                     const struct transitions *transitions, size_t from, int64_t published_at, struct error *error) {
    if (from == transitions->n)
        return true;
    grow(arena, record, transitions->n - from);
    for (size_t i = from; i < transitions->n; i++)
        if (!add_one(maker, arena, record, model, &transitions->items[i], published_at, error))
            return error_context(error, "event");
    return true;
}

void event_maker_dead(struct event_maker *maker, struct arena *arena, struct batch_record *record) {
    buffer_clear(&maker->packed);
    outgoing_begin(&maker->packed, OUTGOING_DEAD);
    outgoing_text(&maker->packed, slice_of(record->reason));
    outgoing_text(&maker->packed, record->message_text);
    outgoing_text(&maker->packed, slice_of("stage"));
    outgoing_text(&maker->packed, slice_of(record->refused ? STAGE_STEP : STAGE_DECODE));
    record->n_outgoing = 0;
    record->outgoing = arena_alloc(arena, sizeof *record->outgoing);
    record->outgoing[0] =
        (struct outgoing){ .field = outbox_field(arena, record), .packed = arena_copy(arena, buffer_slice(&maker->packed)) };
    record->n_outgoing = 1;
}
