#include "json_values.h"
#include "obek/instant.h"
#include "obek/ledger.h"

#include <math.h>

json_t *instant_json(int64_t ms) {
    char text[32];
    if (ms == TIME_NONE || ms == TIME_NEVER)
        return json_null();
    instant_text(ms, text);
    return json_string(text);
}

json_t *name_json(const struct name *name) {
    return name->len == 0 ? json_null() : json_string(name->text);
}

json_t *number_json(double number) {
    return isfinite(number) ? json_real(number) : json_null();
}
