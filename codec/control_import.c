/* Reads imports and erasures among the control records (schemas/control.schema.json). */
#include "control_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define COUNT_MAX (INT64_MAX / 4) /* what the state record takes */

static bool get_number(int64_t *number, const json_t *value, int64_t most, const char *name, struct error *error) {
    *number = 0;
    if (value == NULL)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > most)
        return error_set(error, "%s: not a whole number from 0 to %" PRId64, name, most);
    *number = json_integer_value(value);
    return true;
}

static bool get_flag(bool *flag, const json_t *value, const char *name, struct error *error) {
    *flag = json_is_true(value);
    return value == NULL || json_is_boolean(value) || error_set(error, "%s: neither true nor false", name);
}

/* An instant of an order: no later than the import tells. */
static bool get_time(int64_t *ms, const json_t *value, int64_t until, const char *name, struct error *error) {
    if (!control_read_instant(ms, value, error))
        return error_context(error, "%s", name);
    return *ms <= until || error_set(error, "%s: later than imported_until", name);
}

static bool get_hash(uint64_t *hash, const json_t *value, const char *name, struct error *error) {
    const char *text = json_string_value(value);
    if (text == NULL || json_string_length(value) != 16 || strspn(text, "0123456789abcdef") != 16)
        return error_set(error, "%s: not 16 hex digits", name);
    *hash = strtoull(text, NULL, 16);
    return true;
}

static bool get_returns(struct ledger_entry *entry, const json_t *returns, struct error *error) {
    size_t n = json_array_size(returns);
    if (returns != NULL && (!json_is_array(returns) || n < 1 || n > LEDGER_RETURNS_MAX))
        return error_set(error, "returns: not an array of 1 to %d", LEDGER_RETURNS_MAX);
    for (size_t i = 0; i < n; i++) {
        if (!get_hash(&entry->returns[i], json_array_get(returns, i), "returns", error))
            return false;
        if (i > 0 && entry->returns[i - 1] >= entry->returns[i])
            return error_set(error, "returns: not ascending");
    }
    entry->n_returns = (uint8_t)n;
    return true;
}

static bool get_code(uint32_t *code, int64_t number, struct error *error) {
    *code = (uint32_t)number;
    return number >= 0 && number <= UINT32_MAX ? true : error_set(error, "categories: not a code from 0 to %" PRIu32, UINT32_MAX);
}

static bool get_categories(struct ledger_entry *entry, const json_t *categories, struct error *error) {
    size_t n = json_array_size(categories);
    if (categories != NULL && (!json_is_array(categories) || n > ORDER_CATEGORIES_MAX))
        return error_set(error, "categories: not an array of at most %d", ORDER_CATEGORIES_MAX);
    for (size_t i = 0; i < n; i++) {
        const json_t *code = json_array_get(categories, i);
        if (!get_code(&entry->categories[i], json_is_integer(code) ? json_integer_value(code) : -1, error))
            return false;
        if (i > 0 && entry->categories[i - 1] >= entry->categories[i])
            return error_set(error, "categories: not ascending");
    }
    entry->n_categories = (uint8_t)n;
    return true;
}

static bool get_order(struct ledger_entry *entry, json_t *object, int64_t until, struct error *error) {
    json_t *order, *at, *amount, *returned = NULL, *offline = NULL, *voided = NULL, *whole = NULL, *returns = NULL,
                                 *categories = NULL;
    json_error_t reason;
    *entry = (struct ledger_entry){ 0 };
    if (json_unpack_ex(object, &reason, JSON_STRICT, "{s:o, s:o, s:o, s?o, s?o, s?o, s?o, s?o, s?o}", "order", &order, "at", &at,
                       "amount", &amount, "returned", &returned, "offline", &offline, "voided", &voided, "whole", &whole,
                       "returns", &returns, "categories", &categories) != 0)
        return error_set(error, "%s", reason.text);
    if (!get_hash(&entry->id_hash, order, "order", error) || !get_time(&entry->time, at, until, "at", error) ||
        !get_number(&entry->amount, amount, ORDER_AMOUNT_MAX, "amount", error) ||
        !get_number(&entry->returned, returned, entry->amount, "returned", error) ||
        !get_flag(&entry->offline, offline, "offline", error) || !get_flag(&entry->voided, voided, "voided", error) ||
        !get_flag(&entry->whole, whole, "whole", error) || !get_returns(entry, returns, error) ||
        !get_categories(entry, categories, error))
        return false;
    if (entry->n_returns == 0 && (entry->returned > 0 || entry->whole))
        return error_set(error, "returned without a return");
    return !entry->whole || entry->returned == entry->amount || error_set(error, "whole: some of the amount is left");
}

