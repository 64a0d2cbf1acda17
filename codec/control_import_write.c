/* Writes imports and erasures, as codec/control_import.c reads them. */
#include "control_parts.h"
#include "obek/instant.h"

#include <inttypes.h>
#include <stdlib.h>

static bool put_text(struct buffer *out, struct slice text, struct error *error) {
    json_t *string = json_stringn(text.data, text.len);
    if (string == NULL)
        return error_set(error, "a customer id that is not UTF-8");
    char *quoted = json_dumps(string, JSON_ENCODE_ANY);
    buffer_append_text(out, quoted);
    free(quoted);
    json_decref(string);
    return true;
}

static void put_side(struct buffer *out, const char *name, const struct ledger_side *side) {
    if (side->orders > 0)
        buffer_printf(out, ",\"%s\":{\"orders\":%" PRId64 ",\"value\":%" PRId64 ",\"first\":%" PRId64 ",\"last\":%" PRId64 "}",
                      name, side->orders, side->value, side->first_at, side->last_at);
}

static void put_base(struct buffer *out, const struct ledger_base *base) {
    buffer_printf(out, ",\"base\":{\"fallen\":%" PRId64, base->fallen);
    put_side(out, "online", &base->online);
    put_side(out, "offline", &base->offline);
    for (int i = 0; i < base->n_categories; i++)
        buffer_printf(out, "%s\"%" PRIu32 "\":%" PRId64, i == 0 ? ",\"categories\":{" : ",", base->categories[i].code,
                      base->categories[i].last_at);
    buffer_append_text(out, base->n_categories > 0 ? "}}" : "}");
}

static void put_order(struct buffer *out, const struct ledger_entry *entry) {
    buffer_printf(out, "{\"order\":\"%016" PRIx64 "\",\"at\":%" PRId64 ",\"amount\":%" PRId64, entry->id_hash, entry->time,
                  entry->amount);
    if (entry->offline)
        buffer_append_text(out, ",\"offline\":true");
    if (entry->voided)
        buffer_append_text(out, ",\"voided\":true");
    if (entry->whole)
        buffer_append_text(out, ",\"whole\":true");
    if (entry->n_returns > 0)
        buffer_printf(out, ",\"returned\":%" PRId64, entry->returned);
    for (int i = 0; i < entry->n_returns; i++)
        buffer_printf(out, "%s\"%016" PRIx64 "\"", i == 0 ? ",\"returns\":[" : ",", entry->returns[i]);
    buffer_append_text(out, entry->n_returns > 0 ? "]" : "");
    for (int i = 0; i < entry->n_categories; i++)
        buffer_printf(out, "%s%" PRIu32, i == 0 ? ",\"categories\":[" : ",", entry->categories[i]);
    buffer_append_text(out, entry->n_categories > 0 ? "]}" : "}");
}

static void put_came_to(struct buffer *out, const struct import_history *history) {
    for (int i = 0; i < history->n_came_to; i++)
        buffer_printf(out, "%s\"%s\":\"%s\"", i == 0 ? ",\"segments\":{" : ",", history->came_to[i].scheme.text,
                      history->came_to[i].segment.text);
    buffer_append_text(out, history->n_came_to > 0 ? "}" : "");
}

bool control_record_write_customer(struct buffer *out, struct slice id, const struct import_history *history,
                                   struct error *error) {
    const struct ledger *ledger = history->ledger;
    size_t before = out->len;
    buffer_append_text(out, "{\"customer\":");
    if (!put_text(out, id, error)) {
        out->len = before;
        return false;
    }
    if (ledger->base.fallen > 0)
        put_base(out, &ledger->base);
    for (int i = 0; i < ledger->n_orders; i++) {
        buffer_append_text(out, i == 0 ? ",\"orders\":[" : ",");
        put_order(out, &ledger->orders[i]);
    }
    buffer_append_text(out, ledger->n_orders > 0 ? "]" : "");
    put_came_to(out, history);
    buffer_append_text(out, "}");
    return true;
}

void control_record_write_import(struct buffer *out, const struct import_terms *terms, struct slice customers) {
    char text[40];
    instant_text(terms->until, text);
    buffer_printf(out, "{\"type\":\"import\",\"imported_until\":\"%s\"", text);
    if (terms->time != TIME_NONE) {
        instant_text(terms->time, text);
        buffer_printf(out, ",\"time\":\"%s\"", text);
    }
    buffer_printf(out, ",\"publish\":%s,\"customers\":[", terms->publish ? "true" : "false");
    buffer_append_slice(out, customers);
    buffer_append_text(out, "]}");
}

bool control_record_write_erase(struct buffer *out, struct slice customer, int64_t at, struct error *error) {
    char text[40];
    instant_text(at, text);
    size_t before = out->len;
    buffer_append_text(out, "{\"type\":\"erase\",\"customer\":");
    if (!put_text(out, customer, error)) {
        out->len = before;
        return false;
    }
    buffer_printf(out, ",\"at\":\"%s\"}", text);
    return true;
}
