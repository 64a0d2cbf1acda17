/* Paths of mapped feeds. */
#include "obek/buffer.h"
#include "obek/feed.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = xstrndup((const char *)data, size);
    struct field_path path;
    struct error error;
    if (field_path_parse(&path, text, &error)) {
        if (path.root == PATH_VALUE && path.n_steps == 0)
            abort();
        field_path_free(&path);
    }
    free(text);
    return 0;
}
