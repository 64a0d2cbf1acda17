#include "obek/registry.h"
#include "obek/clock.h"
#include "registry_http.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define REFUSAL_VALID_MS 30000
#define REFUSALS_MAX 4096 /* records may name any number of ids: what is remembered of them is bounded */

/* What the registry said of an id: a schema, for ever, or that there is none to use, for a while. */
struct answer_kept {
    uint32_t id;
    struct avro_schema_plan *schema; /* NULL: a refusal */
    int64_t until_ms;                /* of a refusal */
    char *why;                       /* of a refusal */
};

struct registry {
    struct registry_http *http;
    int64_t (*clock_ms)(void);
    size_t n, n_refusals, capacity;
    struct answer_kept *kept; /* ascending by id */
};

struct registry *registry_new(const struct registry_settings *settings, struct error *error) {
    struct registry_http *http = registry_http_new(settings, error);
    if (http == NULL)
        return NULL;
    struct registry *registry = xcalloc(1, sizeof *registry);
    registry->http = http;
    registry->clock_ms = settings->clock_ms != NULL ? settings->clock_ms : monotonic_ms;
    return registry;
}

static void forget(struct answer_kept *kept) {
    avro_schema_plan_free(kept->schema);
    free(kept->why);
}

void registry_free(struct registry *registry) {
    if (registry == NULL)
        return;
    for (size_t i = 0; i < registry->n; i++)
        forget(&registry->kept[i]);
    free(registry->kept);
    registry_http_free(registry->http);
    free(registry);
}

