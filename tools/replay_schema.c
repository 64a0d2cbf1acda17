/* The writer's schema of a mapped feed: a record for every object on the paths, an array for every [n] or []. */
#include "replay_record.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>

#define PRECISION 18

static json_t *leaf_type(const struct feed *feed, enum feed_field field, int decimals) {
    if (field == FIELD_AMOUNT && feed->amount_in_minor)
        return json_string("long");
    if (field == FIELD_AMOUNT)
        return json_pack("{s:s, s:s, s:i, s:i}", "type", "bytes", "logicalType", "decimal", "precision", PRECISION, "scale",
                         decimals > 2 ? decimals : 2);
    if (field != FIELD_OCCURRED_AT)
        return json_string("string");
    if (feed->time_unit == TIME_UNIT_S)
        return json_string("long");
    return json_pack("{s:s, s:s}", "type", "long", "logicalType",
                     feed->time_unit == TIME_UNIT_MS ? "timestamp-millis" : "timestamp-micros");
}

static bool avro_name(const char *name) {
    bool good = isalpha((unsigned char)*name) || *name == '_';
    for (; *name != '\0' && good; name++)
        good = isalnum((unsigned char)*name) || *name == '_';
    return good;
}

static json_t *find_field(json_t *record, const char *name) {
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(record, "fields"), i,
                       field) if (strcmp(json_string_value(json_object_get(field, "name")), name) == 0) return field;
    return NULL;
}

static bool is_container(const json_t *type, const char *kind) {
    const char *is = json_string_value(json_object_get(type, "type"));
    return is != NULL && strcmp(is, kind) == 0;
}

/* Types of their own names: r1, r2, ... */
struct schema {
    json_t *root;
    int records;
};

static json_t *new_record(struct schema *schema) {
    char name[32];
    snprintf(name, sizeof name, "r%d", ++schema->records);
    return json_pack("{s:s, s:s, s:[]}", "type", "record", "name", name, "fields");
}

/* Fits the path into *slot, the type that is there already (NULL: none yet). Steals the leaf. */
static bool fit(struct schema *schema, json_t **slot, const struct path_step *steps, size_t n, json_t *leaf,
                struct error *error) {
    if (n == 0) {
        bool taken = *slot != NULL;
        if (taken)
            json_decref(leaf);
        else
            *slot = leaf;
        return !taken || error_set(error, "its path runs into another field's");
    }
    bool record = steps->kind == STEP_NAME;
    if (*slot == NULL)
        *slot = record ? new_record(schema) : json_pack("{s:s}", "type", "array");
    if (!is_container(*slot, record ? "record" : "array") || (record && !avro_name(steps->name))) {
        json_decref(leaf);
        return record && !avro_name(steps->name) ? error_set(error, "'%.100s' is no name in Avro", steps->name)
                                                 : error_set(error, "its path runs into another field's");
    }
    json_t *field = record ? find_field(*slot, steps->name) : *slot, *child = NULL;
    const char *member = record ? "type" : "items";
    if (field != NULL)
        child = json_incref(json_object_get(field, member));
    if (!fit(schema, &child, steps + 1, n - 1, leaf, error)) {
        json_decref(child);
        return false;
    }
    if (record && field == NULL)
        json_array_append_new(json_object_get(*slot, "fields"), json_pack("{s:s, s:o}", "name", steps->name, "type", child));
    else
        json_object_set_new(field, member, child);
    return true;
}

/* A field that a row may lack is a union with null. Categories end in [], whose elements are never missing. */
static json_t *maybe_null(json_t *type, const struct field_path *path) {
    return path->steps[path->n_steps - 1].kind == STEP_NAME ? json_pack("[s, o]", "null", type) : type;
}

static bool fit_field(struct schema *schema, const struct feed *feed, enum feed_field field, int decimals, struct error *error) {
    static const struct path_step every = { .kind = STEP_EVERY };
    const struct field_path *path = &feed->paths[field];
    if (path->root != PATH_VALUE || (field == FIELD_CHANNEL && feed->channel != NULL))
        return true;
    size_t n = path->n_steps;
    bool whole_array = field == FIELD_CATEGORIES;
    for (size_t i = 0; i < n; i++)
        whole_array = whole_array && path->steps[i].kind != STEP_EVERY;
    struct path_step *steps = xcalloc(n + 1, sizeof *steps);
    memcpy(steps, path->steps, n * sizeof *steps);
    if (whole_array)
        steps[n++] = every;
    const struct field_path full = { .root = PATH_VALUE, .n_steps = n, .steps = steps };
    bool good = fit(schema, &schema->root, steps, n, maybe_null(leaf_type(feed, field, decimals), &full), error);
    free(steps);
    return good || error_context(error, "feed.%s.field.%s", feed->name, feed_field_name(field));
}

char *replay_schema(const struct feed *feed, int decimals, struct error *error) {
    struct schema schema = { .root = json_pack("{s:s, s:s, s:s, s:[]}", "type", "record", "name", "Order", "namespace",
                                               "obek.replay", "fields") };
    bool good = true;
    for (int field = 0; field < FIELD_COUNT && good; field++)
        good = fit_field(&schema, feed, (enum feed_field)field, decimals, error);
    char *text = good ? json_dumps(schema.root, JSON_COMPACT) : NULL;
    json_decref(schema.root);
    return text;
}
