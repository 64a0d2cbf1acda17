/* Values of the campaign topic, in which anybody may write, as the dashboard's reader takes them: JSON, or Avro after a 0 byte.
 */
#include "obek/event.h"
#include "obek/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct event_told told;
    struct arena arena = { 0 };
    struct slice value = { (const char *)data, size };
    if (event_read(&told, &arena, value, size > 0 && data[0] == 0))
        if (!utf8_valid(told.event_id) || !utf8_valid(told.customer_id) || told.scheme.len == 0 || told.cause > CAUSE_ERASE)
            abort();
    arena_free(&arena);
    return 0;
}
