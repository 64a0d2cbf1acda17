#include "aggregate.h"
#include "obek/interrupt.h"
#include "obek/ledger.h"

#include <math.h>
#include <stdlib.h>

struct by_time {
    const double *times;
};

/* Rows of one instant stay in the file's order. */
static int compare_times(const void *a, const void *b, void *context) {
    const struct by_time *by = context;
    size_t one = *(const size_t *)a, two = *(const size_t *)b;
    if (by->times[one] != by->times[two])
        return by->times[one] < by->times[two] ? -1 : 1;
    return (one > two) - (one < two);
}

size_t *orders_by_customer(const struct frame *orders, size_t **starts) {
    const struct frame_column *ids = frame_role(orders, ROLE_CUSTOMER_ID);
    struct by_time by = { frame_role(orders, ROLE_OCCURRED_AT)->numbers };
    size_t n = ids->words.n, *rows = xcalloc(orders->n + 1, sizeof *rows), *start = xcalloc(n + 2, sizeof *start);
    for (size_t i = 0; i < orders->n; i++)
        start[ids->codes[i] + 2]++;
    for (size_t c = 2; c < n + 2; c++)
        start[c] += start[c - 1];
    for (size_t i = 0; i < orders->n; i++)
        rows[start[ids->codes[i] + 1]++] = i;
    for (size_t c = 0; c < n; c++)
        if (start[c + 1] - start[c] > 1)
            qsort_r(rows + start[c], start[c + 1] - start[c], sizeof *rows, compare_times, &by);
    *starts = start;
    return rows;
}

static bool is_offline(const struct aggregation *aggregation, struct slice channel) {
    for (size_t i = 0; i < aggregation->n_offline; i++)
        if (slice_is(channel, aggregation->offline[i]))
            return true;
    return false;
}

static bool kind_of(const struct frame *orders, size_t row, enum order_kind *kind, struct error *error) {
    static const char *const names[] = { "ORDER", "CANCELLATION", "RETURN" };
    const struct frame_column *kinds = frame_role(orders, ROLE_KIND);
    *kind = KIND_ORDER;
    if (kinds == NULL || kinds->codes[row] == WORD_NONE)
        return true;
    struct slice text = words_text(&kinds->words, kinds->codes[row]);
    for (int i = 0; i < 3; i++)
        if (slice_is(text, names[i])) {
            *kind = (enum order_kind)i;
            return true;
        }
    return error_set(error, "kind '%.64s' is none of ORDER, CANCELLATION, RETURN", text.data);
}

static bool amount_of(const struct frame *orders, const struct aggregation *aggregation, size_t row, struct order *order,
                      struct error *error) {
    double major = frame_role(orders, ROLE_AMOUNT)->numbers[row], minor = nearbyint(major * aggregation->minor_per_major);
    if (order->kind == KIND_CANCELLATION)
        return true;
    order->whole = order->kind == KIND_RETURN && isnan(major);
    if (order->whole)
        return true;
    if (isnan(major))
        return error_set(error, "the amount is missing");
    order->amount = (int64_t)minor;
    return fabs(minor / aggregation->minor_per_major - major) <= 1e-9 * fabs(major) ||
           error_set(error, "the amount has more decimals than the currency");
}

bool order_of_row(const struct frame *orders, const struct aggregation *aggregation, size_t row, struct order *order,
                  struct error *error) {
    const struct frame_column *ids = frame_role(orders, ROLE_ORDER_ID), *channels = frame_role(orders, ROLE_CHANNEL);
    const struct frame_column *returns = frame_role(orders, ROLE_RETURN_ID);
    *order = (struct order){ .occurred_at = (int64_t)frame_role(orders, ROLE_OCCURRED_AT)->numbers[row] };
    if (!kind_of(orders, row, &order->kind, error) || !amount_of(orders, aggregation, row, order, error))
        return false;
    if (order->kind != KIND_ORDER && ids == NULL)
        return error_set(error, "a cancellation or return without an order_id");
    /* without ids every row is an order of its own */
    struct slice place = { (const char *)&row, sizeof row };
    order->order_hash = ids != NULL ? ids->hashes[row] : order_hash(place);
    order->offline = channels != NULL && channels->codes[row] != WORD_NONE &&
                     is_offline(aggregation, words_text(&channels->words, channels->codes[row]));
    if (order->kind == KIND_RETURN)
        order->return_hash = returns != NULL && returns->hashes[row] != 0
                                 ? returns->hashes[row]
                                 : order_return_hash(order->occurred_at, order->amount, order->whole);
    return true;
}