/* Ascending by (time, hash), and no order twice. */
static bool is_in_order(const struct ledger_entry *orders, size_t i) {
    if (i > 0 && (orders[i - 1].time > orders[i].time ||
                  (orders[i - 1].time == orders[i].time && orders[i - 1].id_hash >= orders[i].id_hash)))
        return false;
    for (size_t k = 0; k < i; k++)
        if (orders[k].id_hash == orders[i].id_hash)
            return false;
    return true;
}

static bool get_orders(struct control_record *record, struct import_customer *customer, const json_t *orders,
                       struct error *error) {
    size_t n = json_array_size(orders);
    if (orders != NULL && (!json_is_array(orders) || n > LEDGER_ORDERS_MAX))
        return error_set(error, "orders: not an array of at most %d", LEDGER_ORDERS_MAX);
    customer->orders = arena_alloc(&record->memory, (n + 1) * sizeof *customer->orders);
    for (size_t i = 0; i < n; i++) {
        if (!get_order(&customer->orders[i], json_array_get(orders, i), record->import.until, error))
            return error_context(error, "orders[%zu]", i);
        if (!is_in_order(customer->orders, i))
            return error_set(error, "orders[%zu]: not ascending by (at, order), or twice", i);
    }
    customer->n_orders = (uint16_t)n;
    return true;
}

static bool get_side(struct ledger_side *side, json_t *object, int64_t until, struct error *error) {
    json_t *orders, *value, *first, *last;
    json_error_t reason;
    *side = (struct ledger_side){ 0, 0, TIME_NONE, TIME_NONE };
    if (object == NULL)
        return true;
    if (json_unpack_ex(object, &reason, JSON_STRICT, "{s:o, s:o, s:o, s:o}", "orders", &orders, "value", &value, "first", &first,
                       "last", &last) != 0)
        return error_set(error, "%s", reason.text);
    if (!get_number(&side->orders, orders, COUNT_MAX, "orders", error) ||
        !get_number(&side->value, value, INT64_MAX, "value", error) || !get_time(&side->first_at, first, until, "first", error) ||
        !get_time(&side->last_at, last, until, "last", error))
        return false;
    if (side->orders == 0)
        return error_set(error, "orders: not at least 1");
    return side->first_at <= side->last_at || error_set(error, "first: later than last");
}

static bool get_code_text(uint32_t *code, const char *text, struct error *error) {
    char *end;
    errno = 0;
    bool digits = text[0] >= '0' && text[0] <= '9' && (text[0] != '0' || text[1] == '\0'); /* one way to write each */
    unsigned long long number = strtoull(text, &end, 10);
    return get_code(code, !digits || *end != '\0' || errno != 0 || number > UINT32_MAX ? -1 : (int64_t)number, error);
}

static int by_code(const void *left, const void *right) {
    const struct ledger_category *a = left, *b = right;
    return (a->code > b->code) - (a->code < b->code);
}

static bool get_base_categories(struct ledger_base *base, json_t *categories, int64_t until, struct error *error) {
    const char *code;
    json_t *last;
    if (categories != NULL && (!json_is_object(categories) || json_object_size(categories) > LEDGER_BASE_CATEGORIES_MAX))
        return error_set(error, "categories: not an object of at most %d", LEDGER_BASE_CATEGORIES_MAX);
    json_object_foreach(categories, code, last) {
        struct ledger_category *category = &base->categories[base->n_categories++];
        if (!get_code_text(&category->code, code, error) || !get_time(&category->last_at, last, until, "categories", error))
            return false;
    }
    qsort(base->categories, base->n_categories, sizeof base->categories[0], by_code);
    return true;
}

static bool get_base(struct ledger_base *base, json_t *object, int64_t until, struct error *error) {
    json_t *fallen = NULL, *online = NULL, *offline = NULL, *categories = NULL;
    json_error_t reason;
    *base = (struct ledger_base){ 0 };
    if (object != NULL && json_unpack_ex(object, &reason, JSON_STRICT, "{s?o, s?o, s?o, s?o}", "fallen", &fallen, "online",
                                         &online, "offline", &offline, "categories", &categories) != 0)
        return error_set(error, "%s", reason.text);
    if (!get_side(&base->online, online, until, error))
        return error_context(error, "online");
    if (!get_side(&base->offline, offline, until, error))
        return error_context(error, "offline");
    int64_t orders = base->online.orders + base->offline.orders;
    if (!get_number(&base->fallen, fallen, COUNT_MAX, "fallen", error) || !get_base_categories(base, categories, until, error))
        return false;
    if (fallen == NULL)
        base->fallen = orders;
    if (object != NULL && base->fallen == 0)
        return error_set(error, "nothing is in it");
    return base->fallen >= orders || error_set(error, "fallen: fewer than the orders in it");
}

