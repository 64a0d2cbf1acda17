/* Avro data behind a schema that has everything: the bytes are the attacker's, the schema is not. */
#include "decode_fuzz.h"

static struct avro_schema_plan *schema;

static const char schema_text[] =
    "{\"type\":\"record\",\"name\":\"Order\",\"fields\":["
    "{\"name\":\"order_id\",\"type\":\"string\"},{\"name\":\"customer_id\",\"type\":[\"null\",\"string\",\"bytes\"]},"
    "{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"Kind\",\"symbols\":[\"ORDER\",\"CANCELLATION\",\"RETURN\","
    "\"OTHER\"]}},"
    "{\"name\":\"amount\",\"type\":[\"null\",\"int\",\"float\",\"double\",\"string\",{\"type\":\"bytes\",\"logicalType\":"
    "\"decimal\","
    "\"precision\":18,\"scale\":2},{\"type\":\"fixed\",\"name\":\"F\",\"size\":9,\"logicalType\":\"decimal\",\"precision\":20,"
    "\"scale\":3}]},"
    "{\"name\":\"occurred_at\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"},\"string\",\"double\"]"
    "},"
    "{\"name\":\"categories\",\"type\":{\"type\":\"array\",\"items\":[\"string\",\"null\"]}},"
    "{\"name\":\"attributes\",\"type\":{\"type\":\"map\",\"values\":\"string\"}},"
    "{\"name\":\"buyer\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Buyer\",\"fields\":[{\"name\":\"id\",\"type\":"
    "\"long\"}]}]},"
    "{\"name\":\"sums\",\"type\":{\"type\":\"array\",\"items\":\"double\"}},"
    "{\"name\":\"lines\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Line\",\"fields\":["
    "{\"name\":\"no\",\"type\":\"int\"},{\"name\":\"category\",\"type\":[\"null\",\"string\"]}]}}},"
    "{\"name\":\"previous\",\"type\":[\"null\",\"Order\"]},{\"name\":\"nulls\",\"type\":{\"type\":\"array\",\"items\":\"null\"}}]"
    "}";

static enum schema_state by_id(void *context, uint32_t id, const struct avro_schema_plan **found, struct error *error) {
    (void)context, (void)id, (void)error;
    *found = schema;
    return SCHEMA_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct decoder *decoder;
    static struct feed *feeds[2];
    if (decoder == NULL) {
        struct error error;
        const struct schema_source source = { NULL, by_id, NULL };
        schema = avro_schema_plan_new(slice_of(schema_text), &error);
        if (schema == NULL)
            abort();
        decoder = fuzz_decoder(&source);
        feeds[0] = feed_new("plain", "plain");
        feeds[1] = fuzz_mapped_feed();
    }
    char *value = xcalloc(1, size + 5);
    if (size > 0)
        memcpy(value + 5, data, size);
    fuzz_decode(decoder, feeds[0], (struct slice){ value, size + 5 });
    fuzz_decode(decoder, feeds[1], (struct slice){ value, size + 5 });
    free(value);
    return 0;
}
