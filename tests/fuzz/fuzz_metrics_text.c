/* What a server that is asked for /metrics may answer. */
#include "../../tools/top_metrics.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct samples samples = { 0 };
    struct error error = { "" };
    bool ok = samples_read(&samples, (struct slice){ (const char *)data, size }, &error);
    if (!ok && error.text[0] == '\0')
        abort();
    for (size_t i = 0; i < samples.n; i++)
        if (sample_label(&samples.items[i], "topic").len > size)
            abort();
    samples_free(&samples);
    return 0;
}