static bool get_came_to(struct control_record *record, struct import_customer *customer, json_t *segments, struct error *error) {
    const char *scheme;
    json_t *segment;
    if (segments != NULL && (!json_is_object(segments) || json_object_size(segments) > MODEL_SCHEMES_MAX))
        return error_set(error, "segments: not an object of at most %d", MODEL_SCHEMES_MAX);
    customer->n_came_to = 0;
    customer->came_to = arena_alloc(&record->memory, (json_object_size(segments) + 1) * sizeof *customer->came_to);
    json_object_foreach(segments, scheme, segment) {
        struct came_to *came_to = &customer->came_to[customer->n_came_to++];
        struct slice id = { json_string_value(segment), json_string_length(segment) };
        if (!name_set(&came_to->scheme, slice_of(scheme)) || id.data == NULL || !name_set(&came_to->segment, id))
            return error_set(error, "segments: not names by names");
    }
    return true;
}

static bool get_customer(struct control_record *record, struct import_customer *customer, json_t *object, struct error *error) {
    json_t *id, *base = NULL, *orders = NULL, *segments = NULL;
    json_error_t reason;
    if (json_unpack_ex(object, &reason, JSON_STRICT, "{s:o, s?o, s?o, s?o}", "customer", &id, "base", &base, "orders", &orders,
                       "segments", &segments) != 0)
        return error_set(error, "%s", reason.text);
    if (!control_read_id(&customer->id, id, &record->memory, error))
        return error_context(error, "customer");
    if (!get_base(&customer->base, base, record->import.until, error))
        return error_context(error, "base");
    if (!get_orders(record, customer, orders, error) || !get_came_to(record, customer, segments, error))
        return false;
    return customer->n_orders > 0 || customer->base.fallen > 0 || error_set(error, "neither base nor orders");
}

static bool get_customers(struct control_record *record, const json_t *customers, struct error *error) {
    size_t n = json_array_size(customers);
    if (!json_is_array(customers) || n > CONTROL_IMPORT_CUSTOMERS_MAX)
        return error_set(error, "customers: not an array of at most %d", CONTROL_IMPORT_CUSTOMERS_MAX);
    record->customers = arena_alloc(&record->memory, (n + 1) * sizeof *record->customers);
    for (; record->n_customers < n; record->n_customers++)
        if (!get_customer(record, &record->customers[record->n_customers], json_array_get(customers, record->n_customers), error))
            return error_context(error, "customers[%zu]", record->n_customers);
    return true;
}

bool control_import_read(struct control_record *record, json_t *object, struct error *error) {
    const char *type;
    json_t *until, *time = NULL, *publish = NULL, *customers;
    json_error_t reason;
    record->type = CONTROL_IMPORT;
    record->import.time = TIME_NONE;
    if (json_unpack_ex(object, &reason, JSON_STRICT, "{s:s, s:o, s?o, s?o, s:o}", "type", &type, "imported_until", &until, "time",
                       &time, "publish", &publish, "customers", &customers) != 0)
        return error_set(error, "%s", reason.text);
    if (!control_read_instant(&record->import.until, until, error))
        return error_context(error, "imported_until");
    if (time != NULL && !json_is_null(time) && !control_read_instant(&record->import.time, time, error))
        return error_context(error, "time");
    return get_flag(&record->import.publish, publish, "publish", error) && get_customers(record, customers, error);
}

bool control_erase_read(struct control_record *record, json_t *object, struct error *error) {
    const char *type;
    json_t *customer, *at;
    json_error_t reason;
    record->type = CONTROL_ERASE;
    if (json_unpack_ex(object, &reason, JSON_STRICT, "{s:s, s:o, s:o}", "type", &type, "customer", &customer, "at", &at) != 0)
        return error_set(error, "%s", reason.text);
    if (!control_read_id(&record->erased, customer, &record->memory, error))
        return error_context(error, "customer");
    return control_read_instant(&record->time, at, error) || error_context(error, "at");
}

void import_customer_ledger(struct ledger *ledger, const struct import_customer *said) {
    ledger_init(ledger, LEDGER_ORDERS_MAX);
    ledger->base = said->base;
    ledger->n_orders = said->n_orders;
    memcpy(ledger->orders, said->orders, said->n_orders * sizeof *said->orders);
}
