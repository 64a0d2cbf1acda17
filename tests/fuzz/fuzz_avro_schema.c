/* A schema from outside, up to the first NUL, then a datum of it: both are the attacker's. */
#include "decode_fuzz.h"

static struct avro_schema_plan *schema;

static enum schema_state by_id(void *context, uint32_t id, const struct avro_schema_plan **found, struct error *error) {
    (void)context, (void)id, (void)error;
    *found = schema;
    return SCHEMA_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size == 0 ? NULL : memchr(data, 0, size);
    size_t len = end == NULL ? size : (size_t)(end - data), rest = size - len;
    const struct schema_source source = { NULL, by_id, NULL };
    struct error error = { "" };
    schema = avro_schema_plan_new((struct slice){ (const char *)data, len }, &error);
    if (schema == NULL && error.text[0] == '\0')
        abort();
    if (schema == NULL)
        return 0;
    static struct feed *feeds[2];
    if (feeds[0] == NULL) {
        feeds[0] = feed_new("plain", "plain");
        feeds[1] = fuzz_mapped_feed();
    }
    static struct currency_table *currencies;
    if (currencies == NULL)
        currencies = currency_table_new("TRY", &error);
    struct decoder *decoder = decoder_new(currencies, NULL, 0, &source);
    char *value = xcalloc(1, rest + 5);
    if (rest > 1)
        memcpy(value + 5, end + 1, rest - 1);
    fuzz_decode(decoder, feeds[0], (struct slice){ value, rest + 4 + (rest == 0) });
    fuzz_decode(decoder, feeds[1], (struct slice){ value, rest + 4 + (rest == 0) });
    free(value);
    decoder_free(decoder);
    avro_schema_plan_free(schema);
    return 0;
}
