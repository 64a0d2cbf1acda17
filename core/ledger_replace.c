/* What control records make of a ledger: an import sets it, an erasure empties it (design, section 8). */
#include "ledger_ring.h"

static bool base_begins_by(const struct ledger_base *base, int64_t at) {
    return (base->online.orders > 0 && base->online.first_at <= at) || (base->offline.orders > 0 && base->offline.first_at <= at);
}

static bool base_ends_after(const struct ledger_base *base, int64_t at) {
    return (base->online.orders > 0 && base->online.last_at > at) || (base->offline.orders > 0 && base->offline.last_at > at);
}

/* Adds the entry's value, which may not leave 64 bits. */
static bool add_value(int64_t *value, const struct ledger_entry *entry) {
    return entry->voided || !__builtin_add_overflow(*value, entry->amount - entry->returned, value);
}

static bool add_values(int64_t *value, const struct ledger *ledger) {
    *value = 0;
    bool fits = !__builtin_add_overflow(ledger->base.online.value, ledger->base.offline.value, value);
    for (int i = 0; i < ledger->n_orders && fits; i++)
        fits = add_value(value, &ledger->orders[i]);
    return fits;
}

/* Returns that came before their order. Where the import knows one of them it knows them all: their sum cannot be told apart. */
static void take_returns(struct ledger_entry *entry, const struct ledger_entry *waiting) {
    if (entry->n_returns + waiting->n_returns > LEDGER_RETURNS_MAX)
        return;
    for (int i = 0; i < waiting->n_returns; i++)
        if (ledger_entry_has_return(entry, waiting->returns[i]))
            return;
    for (int i = 0; i < waiting->n_returns; i++) {
        int at = entry->n_returns++;
        for (; at > 0 && entry->returns[at - 1] > waiting->returns[i]; at--)
            entry->returns[at] = entry->returns[at - 1];
        entry->returns[at] = waiting->returns[i];
    }
    entry->whole = entry->whole || waiting->whole;
    entry->returned = ledger_returned(entry->amount, entry->returned + waiting->returned, entry->whole);
}

/* Placeholders go on waiting, unless the import brings their order. */
static void take_waiting(struct ledger *next, const struct ledger *ledger) {
    for (int i = 0; i < ledger->n_waiting; i++) {
        const struct ledger_entry *waiting = &ledger->waiting[i];
        int at = ledger_find(next->orders, next->n_orders, waiting->id_hash);
        if (at < 0) {
            next->waiting[next->n_waiting++] = *waiting;
            continue;
        }
        next->orders[at].voided = next->orders[at].voided || waiting->voided;
        take_returns(&next->orders[at], waiting);
    }
}

/* The imported ledger without what was erased, and what waited for its orders applied: one that falls out later is summed up. */
static void take_imported(struct ledger *next, const struct ledger *imported, int64_t erased_at, const struct ledger *ledger) {
    ledger_init(next, LEDGER_ORDERS_MAX);
    next->base = imported->base;
    for (int i = 0; i < imported->n_orders; i++)
        if (erased_at == TIME_NONE || imported->orders[i].time > erased_at)
            next->orders[next->n_orders++] = imported->orders[i];
    take_waiting(next, ledger);
}

enum ledger_verdict ledger_import(struct ledger *ledger, const struct ledger *imported, int64_t until, int64_t erased_at) {
    if (base_ends_after(&ledger->base, until) || (erased_at != TIME_NONE && base_begins_by(&imported->base, erased_at)))
        return LEDGER_INSEPARABLE;
    struct ledger next, result;
    int64_t value;
    take_imported(&next, imported, erased_at, ledger);
    if (!add_values(&value, &next))
        return LEDGER_OVERFLOW;
    ledger_init(&result, ledger->capacity);
    result.base = next.base;
    result.n_waiting = next.n_waiting;
    memcpy(result.waiting, next.waiting, next.n_waiting * sizeof *next.waiting);
    for (int i = 0; i < next.n_orders; i++)
        ledger_insert(&result, &next.orders[i]);
    for (int i = 0; i < ledger->n_orders; i++) {
        const struct ledger_entry *entry = &ledger->orders[i];
        if (entry->time <= until || ledger_find(next.orders, next.n_orders, entry->id_hash) >= 0)
            continue;
        if (!add_value(&value, entry))
            return LEDGER_OVERFLOW;
        ledger_insert(&result, entry);
    }
    *ledger = result;
    return LEDGER_APPLIED;
}

void ledger_erase(struct ledger *ledger, int64_t at) {
    uint16_t kept = 0;
    for (int i = 0; i < ledger->n_orders; i++)
        if (ledger->orders[i].time > at)
            ledger->orders[kept++] = ledger->orders[i];
    ledger_init(ledger, ledger->capacity);
    ledger->n_orders = kept;
}
