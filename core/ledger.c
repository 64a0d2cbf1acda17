#include "ledger_ring.h"
#include "must.h"

static struct ledger_side empty_side(void) {
    return (struct ledger_side){ 0, 0, TIME_NONE, TIME_NONE };
}

void ledger_init(struct ledger *ledger, uint16_t capacity) {
    MUST(capacity >= 1 && capacity <= LEDGER_ORDERS_MAX);
    ledger->capacity = capacity;
    ledger->n_orders = 0;
    ledger->n_waiting = 0;
    ledger->base.fallen = 0;
    ledger->base.online = empty_side();
    ledger->base.offline = empty_side();
    ledger->base.n_categories = 0;
}

int ledger_find(const struct ledger_entry *entries, int n, uint64_t id_hash) {
    for (int i = 0; i < n; i++)
        if (entries[i].id_hash == id_hash)
            return i;
    return -1;
}

/* The entry the record is about: in the ring, else among the placeholders, else NULL. */
static const struct ledger_entry *find_entry(const struct ledger *ledger, uint64_t id_hash) {
    int at = ledger_find(ledger->orders, ledger->n_orders, id_hash);
    if (at >= 0)
        return &ledger->orders[at];
    at = ledger_find(ledger->waiting, ledger->n_waiting, id_hash);
    return at >= 0 ? &ledger->waiting[at] : NULL;
}

bool ledger_knows(const struct ledger *ledger, uint64_t order_hash) {
    return find_entry(ledger, order_hash) != NULL;
}

bool ledger_entry_has_return(const struct ledger_entry *entry, uint64_t hash) {
    for (int i = 0; i < entry->n_returns; i++)
        if (entry->returns[i] == hash)
            return true;
    return false;
}

static int64_t net_value(const struct ledger_entry *entry) {
    return entry->amount - entry->returned;
}

int64_t ledger_returned(int64_t amount, int64_t sum, bool whole) {
    return whole || sum > amount ? amount : sum;
}

/* The order's entry, with what a placeholder already knows of it (waiting may be NULL). */
static struct ledger_entry order_entry(const struct order *order, const struct ledger_entry *waiting) {
    struct ledger_entry entry = { .id_hash = order->order_hash };
    if (waiting != NULL)
        entry = *waiting;
    entry.time = order->occurred_at;
    entry.amount = order->amount;
    entry.returned = ledger_returned(order->amount, entry.returned, entry.whole);
    entry.offline = order->offline;
    entry.n_categories = order->n_categories;
    memcpy(entry.categories, order->categories, order->n_categories * sizeof *order->categories);
    return entry;
}

static int64_t total_value(const struct ledger *ledger) {
    int64_t value = ledger->base.online.value + ledger->base.offline.value;
    for (int i = 0; i < ledger->n_orders; i++)
        if (!ledger->orders[i].voided)
            value += net_value(&ledger->orders[i]);
    return value;
}

static enum ledger_verdict check_order(const struct ledger *ledger, const struct order *order) {
    const struct ledger_entry *known = find_entry(ledger, order->order_hash);
    bool waited_for = known != NULL && ledger_find(ledger->orders, ledger->n_orders, order->order_hash) < 0;
    if (known != NULL && !waited_for)
        return LEDGER_DUPLICATE;
    struct ledger_entry entry = order_entry(order, known);
    int64_t value;
    if (!entry.voided && __builtin_add_overflow(total_value(ledger), net_value(&entry), &value))
        return LEDGER_OVERFLOW;
    return LEDGER_APPLIED;
}

static enum ledger_verdict check_unknown(const struct ledger *ledger) {
    if (ledger->base.fallen > 0)
        return LEDGER_UNKNOWN_ORDER;
    return ledger->n_waiting == LEDGER_WAITING_MAX ? LEDGER_TOO_MANY_WAITING : LEDGER_APPLIED;
}