/* The columns that customers have. */
struct customer_columns {
    uint32_t *id, *channel;
    double *orders[2], *value[2], *first, *last, *last_of[2]; /* online, offline */
};

static struct customer_columns add_columns(struct frame *customers, size_t n, bool channels) {
    customers->capacity = n > 0 ? n : 1;
    customers->lines = xcalloc(customers->capacity, sizeof *customers->lines);
    frame_add(customers, role_name(ROLE_CUSTOMER_ID), ROLE_CUSTOMER_ID, COLUMN_WORD);
    if (channels)
        frame_add(customers, role_name(ROLE_CHANNEL), ROLE_CHANNEL, COLUMN_WORD);
    static const enum role numbers[] = { ROLE_ORDERS_ONLINE, ROLE_ORDERS_OFFLINE, ROLE_VALUE_ONLINE, ROLE_VALUE_OFFLINE };
    static const enum role times[] = { ROLE_FIRST_AT, ROLE_LAST_AT, ROLE_LAST_ONLINE_AT, ROLE_LAST_OFFLINE_AT };
    for (int i = 0; i < 4; i++)
        frame_add(customers, role_name(numbers[i]), numbers[i], COLUMN_NUMBER);
    for (int i = 0; i < 4; i++)
        frame_add(customers, role_name(times[i]), times[i], COLUMN_TIME);
    return (struct customer_columns){
        .id = frame_role(customers, ROLE_CUSTOMER_ID)->codes,
        .channel = channels ? frame_role(customers, ROLE_CHANNEL)->codes : NULL,
        .orders = { frame_role(customers, ROLE_ORDERS_ONLINE)->numbers, frame_role(customers, ROLE_ORDERS_OFFLINE)->numbers },
        .value = { frame_role(customers, ROLE_VALUE_ONLINE)->numbers, frame_role(customers, ROLE_VALUE_OFFLINE)->numbers },
        .first = frame_role(customers, ROLE_FIRST_AT)->numbers,
        .last = frame_role(customers, ROLE_LAST_AT)->numbers,
        .last_of = { frame_role(customers, ROLE_LAST_ONLINE_AT)->numbers, frame_role(customers, ROLE_LAST_OFFLINE_AT)->numbers },
    };
}

static double time_cell(int64_t ms) {
    return ms == TIME_NONE ? NAN : (double)ms;
}

static void put_customer(const struct customer_columns *columns, size_t i, const struct ledger_summary *summary,
                         double minor_per_major) {
    const struct ledger_side *const sides[] = { &summary->online, &summary->offline };
    for (int s = 0; s < 2; s++) {
        columns->orders[s][i] = (double)sides[s]->orders;
        columns->value[s][i] = (double)sides[s]->value / minor_per_major;
        columns->last_of[s][i] = sides[s]->orders > 0 ? time_cell(sides[s]->last_at) : NAN;
    }
    columns->first[i] = time_cell(summary->first_at);
    columns->last[i] = time_cell(summary->last_at);
}

/* What later cancellations and returns leave of the orders. */
static void amend(struct listed_order *items, size_t n, const struct order *order) {
    for (size_t i = 0; i < n; i++) {
        if (items[i].hash != order->order_hash)
            continue;
        items[i].voided = items[i].voided || order->kind == KIND_CANCELLATION;
        if (order->kind == KIND_RETURN)
            items[i].amount -= order->whole || order->amount > items[i].amount ? items[i].amount : order->amount;
        return;
    }
}

struct walk {
    struct frame *orders;
    struct aggregation *aggregation;
    struct ledger *ledger;
    struct order *changes; /* cancellations and returns of the customer at hand */
    size_t n_changes, capacity;
    struct order_lists *purchases;
    size_t n_items;
    struct error *error;
};

static void add_change(struct walk *walk, const struct order *order) {
    if (walk->n_changes == walk->capacity) {
        walk->capacity = walk->capacity == 0 ? 16 : walk->capacity * 2;
        walk->changes = xrealloc(walk->changes, walk->capacity * sizeof *walk->changes);
    }
    walk->changes[walk->n_changes++] = *order;
}

static bool reject(struct walk *walk, size_t row, const char *why) {
    return rejects_add_later(walk->aggregation->rejects, walk->orders->lines[row], NULL, why, walk->error);
}

