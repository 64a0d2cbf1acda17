/* State records from hostile hands: reading refuses, or accepts exactly what writing would have written. Build with
   -fsanitize=fuzzer,address,undefined. */
#include "obek/state_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct customer customer;
    static struct buffer bytes;
    struct error error;
    struct slice input = { (const char *)data, size };
    if (state_record_read(&customer, input, LEDGER_ORDERS_DEFAULT, &error) != STATE_OK)
        return 0;
    buffer_clear(&bytes);
    state_record_write(&bytes, &customer);
    if (data[8] == 1) /* the version before: written as the present one, and nothing else changes */
        bytes.data[8] = 1;
    if (!slice_equal(buffer_slice(&bytes), input))
        abort();
    /* what is accepted can be reckoned with */
    struct ledger_summary summary = ledger_summarise(&customer.ledger);
    if (summary_value(&summary) < 0 || (summary_orders(&summary) > 0) != (summary.last_at != TIME_NONE))
        abort();
    return 0;
}
