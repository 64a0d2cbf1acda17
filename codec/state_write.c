/* Writes the state record: docs/formats.md, "State record". */
#include "state_format.h"

#define VARINT_MAX 10
#define ENTRY_MAX (8 + 1 + 3 * VARINT_MAX + 1 + 8 * LEDGER_RETURNS_MAX + 2 * ORDER_CATEGORIES_MAX)
#define FIXED_MAX                                                                                                                \
    (STATE_REVISION_SIZE + 2 + 6 * VARINT_MAX + 1 + STATE_NAMES_MAX * (1 + NAME_LENGTH_MAX) + 1 +                                \
     MODEL_SCHEMES_MAX * (2 + VARINT_MAX + 8) + 1 + CUSTOMER_HISTORY_MAX * (4 + VARINT_MAX) + 9 * VARINT_MAX + 1 +               \
     LEDGER_BASE_CATEGORIES_MAX * (2 + VARINT_MAX) + 3 * VARINT_MAX + 4 * STATE_CATEGORIES_MAX)

struct writer {
    unsigned char *at;
    int n_names, n_categories;
    const struct name *names[STATE_NAMES_MAX];
    uint32_t categories[STATE_CATEGORIES_MAX];
};

static void put_byte(struct writer *w, unsigned value) {
    *w->at++ = (unsigned char)value;
}

static void put_bytes(struct writer *w, const void *data, size_t len) {
    memcpy(w->at, data, len);
    w->at += len;
}

static void put_fixed(struct writer *w, uint64_t value, int size) {
    for (int i = 0; i < size; i++)
        put_byte(w, (unsigned)(value >> (8 * i)) & 0xff);
}

static void put_varint(struct writer *w, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        put_byte(w, (unsigned)(value & 0x7f) | 0x80);
    put_byte(w, (unsigned)value);
}