static bool take_order(struct walk *walk, size_t row) {
    struct aggregation *aggregation = walk->aggregation;
    struct order order;
    struct error why;
    if (!order_of_row(walk->orders, aggregation, row, &order, &why))
        return reject(walk, row, why.text);
    bool later = order.occurred_at > aggregation->as_of;
    enum ledger_verdict verdict = later ? LEDGER_APPLIED : ledger_apply(walk->ledger, &order);
    if (verdict == LEDGER_DUPLICATE) {
        aggregation->duplicates++;
        return true;
    }
    if (verdict != LEDGER_APPLIED)
        return reject(walk, row, ledger_verdict_text(verdict));
    aggregation->later += later;
    aggregation->orders += !later;
    if (order.kind == KIND_ORDER)
        walk->purchases->items[walk->n_items++] =
            (struct listed_order){ order.occurred_at, order.amount, order.order_hash, false };
    else if (!later)
        add_change(walk, &order);
    return true;
}

static bool take_customer(struct walk *walk, const size_t *rows, size_t n) {
    size_t first = walk->n_items;
    ledger_init(walk->ledger, LEDGER_ORDERS_DEFAULT);
    walk->n_changes = 0;
    for (size_t i = 0; i < n; i++)
        if (!take_order(walk, rows[i]))
            return false;
    for (size_t i = 0; i < walk->n_changes; i++)
        amend(walk->purchases->items + first, walk->n_items - first, &walk->changes[i]);
    return true;
}

static bool walk_customers(struct walk *walk, const size_t *rows, const size_t *starts, struct frame *customers) {
    const struct frame_column *channels = frame_role(walk->orders, ROLE_CHANNEL);
    struct words *ids = &frame_role(walk->orders, ROLE_CUSTOMER_ID)->words;
    struct customer_columns columns = add_columns(customers, ids->n, channels != NULL);
    for (uint32_t c = 0; c < ids->n; c++) {
        size_t n = starts[c + 1] - starts[c];
        walk->purchases->start[c] = walk->n_items;
        if ((c % 4096 == 0 && !interrupt_check(walk->error)) || !take_customer(walk, rows + starts[c], n))
            return false;
        struct ledger_summary summary = ledger_summarise(walk->ledger);
        if (summary.first_at == TIME_NONE) {
            walk->aggregation->left += n > 0;
            walk->n_items = walk->purchases->start[c];
            continue;
        }
        put_customer(&columns, customers->n, &summary, walk->aggregation->minor_per_major);
        columns.id[customers->n] = c;
        if (channels != NULL)
            columns.channel[customers->n] = channels->codes[rows[starts[c] + n - 1]];
        customers->lines[customers->n++] = walk->orders->lines[rows[starts[c]]];
    }
    walk->purchases->start[ids->n] = walk->n_items;
    walk->purchases->n = ids->n;
    return true;
}

/* The texts go with the codes. */
static void move_words(struct frame *orders, struct frame *customers, enum role role) {
    struct frame_column *from = frame_role(orders, role), *to = frame_role(customers, role);
    if (from == NULL || to == NULL)
        return;
    to->words = from->words;
    from->words = (struct words){ 0 };
}

bool aggregate(struct frame *orders, struct aggregation *aggregation, struct frame *customers, struct order_lists *purchases,
               struct error *error) {
    size_t *starts, *rows = orders_by_customer(orders, &starts), n = frame_role(orders, ROLE_CUSTOMER_ID)->words.n;
    *customers = (struct frame){ 0 };
    *purchases = (struct order_lists){ .start = xcalloc(n + 1, sizeof *purchases->start),
                                       .items = xcalloc(orders->n + 1, sizeof *purchases->items) };
    struct walk walk = { .orders = orders, .aggregation = aggregation, .purchases = purchases, .error = error };
    walk.ledger = xcalloc(1, sizeof *walk.ledger);
    bool good = walk_customers(&walk, rows, starts, customers);
    if (good && customers->n == 0)
        good = error_set(error, "%s: no customer has an order at or before the as-of date", aggregation->rejects->path);
    move_words(orders, customers, ROLE_CUSTOMER_ID);
    move_words(orders, customers, ROLE_CHANNEL);
    free(walk.ledger);
    free(walk.changes);
    free(rows);
    free(starts);
    return good;
}

void order_lists_free(struct order_lists *purchases) {
    free(purchases->start);
    free(purchases->items);
    *purchases = (struct order_lists){ 0 };
}
