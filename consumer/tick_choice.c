#include "tick_choice.h"

#include <stdlib.h>

static int by_place(const void *left, const void *right) {
    const struct due_entry *a = left, *b = right;
    return due_place_compare(&a->place, &b->place);
}

struct tick_choice tick_choose(struct due_entries *entries, size_t most) {
    if (entries->n == 0)
        return (struct tick_choice){ .all = true };
    qsort(entries->items, entries->n, sizeof *entries->items, by_place);
    size_t known = 0; /* behind the first answer that was cut, others may come in between */
    while (known < entries->n && !entries->items[known].more)
        known++;
    bool cut = known < entries->n;
    struct tick_choice choice = { .n = cut ? known + 1 : known, .all = !cut };
    if (choice.n > most)
        choice = (struct tick_choice){ .n = most };
    if (choice.n > 0)
        choice.last = entries->items[choice.n - 1].place;
    return choice;
}
