/* Control records from hostile hands: refused with a reason, or a file that is what its hash says. Build with
   -fsanitize=fuzzer,address,undefined. */
#include "obek/control_record.h"
#include "obek/model_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct control_record record, again;
    struct error error = { "" };
    if (!control_record_read(&record, (struct slice){ (const char *)data, size }, &error)) {
        if (error.text[0] == '\0' || record.file.data != NULL)
            abort();
        return 0;
    }
    if (record.file.len == 0 || record.file.len > MODEL_FILE_BYTES_MAX)
        abort();
    struct buffer out = { 0 };
    if (control_record_write_model(&out, buffer_slice(&record.file), record.sha256, record.time, &error)) {
        if (!control_record_read(&again, buffer_slice(&out), &error) || again.time != record.time ||
            !slice_equal(buffer_slice(&again.file), buffer_slice(&record.file)))
            abort();
        control_record_free(&again);
    }
    buffer_free(&out);
    control_record_free(&record);
    return 0;
}
