/* Control records from hostile hands: refused with a reason, or what it says reads back: a file that is what its hash says, a
   tick, the ledgers of an import, an erasure. Build with -fsanitize=fuzzer,address,undefined. */
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

static void write_import(const struct control_record *record, struct buffer *out) {
    static struct ledger ledger;
    struct buffer customers = { 0 };
    struct error error;
    for (size_t i = 0; i < record->n_customers; i++) {
        const struct import_customer *customer = &record->customers[i];
        ledger_init(&ledger, LEDGER_ORDERS_MAX);
        ledger.base = customer->base;
        ledger.n_orders = customer->n_orders;
        for (uint16_t k = 0; k < customer->n_orders; k++)
            ledger.orders[k] = customer->orders[k];
        if (i > 0)
            buffer_append_text(&customers, ",");
        struct import_history history = { .ledger = &ledger, .n_came_to = customer->n_came_to };
        memcpy(history.came_to, customer->came_to, (size_t)customer->n_came_to * sizeof *customer->came_to);
        if (!control_record_write_customer(&customers, customer->id, &history, &error))
            abort();
    }
    control_record_write_import(out, &record->import, buffer_slice(&customers));
    if (out->len > customers.len + CONTROL_IMPORT_FRAME_MAX)
        abort();
    buffer_free(&customers);
}

static void hold_import(const struct control_record *record, struct buffer *out) {
    struct control_record again;
    struct buffer twice = { 0 };
    write_import(record, out);
    read_again(&again, out);
    write_import(&again, &twice);
    if (again.n_customers != record->n_customers || !slice_equal(buffer_slice(out), buffer_slice(&twice)))
        abort();
    buffer_free(&twice);
    control_record_free(&again);
}

static void hold_erase(const struct control_record *record, struct buffer *out) {
    struct control_record again;
    struct error error;
    if (!control_record_write_erase(out, record->erased, record->time, &error))
        abort();
    read_again(&again, out);
    if (!slice_equal(again.erased, record->erased) || again.time != record->time)
        abort();
    control_record_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const hold[])(const struct control_record *, struct buffer *) = {
        [CONTROL_MODEL] = hold_model, [CONTROL_TICK] = hold_tick, [CONTROL_IMPORT] = hold_import, [CONTROL_ERASE] = hold_erase
    };
    struct control_record record;
    struct error error = { "" };
    if (!control_record_read(&record, (struct slice){ (const char *)data, size }, &error)) {
        if (error.text[0] == '\0' || record.file.data != NULL)
            abort();
        return 0;
    }
    struct buffer out = { 0 };
    hold[record.type](&record, &out);
    buffer_free(&out);
    control_record_free(&record);
    return 0;
}