static void put_zigzag(struct writer *w, int64_t value) {
    put_varint(w, ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

/* The reference of a name: 0 for none, else 1 + its place in the table. */
static unsigned name_reference(struct writer *w, const struct name *name) {
    if (name->len == 0)
        return 0;
    for (int i = 0; i < w->n_names; i++)
        if (name_equal(w->names[i], name))
            return (unsigned)i + 1;
    w->names[w->n_names++] = name;
    return (unsigned)w->n_names;
}

static unsigned category_reference(struct writer *w, uint32_t code) {
    for (int i = 0; i < w->n_categories; i++)
        if (w->categories[i] == code)
            return (unsigned)i + 1;
    w->categories[w->n_categories++] = code;
    return (unsigned)w->n_categories;
}

/* The names of a new reference follow it at once. */
static void put_name(struct writer *w, const struct name *name) {
    int known = w->n_names;
    put_byte(w, name_reference(w, name));
    if (w->n_names == known)
        return;
    put_byte(w, name->len);
    put_bytes(w, name->text, name->len);
}

static void put_category(struct writer *w, uint32_t code) {
    int known = w->n_categories;
    put_varint(w, category_reference(w, code));
    if (w->n_categories > known)
        put_fixed(w, code, 4);
}

static void put_double(struct writer *w, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_fixed(w, bits, 8);
}

static void put_head(struct writer *w, const struct customer *customer) {
    for (int i = STATE_REVISION_SIZE - 1; i >= 0; i--)
        put_byte(w, (unsigned)(customer->revision >> (8 * i)) & 0xff);
    put_byte(w, STATE_VERSION);
    unsigned flags = 0;
    flags |= customer->as_of != TIME_NONE ? STATE_HAS_AS_OF : 0;
    flags |= customer->due != TIME_NEVER ? STATE_HAS_DUE : 0;
    flags |= customer->ledger.base.fallen > 0 ? STATE_HAS_BASE : 0;
    flags |= customer->imported_until != TIME_NONE ? STATE_IMPORTED : 0;
    flags |= customer->erased_at != TIME_NONE ? STATE_ERASED : 0;
    put_byte(w, flags);
    put_varint(w, customer->sequence);
    put_zigzag(w, customer->model);
    if (customer->as_of != TIME_NONE)
        put_zigzag(w, customer->as_of);
    if (customer->due != TIME_NEVER)
        put_varint(w, (uint64_t)wrapping_minus(customer->due, state_epoch(customer)));
    if (customer->imported_until != TIME_NONE)
        put_zigzag(w, wrapping_minus(state_epoch(customer), customer->imported_until));
    if (customer->erased_at != TIME_NONE)
        put_zigzag(w, wrapping_minus(state_epoch(customer), customer->erased_at));
}

static void put_schemes(struct writer *w, const struct customer *customer) {
    put_byte(w, customer->n_schemes);
    for (int i = 0; i < customer->n_schemes; i++) {
        const struct scheme_state *state = &customer->schemes[i];
        put_name(w, &state->scheme);
        put_name(w, &state->segment);
        put_zigzag(w, wrapping_minus(state_epoch(customer), state->since));
        put_double(w, state->margin);
    }
}

static void put_history(struct writer *w, const struct customer *customer) {
    int64_t before = state_epoch(customer);
    put_byte(w, customer->n_history);
    for (int i = 0; i < customer->n_history; i++) {
        const struct past_transition *past = &customer->history[i];
        put_name(w, &past->scheme);
        put_name(w, &past->from);
        put_name(w, &past->to);
        put_byte(w, past->cause);
        put_zigzag(w, wrapping_minus(past->occurred_at, before));
        before = past->occurred_at;
    }
}

static void put_side(struct writer *w, const struct ledger_side *side, int64_t epoch) {
    put_varint(w, (uint64_t)side->orders);
    if (side->orders == 0)
        return;
    put_varint(w, (uint64_t)side->value);
    put_zigzag(w, wrapping_minus(epoch, side->last_at));
    put_varint(w, (uint64_t)wrapping_minus(side->last_at, side->first_at));
}

static void put_base(struct writer *w, const struct ledger_base *base, int64_t epoch) {
    put_varint(w, (uint64_t)base->fallen);
    put_side(w, &base->online, epoch);
    put_side(w, &base->offline, epoch);
    put_byte(w, base->n_categories);
    for (int i = 0; i < base->n_categories; i++) {
        put_category(w, base->categories[i].code);
        put_zigzag(w, wrapping_minus(epoch, base->categories[i].last_at));
    }
}

static void put_entry_head(struct writer *w, const struct ledger_entry *entry) {
    unsigned flags = (unsigned)entry->n_categories << ENTRY_CATEGORIES_SHIFT;
    flags |= entry->voided ? ENTRY_VOIDED : 0;
    flags |= entry->offline ? ENTRY_OFFLINE : 0;
    flags |= entry->whole ? ENTRY_WHOLE : 0;
    flags |= entry->n_returns > 0 ? ENTRY_HAS_RETURNS : 0;
    put_fixed(w, entry->id_hash, 8);
    put_byte(w, flags);
}

static void put_entry_tail(struct writer *w, const struct ledger_entry *entry) {
    if (entry->n_returns > 0) {
        put_byte(w, entry->n_returns);
        for (int i = 0; i < entry->n_returns; i++)
            put_fixed(w, entry->returns[i], 8);
        put_varint(w, (uint64_t)entry->returned);
    }
    for (int i = 0; i < entry->n_categories; i++)
        put_category(w, entry->categories[i]);
}

static void put_orders(struct writer *w, const struct ledger *ledger, int64_t epoch) {
    put_varint(w, ledger->n_orders);
    for (int i = 0; i < ledger->n_orders; i++) {
        const struct ledger_entry *entry = &ledger->orders[i];
        put_entry_head(w, entry);
        if (i == 0)
            put_zigzag(w, wrapping_minus(epoch, entry->time));
        else
            put_varint(w, (uint64_t)wrapping_minus(entry->time, entry[-1].time));
        put_varint(w, (uint64_t)entry->amount);
        put_entry_tail(w, entry);
    }
    put_byte(w, ledger->n_waiting);
    for (int i = 0; i < ledger->n_waiting; i++) {
        put_entry_head(w, &ledger->waiting[i]);
        put_entry_tail(w, &ledger->waiting[i]);
    }
}

void state_record_write(struct buffer *out, const struct customer *customer) {
    const struct ledger *ledger = &customer->ledger;
    size_t entries = (size_t)ledger->n_orders + ledger->n_waiting;
    struct writer w;
    w.at = (unsigned char *)buffer_reserve(out, FIXED_MAX + entries * ENTRY_MAX);
    const unsigned char *start = w.at;
    w.n_names = w.n_categories = 0;
    put_head(&w, customer);
    put_schemes(&w, customer);
    put_history(&w, customer);
    if (ledger->base.fallen > 0)
        put_base(&w, &ledger->base, state_epoch(customer));
    put_orders(&w, ledger, state_epoch(customer));
    out->len += (size_t)(w.at - start);
}