enum ledger_verdict ledger_check(const struct ledger *ledger, const struct order *order) {
    if (order->occurred_at < ORDER_TIME_MIN || order->occurred_at > ORDER_TIME_MAX)
        return LEDGER_TIME_RANGE;
    if (order->kind == KIND_ORDER)
        return check_order(ledger, order);
    const struct ledger_entry *entry = find_entry(ledger, order->order_hash);
    if (entry == NULL)
        return check_unknown(ledger);
    if (order->kind == KIND_CANCELLATION)
        return entry->voided ? LEDGER_DUPLICATE : LEDGER_APPLIED;
    if (ledger_entry_has_return(entry, order->return_hash))
        return LEDGER_DUPLICATE;
    return entry->n_returns == LEDGER_RETURNS_MAX ? LEDGER_TOO_MANY_RETURNS : LEDGER_APPLIED;
}

static void side_add(struct ledger_side *side, int64_t value, int64_t time) {
    if (side->orders == 0 || time < side->first_at)
        side->first_at = time;
    if (side->orders == 0 || time > side->last_at)
        side->last_at = time;
    side->orders++;
    side->value += value;
}

static bool category_older(const struct ledger_category *a, const struct ledger_category *b) {
    return a->last_at != b->last_at ? a->last_at < b->last_at : a->code < b->code;
}

static void drop_oldest_category(struct ledger_category *categories, int n) {
    int oldest = 0;
    for (int i = 1; i < n; i++)
        if (category_older(&categories[i], &categories[oldest]))
            oldest = i;
    memmove(&categories[oldest], &categories[oldest + 1], (size_t)(n - oldest - 1) * sizeof *categories);
}

static void base_add_category(struct ledger_base *base, uint32_t code, int64_t time) {
    struct ledger_category all[LEDGER_BASE_CATEGORIES_MAX + 1];
    int n = base->n_categories, at = 0;
    while (at < n && base->categories[at].code < code)
        at++;
    if (at < n && base->categories[at].code == code) {
        if (time > base->categories[at].last_at)
            base->categories[at].last_at = time;
        return;
    }
    memcpy(all, base->categories, (size_t)at * sizeof *all);
    all[at] = (struct ledger_category){ code, time };
    memcpy(&all[at + 1], &base->categories[at], (size_t)(n - at) * sizeof *all);
    if (++n > LEDGER_BASE_CATEGORIES_MAX)
        drop_oldest_category(all, n--);
    memcpy(base->categories, all, (size_t)n * sizeof *all);
    base->n_categories = (uint8_t)n;
}

static void fall(struct ledger_base *base, const struct ledger_entry *entry) {
    base->fallen++;
    if (entry->voided)
        return;
    side_add(entry->offline ? &base->offline : &base->online, net_value(entry), entry->time);
    for (int i = 0; i < entry->n_categories; i++)
        base_add_category(base, entry->categories[i], entry->time);
}

static bool entry_before(const struct ledger_entry *a, const struct ledger_entry *b) {
    return a->time != b->time ? a->time < b->time : a->id_hash < b->id_hash;
}

void ledger_insert(struct ledger *ledger, const struct ledger_entry *entry) {
    struct ledger_entry *ring = ledger->orders;
    size_t at = ledger->n_orders;
    while (at > 0 && entry_before(entry, &ring[at - 1]))
        at--;
    if (ledger->n_orders < ledger->capacity) {
        memmove(&ring[at + 1], &ring[at], (ledger->n_orders - at) * sizeof *ring);
        ring[at] = *entry;
        ledger->n_orders++;
    } else if (at == 0) {
        fall(&ledger->base, entry);
    } else {
        fall(&ledger->base, &ring[0]);
        memmove(&ring[0], &ring[1], (at - 1) * sizeof *ring);
        ring[at - 1] = *entry;
    }
}

static void apply_order(struct ledger *ledger, const struct order *order) {
    int at = ledger_find(ledger->waiting, ledger->n_waiting, order->order_hash);
    struct ledger_entry entry = order_entry(order, at >= 0 ? &ledger->waiting[at] : NULL);
    if (at >= 0) {
        size_t behind = (size_t)(ledger->n_waiting - at - 1);
        memmove(&ledger->waiting[at], &ledger->waiting[at + 1], behind * sizeof entry);
        ledger->n_waiting--;
    }
    ledger_insert(ledger, &entry);
}

