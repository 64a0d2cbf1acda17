/* Schema Registry client (REST, libcurl), with a cache. One per thread of use; blocking with timeouts. */
#ifndef OBEK_REGISTRY_H
#define OBEK_REGISTRY_H

#include "obek/decode.h"

struct registry_settings {
    const char *url;                                      /* schema.registry.url; several, comma-separated, are tried in turn */
    const char *basic_auth_user_info, *bearer_auth_token; /* NULL: none */
    const char *ssl_ca_location, *ssl_certificate_location, *ssl_key_location, *ssl_key_password; /* NULL: default */
    long timeout_ms;           /* of one request; half of it for the connection */
    int64_t (*clock_ms)(void); /* monotonic; NULL: the system's (tests bring their own) */
};

struct registry;
struct registry *registry_new(const struct registry_settings *settings, struct error *error);
void registry_free(struct registry *registry);

/* A schema by id. Positive answers are cached for ever, negative ones for 30 s. UNAVAILABLE: no answer or a server error. */
enum schema_state registry_schema(struct registry *registry, uint32_t id, const struct avro_schema_plan **schema,
                                  struct error *error);
enum registry_status { REGISTRY_OK, REGISTRY_REFUSED /* 4xx: incompatible, invalid; do not try again */, REGISTRY_UNAVAILABLE };
/* Registers (or finds) the schema under the subject. */
enum registry_status registry_register(struct registry *registry, const char *subject, const char *schema_json, uint32_t *id,
                                       struct error *error);
/* Would the registry accept it as the subject's next version? (true too when the subject is new) */
enum registry_status registry_compatible(struct registry *registry, const char *subject, const char *schema_json,
                                         bool *compatible, struct error *error);

#endif
