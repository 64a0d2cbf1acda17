/* Targets of HTTP requests, and the router behind them. */
#include "../../http/routes.h"
#include "obek/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = xstrndup((const char *)data, size);
    struct arena arena = { 0 };
    struct target target;
    struct slice given[TARGET_PARTS_MAX];
    if (target_parse(&target, &arena, text) == TARGET_OK) {
        for (size_t i = 0; i < target.n_parts; i++)
            if (target.parts[i].len > size || !utf8_valid(target.parts[i]))
                abort();
        route_find(&target, given);
        target_parameter(&target, "limit");
    }
    arena_free(&arena);
    free(text);
    return 0;
}
