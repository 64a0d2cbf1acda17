#include "tally.h"
#include "obek/buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Histories that differ, and how many customers have each: open addressing, by the order of their first customers. */
struct grouping {
    struct group {
        struct history history;
        uint32_t customers;
    } * groups;
    uint32_t n, capacity;
    uint32_t *slots; /* index + 1; 0: free; twice as many as capacity, a power of two */
};

static const char *wrong(const struct history *h) {
    if (isnan(h->x) || isnan(h->tx) || isnan(h->T))
        return "NaN";
    if (h->x < 0 || h->tx < 0 || h->T < 0)
        return "negative";
    if (h->x > HISTORY_PURCHASES_MAX)
        return "more purchases than can be believed";
    if (h->x != floor(h->x))
        return "purchases are no whole number";
    if (h->T > HISTORY_TIME_MAX)
        return "too old";
    if (h->tx > h->T)
        return "the last purchase comes after the end";
    if (h->x == 0 && h->tx > 0)
        return "a time of the last purchase, but no purchase";
    return NULL;
}

static uint64_t hash(const struct history *h) {
    uint64_t sum = 0;
    const double parts[] = { h->x, h->tx, h->T };
    for (int i = 0; i < 3; i++) {
        uint64_t bits;
        double part = parts[i] + 0.0; /* -0 is 0 */
        memcpy(&bits, &part, sizeof bits);
        sum = (sum ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 32;
    }
    return sum;
}

static bool same(const struct history *a, const struct history *b) {
    return a->x == b->x && a->tx == b->tx && a->T == b->T;
}

/* Where the history is, or the free slot where it belongs. */
static uint32_t *slot_of(const struct grouping *grouping, const struct history *h) {
    size_t mask = (size_t)grouping->capacity * 2 - 1, i = hash(h) & mask;
    while (grouping->slots[i] != 0 && !same(&grouping->groups[grouping->slots[i] - 1].history, h))
        i = (i + 1) & mask;
    return &grouping->slots[i];
}

static void grow(struct grouping *grouping) {
    grouping->capacity = grouping->capacity == 0 ? 1024 : grouping->capacity * 2;
    grouping->groups = xrealloc(grouping->groups, grouping->capacity * sizeof *grouping->groups);
    free(grouping->slots);
    grouping->slots = xcalloc((size_t)grouping->capacity * 2, sizeof *grouping->slots);
    for (uint32_t i = 0; i < grouping->n; i++)
        *slot_of(grouping, &grouping->groups[i].history) = i + 1;
}

static void add(struct grouping *grouping, const struct history *h) {
    if (grouping->n == grouping->capacity)
        grow(grouping);
    uint32_t *slot = slot_of(grouping, h);
    if (*slot == 0) {
        grouping->groups[grouping->n++] = (struct group){ *h, 0 };
        *slot = grouping->n;
    }
    grouping->groups[*slot - 1].customers++;
}

static int compare(double a, double b) {
    return (a > b) - (a < b);
}

static int by_x_T_tx(const void *left, const void *right) {
    const struct history *a = &((const struct group *)left)->history, *b = &((const struct group *)right)->history;
    int order = compare(a->x, b->x);
    if (order == 0)
        order = compare(a->T, b->T);
    return order != 0 ? order : compare(a->tx, b->tx);
}

static int by_number(const void *left, const void *right) {
    return compare(*(const double *)left, *(const double *)right);
}

/* The distinct times, still in the caller's unit. */
static void collect_times(struct tally *tally, const struct grouping *grouping) {
    size_t n = 0;
    double *times = xmalloc(2 * sizeof *times * grouping->n);
    for (uint32_t i = 0; i < grouping->n; i++) {
        times[n++] = grouping->groups[i].history.tx;
        times[n++] = grouping->groups[i].history.T;
    }
    qsort(times, n, sizeof *times, by_number);
    uint32_t distinct = 0;
    for (size_t i = 0; i < n; i++)
        if (distinct == 0 || times[i] != times[distinct - 1])
            times[distinct++] = times[i];
    tally->times = times;
    tally->n_times = distinct;
    tally->time_unit = times[distinct - 1];
}

static uint32_t index_of(const struct tally *tally, double time) {
    const double *found = bsearch(&time, tally->times, tally->n_times, sizeof time, by_number);
    return (uint32_t)(found - tally->times);
}

static void collect_rows(struct tally *tally, const struct grouping *grouping) {
    tally->n_rows = grouping->n;
    tally->rows = xcalloc(grouping->n, sizeof *tally->rows);
    for (uint32_t i = 0; i < grouping->n; i++) {
        const struct group *group = &grouping->groups[i];
        tally->rows[i] = (struct tally_row){ .x = (uint32_t)group->history.x,
                                             .tx = index_of(tally, group->history.tx),
                                             .T = index_of(tally, group->history.T),
                                             .customers = group->customers };
    }
}

static void sum_up(struct tally *tally) {
    tally->x_max = tally->rows[tally->n_rows - 1].x;
    tally->above = xcalloc((size_t)tally->x_max + 1, sizeof *tally->above);
    tally->customers_at = xcalloc(tally->n_times, sizeof *tally->customers_at);
    tally->purchases_at = xcalloc(tally->n_times, sizeof *tally->purchases_at);
    for (uint32_t i = 0; i < tally->n_rows; i++) {
        const struct tally_row *row = &tally->rows[i];
        double customers = row->customers, x = row->x;
        tally->customers += customers;
        tally->purchases += customers * x;
        tally->repeaters += x > 0 ? customers : 0;
        tally->customers_at[row->T] += customers;
        tally->purchases_at[row->T] += customers * x;
        if (row->x > 0)
            tally->above[row->x - 1] += customers;
    }
    for (uint32_t j = tally->x_max; j > 1; j--) /* so far: customers with x = j + 1 */
        tally->above[j - 2] += tally->above[j - 1];
}

static bool group_all(struct grouping *grouping, const struct history *histories, size_t n, struct error *error) {
    if (n == 0)
        return error_set(error, "there is no customer to learn from");
    if (n > HISTORIES_MAX)
        return error_set(error, "%zu customers are more than the %d that can be counted", n, HISTORIES_MAX);
    for (size_t i = 0; i < n; i++) {
        const char *reason = wrong(&histories[i]);
        if (reason != NULL)
            return error_set(error, "customer %zu: %s (x = %g, tx = %g, T = %g)", i + 1, reason, histories[i].x, histories[i].tx,
                             histories[i].T);
        add(grouping, &histories[i]);
    }
    return true;
}

static bool tally_groups(struct tally *tally, const struct grouping *grouping, struct error *error) {
    qsort(grouping->groups, grouping->n, sizeof *grouping->groups, by_x_T_tx);
    collect_times(tally, grouping);
    if (!(tally->time_unit > 0))
        return error_set(error, "no customer has been one for any time: every T is 0");
    collect_rows(tally, grouping);
    for (uint32_t i = 0; i < tally->n_times; i++)
        tally->times[i] /= tally->time_unit;
    sum_up(tally);
    return true;
}

bool tally_init(struct tally *tally, const struct history *histories, size_t n, struct error *error) {
    struct grouping grouping = { 0 };
    *tally = (struct tally){ 0 };
    grow(&grouping);
    bool done = group_all(&grouping, histories, n, error) && tally_groups(tally, &grouping, error);
    free(grouping.groups);
    free(grouping.slots);
    if (!done)
        tally_free(tally);
    return done;
}

/* Leaves only the times that rows have. */
static void drop_unused_times(struct tally *tally) {
    uint32_t *places = xcalloc(tally->n_times, sizeof *places), n = 0; /* 1: used; then the new index */
    for (uint32_t i = 0; i < tally->n_rows; i++)
        places[tally->rows[i].tx] = places[tally->rows[i].T] = 1;
    for (uint32_t i = 0; i < tally->n_times; i++)
        if (places[i] != 0) {
            tally->times[n] = tally->times[i];
            places[i] = n++;
        }
    for (uint32_t i = 0; i < tally->n_rows; i++) {
        tally->rows[i].tx = places[tally->rows[i].tx];
        tally->rows[i].T = places[tally->rows[i].T];
    }
    tally->n_times = n;
    free(places);
}

void tally_init_sample(struct tally *sample, const struct tally *tally, uint32_t step) {
    *sample = (struct tally){ .time_unit = tally->time_unit, .n_times = tally->n_times };
    sample->times = xmalloc(tally->n_times * sizeof *sample->times);
    memcpy(sample->times, tally->times, tally->n_times * sizeof *sample->times);
    sample->rows = xcalloc(tally->n_rows / step + 1, sizeof *sample->rows);
    for (uint32_t i = step / 2; i < tally->n_rows; i += step)
        sample->rows[sample->n_rows++] = tally->rows[i];
    drop_unused_times(sample);
    sum_up(sample);
}

void tally_free(struct tally *tally) {
    free(tally->times);
    free(tally->rows);
    free(tally->customers_at);
    free(tally->purchases_at);
    free(tally->above);
    *tally = (struct tally){ 0 };
}
