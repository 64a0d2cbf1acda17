#include "schemas.h"
#include "obek/buffer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SCHEMA_FILE_BYTES_MAX (1024 * 1024)
#define REGISTRY_TIMEOUT_MS 5000

static const char order_schema[] =
#include "order.avsc.h"
    ;

static const char *or_null(const char *text) {
    return text == NULL || text[0] == '\0' ? NULL : text;
}

static bool add(struct schemas *schemas, struct slice json, struct error *error) {
    struct avro_schema_plan *plan = avro_schema_plan_new(json, error);
    if (plan == NULL)
        return false;
    schemas->plans = xrealloc(schemas->plans, (schemas->n + 1) * sizeof(struct avro_schema_plan *));
    schemas->plans[schemas->n++] = plan;
    return true;
}

static bool add_file(struct schemas *schemas, const char *path, struct error *error) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(error, "%s: %s", path, strerror(errno));
    struct buffer json = { 0 };
    json.len = fread(buffer_reserve(&json, SCHEMA_FILE_BYTES_MAX), 1, SCHEMA_FILE_BYTES_MAX, file);
    bool ok = ferror(file) ? error_set(error, "%s: cannot be read", path)
                           : add(schemas, buffer_slice(&json), error) || error_context(error, "%s", path);
    fclose(file);
    buffer_free(&json);
    return ok;
}

static bool open_registry(struct schemas *schemas, const struct config *config, struct error *error) {
    if (config->schema_registry_url[0] == '\0')
        return true;
    struct registry_settings settings = { .url = config->schema_registry_url,
                                          .basic_auth_user_info = or_null(config->schema_registry_basic_auth),
                                          .bearer_auth_token = or_null(config->schema_registry_bearer_token),
                                          .ssl_ca_location = or_null(config->schema_registry_ssl_ca),
                                          .ssl_certificate_location = or_null(config->schema_registry_ssl_certificate),
                                          .ssl_key_location = or_null(config->schema_registry_ssl_key),
                                          .ssl_key_password = or_null(config->schema_registry_ssl_key_password),
                                          .timeout_ms = REGISTRY_TIMEOUT_MS };
    schemas->registry = registry_new(&settings, error);
    return schemas->registry != NULL;
}

bool schemas_init(struct schemas *schemas, const struct config *config, struct error *error) {
    *schemas = (struct schemas){ 0 };
    if (!open_registry(schemas, config, error) || !add(schemas, slice_of(order_schema), error))
        return false;
    for (size_t i = 0; i < config->n_feeds; i++)
        if (config->feeds[i]->schema_file != NULL && !add_file(schemas, config->feeds[i]->schema_file, error))
            return error_context(error, "feed.%s.schema.file", config->feeds[i]->name);
    return true;
}

void schemas_free(struct schemas *schemas) {
    for (size_t i = 0; i < schemas->n; i++)
        avro_schema_plan_free(schemas->plans[i]);
    free(schemas->plans);
    if (schemas->registry != NULL)
        registry_free(schemas->registry);
    *schemas = (struct schemas){ 0 };
}

static enum schema_state by_id(void *context, uint32_t id, const struct avro_schema_plan **schema, struct error *error) {
    struct schemas *schemas = context;
    if (schemas->registry == NULL) {
        error_set(error, "schema id %" PRIu32 ", but no schema.registry.url is configured", id);
        return SCHEMA_UNKNOWN;
    }
    return registry_schema(schemas->registry, id, schema, error);
}

static enum schema_state by_fingerprint(void *context, uint64_t fingerprint, const struct avro_schema_plan **schema,
                                        struct error *error) {
    struct schemas *schemas = context;
    for (size_t i = 0; i < schemas->n; i++)
        if (avro_schema_plan_fingerprint(schemas->plans[i]) == fingerprint) {
            *schema = schemas->plans[i];
            return SCHEMA_FOUND;
        }
    error_set(error, "no schema with fingerprint %016" PRIx64 " (see feed.F.schema.file)", fingerprint);
    return SCHEMA_UNKNOWN;
}

struct schema_source schemas_source(struct schemas *schemas) {
    return (struct schema_source){ .context = schemas, .by_id = by_id, .by_fingerprint = by_fingerprint };
}
