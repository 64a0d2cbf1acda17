#include "schemas.h"
#include "obek/buffer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SCHEMA_BYTES_MAX (1024 * 1024)
#define REGISTRY_TIMEOUT_MS 5000

static const char order_schema[] =
#include "order.avsc.h"
    ;

struct schemas {
    struct registry *registry;       /* NULL: none */
    struct avro_schema_plan **known; /* by fingerprint: our own first, then those of the feeds' files */
    size_t n_known;
};

static bool add(struct schemas *schemas, struct slice json, struct error *error) {
    struct avro_schema_plan *plan = avro_schema_plan_new(json, error);
    if (plan == NULL)
        return false;
    schemas->known = xrealloc(schemas->known, (schemas->n_known + 1) * sizeof *schemas->known);
    schemas->known[schemas->n_known++] = plan;
    return true;
}

static bool read_file(struct buffer *text, const char *path, struct error *error) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(error, "%s", strerror(errno));
    text->len += fread(buffer_reserve(text, SCHEMA_BYTES_MAX + 1), 1, SCHEMA_BYTES_MAX + 1, file);
    bool ok = ferror(file) == 0 || error_set(error, "%s", strerror(errno));
    fclose(file);
    return ok && (text->len <= SCHEMA_BYTES_MAX || error_set(error, "larger than %d bytes", SCHEMA_BYTES_MAX));
}

static bool add_file(struct schemas *schemas, const struct feed *feed, struct error *error) {
    struct buffer text = { 0 };
    bool ok = (read_file(&text, feed->schema_file, error) && add(schemas, buffer_slice(&text), error)) ||
              error_context(error, "feed.%s.schema.file %s", feed->name, feed->schema_file);
    buffer_free(&text);
    return ok;
}

/* An option that was not set is empty in the configuration, NULL for the client. */
static const char *given(const char *text) {
    return text == NULL || text[0] == '\0' ? NULL : text;
}

static bool open_registry(struct schemas *schemas, const struct config *config, struct error *error) {
    if (given(config->schema_registry_url) == NULL)
        return true;
    struct registry_settings settings = {
        .url = config->schema_registry_url,
        .basic_auth_user_info = given(config->schema_registry_basic_auth),
        .bearer_auth_token = given(config->schema_registry_bearer_token),
        .ssl_ca_location = given(config->schema_registry_ssl_ca),
        .ssl_certificate_location = given(config->schema_registry_ssl_certificate),
        .ssl_key_location = given(config->schema_registry_ssl_key),
        .ssl_key_password = given(config->schema_registry_ssl_key_password),
        .timeout_ms = REGISTRY_TIMEOUT_MS,
    };
    schemas->registry = registry_new(&settings, error);
    return schemas->registry != NULL;
}

struct schemas *schemas_new(const struct config *config, struct error *error) {
    struct schemas *schemas = xcalloc(1, sizeof *schemas);
    bool ok = open_registry(schemas, config, error) && add(schemas, slice_of(order_schema), error);
    for (size_t i = 0; ok && i < config->n_feeds; i++)
        ok = given(config->feeds[i]->schema_file) == NULL || add_file(schemas, config->feeds[i], error);
    if (ok)
        return schemas;
    schemas_free(schemas);
    return NULL;
}

void schemas_free(struct schemas *schemas) {
    if (schemas == NULL)
        return;
    registry_free(schemas->registry);
    for (size_t i = 0; i < schemas->n_known; i++)
        avro_schema_plan_free(schemas->known[i]);
    free(schemas->known);
    free(schemas);
}

static enum schema_state by_id(void *context, uint32_t id, const struct avro_schema_plan **schema, struct error *error) {
    struct schemas *schemas = context;
    if (schemas->registry != NULL)
        return registry_schema(schemas->registry, id, schema, error);
    error_set(error, "schema %" PRIu32 ": no schema.registry.url is configured", id);
    return SCHEMA_UNKNOWN;
}

static enum schema_state by_fingerprint(void *context, uint64_t fingerprint, const struct avro_schema_plan **schema,
                                        struct error *error) {
    const struct schemas *schemas = context;
    for (size_t i = 0; i < schemas->n_known; i++)
        if (avro_schema_plan_fingerprint(schemas->known[i]) == fingerprint) {
            *schema = schemas->known[i];
            return SCHEMA_FOUND;
        }
    error_set(error, "no schema with fingerprint %016" PRIx64 ": neither obek.v1.Order nor a feed's schema.file", fingerprint);
    return SCHEMA_UNKNOWN;
}

struct schema_source schemas_source(struct schemas *schemas) {
    return (struct schema_source){ .context = schemas, .by_id = by_id, .by_fingerprint = by_fingerprint };
}

struct registry *schemas_registry(struct schemas *schemas) {
    return schemas->registry;
}
