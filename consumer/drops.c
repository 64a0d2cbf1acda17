#include "drops.h"
#include "obek/buffer.h"

#include <stdlib.h>

void drops_init(struct drops *drops, int64_t buckets) {
    *drops = (struct drops){ .buckets = buckets, .lists = xcalloc((size_t)buckets, sizeof *drops->lists) };
}

void drops_add(struct drops *drops, int64_t bucket, struct slice field) {
    struct drop_list *list = &drops->lists[bucket];
    if (list->n == list->capacity) {
        list->capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        list->fields = xrealloc(list->fields, list->capacity * sizeof *list->fields);
    }
    list->fields[list->n++] = xstrndup(field.data, field.len);
}

void drops_done(struct drops *drops, int64_t bucket, size_t n) {
    struct drop_list *list = &drops->lists[bucket];
    if (n == 0) /* the list may not be there yet */
        return;
    for (size_t i = 0; i < n; i++)
        free(list->fields[i]);
    list->n -= n;
    memmove(list->fields, list->fields + n, list->n * sizeof *list->fields);
}

bool drops_empty(const struct drops *drops) {
    for (int64_t b = 0; b < drops->buckets; b++)
        if (drops->lists[b].n > 0)
            return false;
    return true;
}

void drops_clear(struct drops *drops) {
    for (int64_t b = 0; b < drops->buckets; b++)
        if (drops->lists[b].n > 0)
            drops_done(drops, b, drops->lists[b].n);
}

void drops_free(struct drops *drops) {
    drops_clear(drops);
    for (int64_t b = 0; b < drops->buckets; b++)
        free(drops->lists[b].fields);
    free(drops->lists);
    *drops = (struct drops){ 0 };
}
