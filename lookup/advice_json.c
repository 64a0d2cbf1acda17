#include "advice_json.h"

void advice_put(json_t *answer, const struct catalogue *catalogue, const struct name *scheme, const struct name *segment) {
    static const char *const keys[] = { "goal", "next", "actions", "products" };
    const json_t *entry = segment == NULL ? NULL : catalogue_entry(catalogue, scheme->text, segment->text);
    json_t *advice = entry != NULL ? json_object() : json_null(), *campaigns = json_object_get(entry, "campaigns");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (json_object_get(entry, keys[k]) != NULL)
            json_object_set(advice, keys[k], json_object_get(entry, keys[k]));
    json_object_set_new(answer, "advice", advice);
    json_object_set_new(answer, "campaigns", campaigns != NULL ? json_incref(campaigns) : json_array());
}
