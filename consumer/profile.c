#include "profile.h"
#include "obek/instant.h"

static struct slice instant_slice(struct arena *arena, int64_t ms) {
    char text[40];
    instant_text(ms, text);
    return arena_copy(arena, slice_of(text));
}

static size_t segment_fields(struct slice *out, struct arena *arena, const struct customer *customer) {
    size_t n = 0;
    for (uint8_t i = 0; i < customer->n_schemes; i++) {
        const struct scheme_state *state = &customer->schemes[i];
        if (state->segment.len == 0)
            continue;
        out[2 * n] = arena_join(arena, "segment:", name_slice(&state->scheme));
        out[2 * n + 1] = arena_copy(arena, name_slice(&state->segment));
        out[2 * n + 2] = arena_join(arena, "since:", name_slice(&state->scheme));
        out[2 * n + 3] = instant_slice(arena, state->since);
        n += 2;
    }
    return n;
}

size_t profile_fields(struct slice *out, struct arena *arena, const struct customer *customer, const struct config *config) {
    if (config->redis_readable == READABLE_OFF)
        return 0;
    size_t n = segment_fields(out, arena, customer);
    struct ledger_summary summary = ledger_summarise(&customer->ledger);
    if (config->redis_readable != READABLE_FULL || summary_orders(&summary) == 0)
        return n;
    char value[32];
    money_text(summary_value(&summary), currency_decimals(slice_of(config->currency_base)), value);
    struct slice *at = out + 2 * n;
    at[0] = slice_of("orders");
    at[1] = arena_number(arena, summary_orders(&summary));
    at[2] = slice_of("value");
    at[3] = arena_copy(arena, slice_of(value));
    at[4] = slice_of("last_order");
    at[5] = instant_slice(arena, summary.last_at);
    return n + 3;
}