/* Where the id is, or belongs. */
static size_t place_of(const struct registry *registry, uint32_t id) {
    size_t low = 0, high = registry->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (registry->kept[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void drop_refusals(struct registry *registry) {
    size_t n = 0;
    for (size_t i = 0; i < registry->n; i++) {
        if (registry->kept[i].schema == NULL)
            forget(&registry->kept[i]);
        else
            registry->kept[n++] = registry->kept[i];
    }
    registry->n = n;
    registry->n_refusals = 0;
}

static void keep(struct registry *registry, struct answer_kept answer) {
    if (answer.schema == NULL && registry->n_refusals == REFUSALS_MAX)
        drop_refusals(registry);
    if (registry->n == registry->capacity) {
        registry->capacity = registry->capacity == 0 ? 16 : registry->capacity * 2;
        registry->kept = xrealloc(registry->kept, registry->capacity * sizeof *registry->kept);
    }
    size_t place = place_of(registry, answer.id);
    memmove(&registry->kept[place + 1], &registry->kept[place], (registry->n - place) * sizeof *registry->kept);
    registry->kept[place] = answer;
    registry->n++;
    registry->n_refusals += answer.schema == NULL;
}

static void drop(struct registry *registry, size_t place) {
    registry->n_refusals -= registry->kept[place].schema == NULL;
    forget(&registry->kept[place]);
    registry->n--;
    memmove(&registry->kept[place], &registry->kept[place + 1], (registry->n - place) * sizeof *registry->kept);
}

/* A short, printable piece of what a server said. */
static void say(struct buffer *out, const char *text) {
    for (size_t i = 0; i < 200 && text[i] != '\0'; i++)
        buffer_append(out, (unsigned char)text[i] < ' ' || text[i] == 127 ? " " : &text[i], 1);
}

static json_t *answer_json(const struct registry_answer *answer) {
    return json_loadb(answer->body.data == NULL ? "" : answer->body.data, answer->body.len, 0, NULL);
}

static int64_t error_code(const json_t *json) {
    return json_integer_value(json_object_get(json, "error_code"));
}

/* "http://...: HTTP status 409, error 40901: ..." */
static void describe(const struct registry_answer *answer, const json_t *json, struct error *error) {
    struct buffer text = { 0 };
    const char *message = json_string_value(json_object_get(json, "message"));
    buffer_printf(&text, "%s: HTTP status %ld", answer->server, answer->status);
    if (error_code(json) != 0)
        buffer_printf(&text, ", error %" PRId64, error_code(json));
    if (message != NULL) {
        buffer_append_text(&text, ": ");
        say(&text, message);
    }
    error_set(error, "%.*s", (int)text.len, text.data);
    buffer_free(&text);
}

/* The schema in a good answer; NULL with the reason for which records with it are bad. */
static struct avro_schema_plan *plan_of(const json_t *json, struct error *error) {
    const json_t *text = json_object_get(json, "schema");
    const char *type = json_string_value(json_object_get(json, "schemaType"));
    if (type != NULL && strcmp(type, "AVRO") != 0) {
        error_set(error, "it is a %.32s schema, not Avro", type);
        return NULL;
    }
    if (json_array_size(json_object_get(json, "references")) > 0) {
        error_set(error, "it refers to other schemas, which obek does not follow");
        return NULL;
    }
    return avro_schema_plan_new((struct slice){ json_string_value(text), json_string_length(text) }, error);
}

/* Judges what a server said of an id. Only the registry's own "no such schema" and a schema that cannot be used make records
   bad; a wrong path, a login page or missing rights are for the operator, and the records wait. */
static enum schema_state judge(const struct registry_answer *answer, const json_t *json, struct avro_schema_plan **plan,
                               struct error *error) {
    if (answer->status == 200 && answer->too_large) {
        error_set(error, "the answer is larger than %d bytes", REGISTRY_ANSWER_BYTES_MAX);
        return SCHEMA_UNKNOWN;
    }
    if (answer->status == 200 && json_is_string(json_object_get(json, "schema"))) {
        *plan = plan_of(json, error);
        return *plan != NULL ? SCHEMA_FOUND : SCHEMA_UNKNOWN;
    }
    describe(answer, json, error);
    if (answer->status == 404 && error_code(json) >= 40401 && error_code(json) <= 40403)
        return SCHEMA_UNKNOWN;
    if (answer->status == 200)
        error_context(error, "the answer is not a schema registry's");
    return SCHEMA_UNAVAILABLE;
}

static enum schema_state fetch(struct registry *registry, uint32_t id, struct avro_schema_plan **plan, struct error *error) {
    char path[40];
    snprintf(path, sizeof path, "/schemas/ids/%" PRIu32, id);
    struct registry_answer answer = { 0 };
    enum schema_state state = SCHEMA_UNAVAILABLE;
    if (registry_http_request(registry->http, path, NULL, &answer, error)) {
        json_t *json = answer_json(&answer);
        state = judge(&answer, json, plan, error);
        json_decref(json);
    }
    buffer_free(&answer.body);
    if (state != SCHEMA_FOUND)
        error_context(error, "schema id %" PRIu32, id);
    return state;
}

enum schema_state registry_schema(struct registry *registry, uint32_t id, const struct avro_schema_plan **schema,
                                  struct error *error) {
    size_t place = place_of(registry, id);
    struct answer_kept *kept = place < registry->n && registry->kept[place].id == id ? &registry->kept[place] : NULL;
    if (kept != NULL && kept->schema != NULL) {
        *schema = kept->schema;
        return SCHEMA_FOUND;
    }
    if (kept != NULL && registry->clock_ms() < kept->until_ms) {
        error_set(error, "%s", kept->why);
        return SCHEMA_UNKNOWN;
    }
    if (kept != NULL)
        drop(registry, place);
    struct avro_schema_plan *plan = NULL;
    enum schema_state state = fetch(registry, id, &plan, error);
    if (state == SCHEMA_FOUND)
        keep(registry, (struct answer_kept){ .id = id, .schema = plan });
    else if (state == SCHEMA_UNKNOWN)
        keep(registry,
             (struct answer_kept){ .id = id, .until_ms = registry->clock_ms() + REFUSAL_VALID_MS, .why = xstrdup(error->text) });
    *schema = plan;
    return state;
}

static char *request_body(const char *schema_json) {
    json_t *json = json_pack("{s:s}", "schema", schema_json);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

/* POST prefix + subject + suffix; *json is the answer's, owned by the caller (NULL: none). */
static enum registry_status post(struct registry *registry, const char *prefix, const char *subject, const char *suffix,
                                 const char *schema_json, json_t **json, int64_t *code, struct error *error) {
    char *body = request_body(schema_json);
    *json = NULL;
    *code = 0;
    if (body == NULL) {
        error_set(error, "the schema is not valid UTF-8");
        return REGISTRY_REFUSED;
    }
    struct buffer path = { 0 };
    buffer_append_text(&path, prefix);
    registry_http_escape(registry->http, subject, &path);
    buffer_append(&path, suffix, strlen(suffix) + 1);
    struct registry_answer answer = { 0 };
    struct slice bytes = slice_of(body);
    enum registry_status status = REGISTRY_UNAVAILABLE;
    if (registry_http_request(registry->http, path.data, &bytes, &answer, error)) {
        *json = answer_json(&answer);
        *code = error_code(*json);
        status = answer.status == 200 ? REGISTRY_OK : answer.status >= 400 ? REGISTRY_REFUSED : REGISTRY_UNAVAILABLE;
        describe(&answer, *json, error);
    }
    buffer_free(&answer.body);
    buffer_free(&path);
    free(body);
    return status;
}

enum registry_status registry_register(struct registry *registry, const char *subject, const char *schema_json, uint32_t *id,
                                       struct error *error) {
    json_t *json;
    int64_t code;
    enum registry_status status = post(registry, "/subjects/", subject, "/versions", schema_json, &json, &code, error);
    if (status == REGISTRY_OK) {
        const json_t *number = json_object_get(json, "id");
        int64_t value = json_is_integer(number) ? json_integer_value(number) : -1;
        if (value < 0 || value > UINT32_MAX) {
            status = REGISTRY_UNAVAILABLE;
            error_context(error, "the answer is not a schema registry's");
        } else {
            *id = (uint32_t)value;
        }
    }
    json_decref(json);
    if (status != REGISTRY_OK)
        error_context(error, "the schema of %s cannot be registered", subject);
    return status;
}

enum registry_status registry_compatible(struct registry *registry, const char *subject, const char *schema_json,
                                         bool *compatible, struct error *error) {
    json_t *json;
    int64_t code;
    enum registry_status status =
        post(registry, "/compatibility/subjects/", subject, "/versions/latest", schema_json, &json, &code, error);
    const json_t *answer = json_object_get(json, "is_compatible");
    if (status == REGISTRY_REFUSED && (code == 40401 || code == 40402)) {
        status = REGISTRY_OK; /* a new subject takes any schema */
        *compatible = true;
    } else if (status == REGISTRY_OK && json_is_boolean(answer)) {
        *compatible = json_is_true(answer);
    } else if (status == REGISTRY_OK) {
        status = REGISTRY_UNAVAILABLE;
        error_context(error, "the answer is not a schema registry's");
    }
    json_decref(json);
    if (status != REGISTRY_OK)
        error_context(error, "the compatibility of %s cannot be asked", subject);
    return status;
}