static struct ledger_entry *add_waiting(struct ledger *ledger, uint64_t id_hash) {
    size_t at = ledger->n_waiting++;
    for (; at > 0 && ledger->waiting[at - 1].id_hash > id_hash; at--)
        ledger->waiting[at] = ledger->waiting[at - 1];
    ledger->waiting[at] = (struct ledger_entry){ .id_hash = id_hash };
    return &ledger->waiting[at];
}

static void add_return(struct ledger_entry *entry, const struct order *order, bool waiting) {
    size_t at = entry->n_returns++;
    for (; at > 0 && entry->returns[at - 1] > order->return_hash; at--)
        entry->returns[at] = entry->returns[at - 1];
    entry->returns[at] = order->return_hash;
    entry->whole = entry->whole || order->whole;
    if (!order->whole)
        entry->returned += order->amount; /* nine amounts of ORDER_AMOUNT_MAX fit */
    if (!waiting)
        entry->returned = ledger_returned(entry->amount, entry->returned, entry->whole);
}

enum ledger_verdict ledger_apply(struct ledger *ledger, const struct order *order) {
    enum ledger_verdict verdict = ledger_check(ledger, order);
    if (verdict != LEDGER_APPLIED)
        return verdict;
    if (order->kind == KIND_ORDER) {
        apply_order(ledger, order);
        return LEDGER_APPLIED;
    }
    int at = ledger_find(ledger->orders, ledger->n_orders, order->order_hash);
    struct ledger_entry *entry = at >= 0 ? &ledger->orders[at] : NULL;
    if (entry == NULL && (at = ledger_find(ledger->waiting, ledger->n_waiting, order->order_hash)) >= 0)
        entry = &ledger->waiting[at];
    if (entry == NULL)
        entry = add_waiting(ledger, order->order_hash);
    if (order->kind == KIND_CANCELLATION)
        entry->voided = true;
    else
        add_return(entry, order, entry >= ledger->waiting && entry < ledger->waiting + LEDGER_WAITING_MAX);
    return LEDGER_APPLIED;
}

struct ledger_summary ledger_summarise(const struct ledger *ledger) {
    struct ledger_summary s = { ledger->base.online, ledger->base.offline, TIME_NONE, TIME_NONE };
    for (int i = 0; i < ledger->n_orders; i++) {
        const struct ledger_entry *entry = &ledger->orders[i];
        if (!entry->voided)
            side_add(entry->offline ? &s.offline : &s.online, net_value(entry), entry->time);
    }
    if (summary_orders(&s) == 0)
        return s;
    bool both = s.online.orders > 0 && s.offline.orders > 0;
    const struct ledger_side *one = s.online.orders > 0 ? &s.online : &s.offline;
    s.first_at = both && s.offline.first_at < one->first_at ? s.offline.first_at : one->first_at;
    s.last_at = both && s.offline.last_at > one->last_at ? s.offline.last_at : one->last_at;
    return s;
}

const char *ledger_verdict_text(enum ledger_verdict verdict) {
    switch (verdict) {
    case LEDGER_APPLIED:
        return "applied";
    case LEDGER_DUPLICATE:
        return "duplicate";
    case LEDGER_UNKNOWN_ORDER:
        return "order not in the ledger";
    case LEDGER_TOO_MANY_WAITING:
        return "more than 8 cancellations or returns wait for their order";
    case LEDGER_TOO_MANY_RETURNS:
        return "more than 8 returns of one order";
    case LEDGER_OVERFLOW:
        return "the customer's value would not fit into 64 bits";
    case LEDGER_TIME_RANGE:
        return "occurred_at outside the years 0 to 9999";
    case LEDGER_INSEPARABLE:
        return "orders from before and after its time are summed up in one";
    }
    __builtin_trap();
}
