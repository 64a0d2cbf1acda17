/* Reads the state record: docs/formats.md, "State record". The bytes are hostile: every length and count is checked, and only
   what state_record_write would write is accepted. */
#include "state_reader.h"

#define INSTANT_LIMIT (INT64_C(1) << 53)

static int64_t get_before(struct reader *r, int64_t epoch) {
    return wrapping_minus(epoch, get_zigzag(r));
}

/* An instant of an order: not after the last evaluation, and far from where arithmetic would not be exact. */
static int64_t get_order_time(struct reader *r, int64_t epoch) {
    int64_t at = get_before(r, epoch);
    demand(r, at <= epoch && at >= -INSTANT_LIMIT, "order time out of range");
    return at;
}

static void get_new_name(struct reader *r) {
    size_t len = get_byte(r);
    demand(r, len >= 1 && len <= NAME_LENGTH_MAX && r->n_names < STATE_NAMES_MAX, "bad name length");
    if (r->problem != NULL)
        return;
    struct name *name = &r->names[r->n_names];
    demand(r, name_set(name, (struct slice){ (const char *)take(r, len), len }), "bad name");
    for (int i = 0; i < r->n_names && r->problem == NULL; i++)
        demand(r, !name_equal(&r->names[i], name), "name given twice");
    r->n_names++;
}

static void get_name(struct reader *r, struct name *name) {
    unsigned reference = get_byte(r);
    if (reference == (unsigned)r->n_names + 1)
        get_new_name(r);
    demand(r, reference <= (unsigned)r->n_names, "unknown name");
    if (reference == 0 || r->problem != NULL) {
        name->len = 0;
        name->text[0] = '\0';
        return;
    }
    *name = r->names[reference - 1];
}

static uint32_t get_category(struct reader *r) {
    uint64_t reference = get_varint(r);
    if (reference == (uint64_t)r->n_categories + 1 && r->n_categories < STATE_CATEGORIES_MAX) {
        uint32_t code = (uint32_t)get_fixed(r, 4);
        for (int i = 0; i < r->n_categories && r->problem == NULL; i++)
            demand(r, r->categories[i] != code, "category given twice");
        r->categories[r->n_categories++] = code;
        return code;
    }
    demand(r, reference >= 1 && reference <= (uint64_t)r->n_categories, "unknown category");
    return r->problem == NULL ? r->categories[reference - 1] : 0;
}

