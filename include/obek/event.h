/* Segment-change events: contract "A segment change", as JSON or Avro (schemas/segment-change.avsc), and their headers. */
#ifndef OBEK_EVENT_H
#define OBEK_EVENT_H

#include "obek/arena.h"
#include "obek/buffer.h"
#include "obek/customer.h"
#include "obek/error.h"

/* The order record that caused an event. */
struct event_order {
    struct slice order_id, feed, topic;
    int32_t partition;
    int64_t offset;
};

struct event {
    struct slice event_id, customer_id;
    const struct transition *transition;
    int64_t published_at;
    const char *model_name, *model_version;
    const struct event_order *order; /* NULL unless an order record caused it */
    size_t n_campaigns;
    const char *const *campaigns;
    bool eligible, holdout;
};

/* event_id by the transition's cause (design, section 6): order/<topic>/<partition>/<offset>/<scheme>,
   time/<customer>/<due ms>/<scheme>, model/<n>/<customer>/<scheme>, control/<offset>/<customer>/<scheme>. Appends. */
void event_id_order(struct buffer *out, struct slice topic, int32_t partition, int64_t offset, const struct name *scheme);
void event_id_time(struct buffer *out, struct slice customer, int64_t due_ms, const struct name *scheme);
void event_id_model(struct buffer *out, int64_t number, struct slice customer, const struct name *scheme);
void event_id_control(struct buffer *out, int64_t offset, struct slice customer, const struct name *scheme);

/* Appends the event's value. */
void event_write_json(struct buffer *out, const struct event *event);

struct event_avro; /* writes by the compiled-in schema */
struct event_avro *event_avro_new(struct error *error);
void event_avro_free(struct event_avro *avro);
/* The schema's JSON text, as registered under <topic>-value; static. */
const char *event_avro_schema(void);
/* Appends Confluent framing (0x00, schema id big endian) and the Avro binary. */
bool event_avro_write(struct event_avro *avro, uint32_t schema_id, const struct event *event, struct buffer *out,
                      struct error *error);

/* "ORDER", "CANCELLATION", ... as the contract spells them. */
const char *event_cause_text(enum cause cause);

/* What a value that one of the above wrote tells of: the fields up to `sequence`. The texts are in the value or in the arena. */
struct event_told {
    struct slice event_id, customer_id;
    struct name scheme, from, to; /* from: length 0 on entry; to: length 0 on leaving */
    enum cause cause;
    int64_t occurred_at, published_at; /* ms */
    int64_t sequence;
};
/* False: it is none. Any bytes may come in; texts are valid UTF-8. Avro: obek's own schema, of which a later version may only
   add fields behind these. */
bool event_read(struct event_told *told, struct arena *arena, struct slice value, bool avro);

/* CloudEvents 1.0 binary mode headers. Calls put(context, name, value) for ce_specversion, ce_id, ce_source ("/obek/<group.id>"),
   ce_type ("obek.v1.SegmentChange"), ce_time (occurred_at), content-type ("application/json" or "application/avro"), and for
   traceparent and tracestate when given (length > 0). */
void event_headers(struct slice event_id, int64_t occurred_at, const char *source, bool avro, struct slice traceparent,
                   struct slice tracestate, void (*put)(void *context, const char *name, struct slice value), void *context);

#endif
