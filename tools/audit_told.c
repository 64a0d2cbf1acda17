#include "audit_told.h"
#include "obek/buffer.h"

#include <stdlib.h>

/* No scheme, so nothing is evaluated and nothing is told. */
static const struct model no_schemes = { .minor_per_major = 1, .in_force_from = TIME_NONE };

static enum ledger_verdict apply_import(const struct told *told, struct customer *customer, struct transitions *none) {
    struct ledger ledger;
    struct import import = {
        .ledger = &ledger, .until = told->terms.until, .time = told->terms.time, .publish = told->terms.publish
    };
    import_customer_ledger(&ledger, told->said);
    return customer_import(customer, &no_schemes, &import, none);
}

enum ledger_verdict told_apply(const struct told *told, struct customer *customer, int64_t watermark) {
    struct transitions none = { 0 };
    switch (told->kind) {
    case TOLD_ORDER:
        return customer_step(customer, &no_schemes, &told->order, watermark, &none);
    case TOLD_IMPORT:
        return apply_import(told, customer, &none);
    case TOLD_ERASURE:
        return customer_erase(customer, &no_schemes, told->erased_at, &none);
    }
    __builtin_trap();
}

/* ---- some customers, about whom everything is kept ---- */

static int by_id(const void *left, const void *right) {
    const struct told_customer *a = left, *b = right;
    int order = memcmp(a->id.data, b->id.data, a->id.len < b->id.len ? a->id.len : b->id.len);
    return order != 0 ? order : (a->id.len > b->id.len) - (a->id.len < b->id.len);
}

void telling_ask(struct telling *telling, struct slice id) {
    telling->customers = xrealloc(telling->customers, (telling->n + 1) * sizeof *telling->customers);
    telling->customers[telling->n++] = (struct told_customer){ .id = arena_copy(&telling->memory, id) };
}

void telling_begin(struct telling *telling) {
    if (telling->n > 0)
        qsort(telling->customers, telling->n, sizeof *telling->customers, by_id);
}

struct told_customer *telling_find(const struct telling *telling, struct slice id) {
    const struct told_customer key = { .id = id };
    return telling->n == 0 ? NULL : bsearch(&key, telling->customers, telling->n, sizeof key, by_id);
}

static const struct import_customer *keep_import(struct arena *arena, const struct import_customer *said) {
    struct import_customer *kept = arena_alloc(arena, sizeof *kept);
    *kept = *said;
    kept->orders = arena_alloc(arena, (said->n_orders + 1u) * sizeof *kept->orders);
    if (said->n_orders > 0)
        memcpy(kept->orders, said->orders, said->n_orders * sizeof *kept->orders);
    return kept;
}

void telling_add(struct telling *telling, struct slice id, const struct told *told) {
    struct told_customer *asked = telling_find(telling, id);
    if (asked == NULL)
        return;
    if (asked->n == asked->capacity) {
        asked->capacity = asked->capacity == 0 ? 16 : 2 * asked->capacity;
        asked->items = xrealloc(asked->items, asked->capacity * sizeof *asked->items);
    }
    struct told *kept = &asked->items[asked->n++];
    *kept = *told;
    kept->order.customer_id = kept->order.order_id = (struct slice){ "", 0 };
    if (told->said != NULL)
        kept->said = keep_import(&telling->memory, told->said);
}

void telling_free(struct telling *telling) {
    for (size_t i = 0; i < telling->n; i++)
        free(telling->customers[i].items);
    free(telling->customers);
    arena_free(&telling->memory);
}
