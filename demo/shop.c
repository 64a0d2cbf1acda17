#include "shop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define YEARS_DAYS (3 * 365.25)

/* What kinds of customers there are: how often they buy, for how much, and whether they stop one day. */
struct habit {
    double share;
    double gap_days, gap_spread; /* between orders: log-normal */
    double basket_cents;
    double stops; /* probability, each year */
    int orders_max;
};
static const struct habit habits[] = {
    { .share = 0.08, .gap_days = 18, .gap_spread = 0.5, .basket_cents = 11000, .stops = 0.10, .orders_max = 1000 },
    { .share = 0.25, .gap_days = 50, .gap_spread = 0.6, .basket_cents = 8000, .stops = 0.20, .orders_max = 1000 },
    { .share = 0.37, .gap_days = 150, .gap_spread = 0.7, .basket_cents = 6500, .stops = 0.30, .orders_max = 1000 },
    { .share = 0.30, .gap_days = 90, .gap_spread = 0.8, .basket_cents = 5500, .stops = 0, .orders_max = 2 },
};

/* splitmix64 */
static uint64_t next_random(struct shop *shop) {
    uint64_t z = shop->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* In (0, 1). */
static double chance(struct shop *shop) {
    return ((double)(next_random(shop) >> 11) + 0.5) * 0x1p-53;
}

static double normal(struct shop *shop) {
    double radius = sqrt(-2 * log(chance(shop)));
    return radius * cos(2 * M_PI * chance(shop));
}

static void add(struct shop *shop, struct shop_record record) {
    if (shop->n == shop->capacity) {
        shop->capacity = shop->capacity == 0 ? 4096 : shop->capacity * 2;
        shop->records = realloc(shop->records, shop->capacity * sizeof *shop->records);
        if (shop->records == NULL) {
            perror("demo");
            exit(1);
        }
    }
    shop->records[shop->n++] = record;
}

static const struct habit *draw_habit(struct shop *shop) {
    double drawn = chance(shop);
    size_t i = 0;
    while (i + 1 < sizeof habits / sizeof habits[0] && drawn > habits[i].share)
        drawn -= habits[i++].share;
    return &habits[i];
}

/* One order in twenty-five is returned in part, one in a hundred cancelled within the hour. */
static void add_aftermath(struct shop *shop, const struct shop_record *sale, int64_t now_ms) {
    struct shop_record after = *sale;
    double drawn = chance(shop);
    if (drawn < 0.04) {
        after.kind = SHOP_RETURN;
        after.at_ms += (int64_t)((2 + 12 * chance(shop)) * (double)SHOP_DAY_MS);
        after.amount_cents = (int64_t)((double)sale->amount_cents * (0.2 + 0.8 * chance(shop)));
    } else if (drawn < 0.05) {
        after.kind = SHOP_CANCELLATION;
        after.at_ms += (int64_t)(chance(shop) * 3600e3);
        after.amount_cents = 0;
    } else
        return;
    if (after.at_ms < now_ms)
        add(shop, after);
}

static void add_customer(struct shop *shop, uint32_t customer, int64_t now_ms) {
    const struct habit *habit = draw_habit(shop);
    double day = chance(shop) * YEARS_DAYS;
    double stops_at = habit->stops == 0 ? YEARS_DAYS : day + 365.25 * -log(chance(shop)) / habit->stops;
    double in_store = chance(shop) < 0.4 ? 0.85 : 0.1;
    int64_t begin_ms = now_ms - (int64_t)(YEARS_DAYS * (double)SHOP_DAY_MS);
    for (int i = 0; i < habit->orders_max && day < YEARS_DAYS && day < stops_at; i++) {
        struct shop_record sale = { .at_ms = begin_ms + (int64_t)(day * (double)SHOP_DAY_MS),
                                    .kind = SHOP_SALE,
                                    .order = shop->orders++,
                                    .customer = customer,
                                    .amount_cents = (int64_t)(habit->basket_cents * exp(0.5 * normal(shop))),
                                    .in_store = chance(shop) < in_store };
        add(shop, sale);
        add_aftermath(shop, &sale, now_ms);
        day += habit->gap_days * exp(habit->gap_spread * normal(shop));
    }
}

static int by_time(const void *left, const void *right) {
    const struct shop_record *a = left, *b = right;
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    return a->order != b->order ? (a->order < b->order ? -1 : 1) : (int)a->kind - (int)b->kind;
}

void shop_make(struct shop *shop, uint32_t customers, int64_t now_ms, uint64_t seed) {
    *shop = (struct shop){ .random = seed };
    for (uint32_t i = 0; i < customers; i++)
        add_customer(shop, i, now_ms);
    qsort(shop->records, shop->n, sizeof *shop->records, by_time);
}

void shop_free(struct shop *shop) {
    free(shop->records);
    *shop = (struct shop){ 0 };
}

void shop_customer_id(uint32_t customer, char *out, size_t size) {
    static const char *const names[] = {
        "ayse",  "bruno", "chloe", "deniz", "emre",  "fatma", "goran", "hanna", "ines",  "jonas",
        "kemal", "lena",  "marta", "nadia", "oskar", "petra", "rosa",  "selim", "tomas", "zeynep"
    };
    snprintf(out, size, "%s-%04u", names[customer % (sizeof names / sizeof names[0])], customer);
}
