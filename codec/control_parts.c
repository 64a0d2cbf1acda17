#include "control_parts.h"
#include "obek/instant.h"
#include "obek/order.h"

bool control_read_instant(int64_t *ms, const json_t *value, struct error *error) {
    if (json_is_string(value))
        return instant_parse(ms, (struct slice){ json_string_value(value), json_string_length(value) }, error);
    if (!json_is_integer(value))
        return error_set(error, "neither RFC 3339 nor epoch milliseconds");
    *ms = json_integer_value(value);
    return instant_in_range(*ms) || error_set(error, "outside the years 0000 to 9999");
}

bool control_read_id(struct slice *id, const json_t *value, struct arena *memory, struct error *error) {
    size_t len = json_string_length(value);
    if (len == 0 || len > ORDER_ID_LENGTH_MAX)
        return error_set(error, "not a customer id of 1 to %d bytes", ORDER_ID_LENGTH_MAX);
    *id = arena_copy(memory, (struct slice){ json_string_value(value), len });
    return true;
}
