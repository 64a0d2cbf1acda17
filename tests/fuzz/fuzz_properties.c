/* Any bytes as a .properties file: an answer, never a crash; what was read is written and read back as the same. */
#include "obek/buffer.h"
#include "obek/properties.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct properties *first) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert(out != NULL);
    for (size_t i = 0; i < first->n; i++)
        properties_write(out, first->items[i].key, first->items[i].value);
    fclose(out);
    struct properties again;
    struct error error;
    if (len <= PROPERTIES_BYTES_MAX) {
        assert(properties_parse(&again, (struct slice){ text, len }, "again", &error));
        assert(again.n == first->n);
        for (size_t i = 0; i < first->n; i++) {
            assert(strcmp(again.items[i].key, first->items[i].key) == 0);
            assert(strcmp(again.items[i].value, first->items[i].value) == 0);
        }
        properties_free(&again);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct properties properties;
    struct error error;
    if (properties_parse(&properties, (struct slice){ (const char *)data, size }, "fuzz", &error))
        read_back(&properties);
    properties_free(&properties);
    return 0;
}