static double get_margin(struct reader *r) {
    uint64_t bits = get_fixed(r, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    demand(r, value >= 0 && value <= 1, "margin outside 0..1");
    return value;
}

/* Until when orders are turned away: no later than the last evaluation. */
static int64_t get_past(struct reader *r, int64_t epoch) {
    int64_t until = get_before(r, epoch);
    demand(r, until <= epoch && until >= -INSTANT_LIMIT, "imported or erased later than evaluated");
    return r->problem == NULL ? until : TIME_NONE;
}

static unsigned get_head(struct reader *r, struct customer *customer, unsigned version) {
    unsigned flags = get_byte(r);
    demand(r, (flags & ~(unsigned)(version == 1 ? STATE_FLAGS_1 : STATE_FLAGS)) == 0, "unknown flags");
    demand(r, (flags & STATE_HAS_AS_OF) != 0 || (flags & STATE_HAS_DUE) == 0, "due but never evaluated");
    customer->sequence = get_varint(r);
    customer->model = get_zigzag(r);
    customer->as_of = TIME_NONE;
    customer->due = TIME_NEVER;
    if ((flags & STATE_HAS_AS_OF) != 0) {
        customer->as_of = get_zigzag(r);
        demand(r, customer->as_of >= -INSTANT_LIMIT && customer->as_of <= INSTANT_LIMIT, "as_of out of range");
    }
    if ((flags & STATE_HAS_DUE) != 0) {
        int64_t ahead = get_count(r, DUE_HORIZON_MS, "due out of range");
        demand(r, ahead > 0, "due out of range");
        customer->due = r->problem == NULL ? customer->as_of + ahead : TIME_NEVER;
    }
    bool imported = (flags & STATE_IMPORTED) != 0, erased = (flags & STATE_ERASED) != 0;
    demand(r, customer->as_of != TIME_NONE || !(imported || erased), "imported or erased but never evaluated");
    customer->imported_until = imported ? get_past(r, state_epoch(customer)) : TIME_NONE;
    customer->erased_at = erased ? get_past(r, state_epoch(customer)) : TIME_NONE;
    demand(r, !imported || customer->imported_until > customer->erased_at, "imported before it was erased");
    return flags;
}

static void get_schemes(struct reader *r, struct customer *customer) {
    unsigned n = get_byte(r);
    demand(r, n <= MODEL_SCHEMES_MAX, "too many schemes");
    customer->n_schemes = 0;
    for (unsigned i = 0; i < n && r->problem == NULL; i++) {
        struct scheme_state *state = &customer->schemes[i];
        get_name(r, &state->scheme);
        demand(r, state->scheme.len > 0, "scheme without a name");
        for (unsigned before = 0; before < i; before++)
            demand(r, !name_equal(&customer->schemes[before].scheme, &state->scheme), "scheme given twice");
        get_name(r, &state->segment);
        state->since = get_before(r, state_epoch(customer));
        state->margin = get_margin(r);
        customer->n_schemes++;
    }
}

static void get_history(struct reader *r, struct customer *customer) {
    unsigned n = get_byte(r);
    int64_t before = state_epoch(customer);
    demand(r, n <= CUSTOMER_HISTORY_MAX, "too much history");
    customer->n_history = 0;
    for (unsigned i = 0; i < n && r->problem == NULL; i++) {
        struct past_transition *past = &customer->history[i];
        get_name(r, &past->scheme);
        get_name(r, &past->from);
        get_name(r, &past->to);
        demand(r, past->scheme.len > 0 && past->from.len + past->to.len > 0, "transition without names");
        unsigned cause = get_byte(r);
        demand(r, cause <= CAUSE_ERASE, "unknown cause");
        past->cause = (enum cause)cause;
        before = past->occurred_at = wrapping_plus(before, get_zigzag(r));
        customer->n_history++;
    }
}

/* Adds to the customer's value, which must fit. */
static void add_value(struct reader *r, int64_t *total, int64_t value) {
    demand(r, !__builtin_add_overflow(*total, value, total), "value out of range");
}

static void get_side(struct reader *r, struct ledger_side *side, int64_t epoch, int64_t *total) {
    *side = (struct ledger_side){ 0, 0, TIME_NONE, TIME_NONE };
    side->orders = get_count(r, INT64_MAX / 4, "count out of range");
    if (side->orders == 0)
        return;
    side->value = get_count(r, INT64_MAX, "value out of range");
    add_value(r, total, side->value);
    side->last_at = get_order_time(r, epoch);
    side->first_at = wrapping_minus(side->last_at, get_count(r, 2 * INSTANT_LIMIT, "order time out of range"));
    demand(r, side->first_at >= -INSTANT_LIMIT, "order time out of range");
}

static void get_base(struct reader *r, struct ledger_base *base, int64_t epoch, int64_t *total) {
    base->fallen = get_count(r, INT64_MAX, "count out of range");
    demand(r, base->fallen > 0, "empty base");
    get_side(r, &base->online, epoch, total);
    get_side(r, &base->offline, epoch, total);
    demand(r, base->online.orders + base->offline.orders <= base->fallen, "more orders than fell out");
    unsigned n = get_byte(r);
    demand(r, n <= LEDGER_BASE_CATEGORIES_MAX, "too many categories");
    for (unsigned i = 0; i < n && r->problem == NULL; i++) {
        struct ledger_category *category = &base->categories[i];
        category->code = get_category(r);
        demand(r, i == 0 || category[-1].code < category->code, "categories out of order");
        category->last_at = get_order_time(r, epoch);
        base->n_categories++;
    }
}

static void get_entry_head(struct reader *r, struct ledger_entry *entry, unsigned *flags) {
    entry->id_hash = get_fixed(r, 8);
    *flags = get_byte(r);
    entry->voided = (*flags & ENTRY_VOIDED) != 0;
    entry->offline = (*flags & ENTRY_OFFLINE) != 0;
    entry->whole = (*flags & ENTRY_WHOLE) != 0;
    entry->n_categories = (uint8_t)(*flags >> ENTRY_CATEGORIES_SHIFT);
    demand(r, entry->n_categories <= ORDER_CATEGORIES_MAX, "too many categories");
}

static void get_returns(struct reader *r, struct ledger_entry *entry) {
    unsigned n = get_byte(r);
    demand(r, n >= 1 && n <= LEDGER_RETURNS_MAX, "bad number of returns");
    for (unsigned i = 0; i < n && r->problem == NULL; i++) {
        entry->returns[i] = get_fixed(r, 8);
        demand(r, i == 0 || entry->returns[i - 1] < entry->returns[i], "returns out of order");
        entry->n_returns++;
    }
    entry->returned = get_count(r, LEDGER_RETURNS_MAX * ORDER_AMOUNT_MAX, "returned amount out of range");
}

static void get_entry_tail(struct reader *r, struct ledger_entry *entry, unsigned flags) {
    entry->n_returns = 0;
    entry->returned = 0;
    if ((flags & ENTRY_HAS_RETURNS) != 0)
        get_returns(r, entry);
    demand(r, !entry->whole || entry->n_returns > 0, "returned without a return");
    for (int i = 0; i < entry->n_categories && r->problem == NULL; i++) {
        entry->categories[i] = get_category(r);
        demand(r, i == 0 || entry->categories[i - 1] < entry->categories[i], "categories out of order");
    }
}

static void get_order(struct reader *r, struct ledger_entry *entry, const struct ledger_entry *before, int64_t epoch,
                      int64_t *total) {
    unsigned flags;
    get_entry_head(r, entry, &flags);
    if (before == NULL) {
        entry->time = get_order_time(r, epoch);
    } else {
        int64_t later = get_count(r, 2 * INSTANT_LIMIT, "order time out of range");
        entry->time = r->problem == NULL ? before->time + later : 0;
        demand(r, entry->time <= epoch, "order time out of range");
        demand(r, later > 0 || before->id_hash < entry->id_hash, "orders out of order");
    }
    entry->amount = get_count(r, ORDER_AMOUNT_MAX, "amount out of range");
    get_entry_tail(r, entry, flags);
    demand(r, entry->whole ? entry->returned == entry->amount : entry->returned <= entry->amount, "more returned than bought");
    if (!entry->voided)
        add_value(r, total, entry->amount - entry->returned);
}

static void get_waiting(struct reader *r, struct ledger_entry *entry, const struct ledger_entry *before) {
    unsigned flags;
    get_entry_head(r, entry, &flags);
    entry->time = entry->amount = 0;
    get_entry_tail(r, entry, flags);
    demand(r, !entry->offline && entry->n_categories == 0 && (entry->voided || entry->n_returns > 0), "waits for nothing");
    demand(r, before == NULL || before->id_hash < entry->id_hash, "waiting entries out of order");
}

static void get_ledger(struct reader *r, struct ledger *ledger, unsigned flags, int64_t epoch) {
    int64_t total = 0;
    if ((flags & STATE_HAS_BASE) != 0)
        get_base(r, &ledger->base, epoch, &total);
    int64_t n = get_count(r, ledger->capacity, "more orders than the ledger holds");
    for (int64_t i = 0; i < n && r->problem == NULL; i++) {
        get_order(r, &ledger->orders[i], i > 0 ? &ledger->orders[i - 1] : NULL, epoch, &total);
        ledger->n_orders++;
    }
    n = get_count(r, LEDGER_WAITING_MAX, "too many waiting entries");
    for (int64_t i = 0; i < n && r->problem == NULL; i++) {
        get_waiting(r, &ledger->waiting[i], i > 0 ? &ledger->waiting[i - 1] : NULL);
        ledger->n_waiting++;
    }
}

uint64_t state_record_revision(struct slice bytes) {
    uint64_t revision = 0;
    for (size_t i = 0; i < STATE_REVISION_SIZE && bytes.len >= STATE_REVISION_SIZE; i++)
        revision = revision << 8 | (unsigned char)bytes.data[i];
    return revision;
}

static void get_customer(struct reader *r, struct customer *customer, unsigned version) {
    unsigned flags = get_head(r, customer, version);
    get_schemes(r, customer);
    get_history(r, customer);
    get_ledger(r, &customer->ledger, flags, state_epoch(customer));
    demand(r, customer->as_of != TIME_NONE || customer->ledger.n_orders + customer->ledger.base.fallen == 0,
           "orders but never evaluated");
    demand(r, r->at == r->end, "more bytes than the record has");
}

enum state_status state_record_read(struct customer *customer, struct slice bytes, uint16_t ledger_capacity,
                                    struct error *error) {
    struct reader r;
    r.start = r.at = (const unsigned char *)bytes.data;
    r.end = r.start + bytes.len;
    r.problem = NULL;
    r.n_names = r.n_categories = 0;
    ledger_init(&customer->ledger, ledger_capacity);
    customer->revision = state_record_revision(bytes);
    take(&r, STATE_REVISION_SIZE);
    unsigned version = get_byte(&r);
    if (r.problem == NULL && version > STATE_VERSION) {
        error_set(error, "state record of version %u; this obek knows up to %d", version, STATE_VERSION);
        return STATE_NEWER;
    }
    demand(&r, version > 0, "no version");
    get_customer(&r, customer, version);
    if (r.problem == NULL)
        return STATE_OK;
    error_set(error, "state record: %s at byte %zu of %zu", r.problem, r.problem_at, bytes.len);
    return STATE_CORRUPT;
}
