/* Control records from hostile hands: refused with a reason, or what it says reads back: a file that is what its hash says, a
   tick. Build with -fsanitize=fuzzer,address,undefined. */
#include "obek/control_record.h"
#include "obek/model_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(struct control_record *again, const struct buffer *out) {
    struct error error;
    if (!control_record_read(again, buffer_slice(out), &error))
        abort();
}

static void hold_model(const struct control_record *record, struct buffer *out) {
    struct control_record again;
    struct error error;
    if (record->file.len == 0 || record->file.len > MODEL_FILE_BYTES_MAX)
        abort();
    if (!control_record_write_model(out, buffer_slice(&record->file), record->sha256, record->time, &error))
        return; /* larger than a record may be */
    read_again(&again, out);
    if (again.time != record->time || !slice_equal(buffer_slice(&again.file), buffer_slice(&record->file)))
        abort();
    control_record_free(&again);
}

static void hold_tick(const struct control_record *record, struct buffer *out) {
    struct control_record again;
    struct error error;
    const struct tick *a = &record->tick, *b = &again.tick;
    if (!control_record_write_tick(out, a, &error))
        abort();
    read_again(&again, out);
    if (a->up_to != b->up_to || a->model != b->model || a->n_after != b->n_after || due_place_compare(&a->from, &b->from) != 0 ||
        due_place_compare(&a->to, &b->to) != 0)
        abort();
    control_record_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct control_record record;
    struct error error = { "" };
    if (!control_record_read(&record, (struct slice){ (const char *)data, size }, &error)) {
        if (error.text[0] == '\0' || record.file.data != NULL)
            abort();
        return 0;
    }
    struct buffer out = { 0 };
    if (record.type == CONTROL_TICK)
        hold_tick(&record, &out);
    else
        hold_model(&record, &out);
    buffer_free(&out);
    control_record_free(&record);
    return 0;
}
