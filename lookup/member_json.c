#include "member_json.h"

const struct scheme_state *member_state(const struct customer *customer, const struct name *scheme, const struct name *segment) {
    for (int i = 0; i < customer->n_schemes; i++) {
        const struct scheme_state *state = &customer->schemes[i];
        if (name_equal(&state->scheme, scheme) && name_equal(&state->segment, segment))
            return state;
    }
    return NULL;
}

json_t *member_json(const struct reading *reading, struct slice id, const struct customer *customer,
                    const struct scheme_state *state) {
    char since[32], value[32], last[32], due[32];
    struct ledger_summary summary = ledger_summarise(&customer->ledger);
    return json_pack("{s:o, s:s, s:s, s:s, s:s?}", "customer_id", json_stringn(id.data, id.len), "since",
                     reading_instant(state->since, since), "value", reading_money(reading, summary_value(&summary), value),
                     "last_order", reading_instant(summary.last_at, last), "due",
                     customer->due == TIME_NEVER ? NULL : reading_instant(customer->due, due));
}
