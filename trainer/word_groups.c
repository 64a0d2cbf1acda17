/* Customers by channel, and by the items of their lists of categories. */
#include "explore.h"
#include "obek/fields.h"
#include "obek/ledger.h"

#include <stdlib.h>

static uint32_t *names_of(struct word_groups *groups, struct slice text, bool list) {
    uint32_t *names = xmalloc(2 * sizeof *names);
    size_t n = 0;
    struct slice item = text;
    const char *rest = text.data;
    while (list ? list_item(&rest, &item) : n == 0) {
        uint32_t name = words_add(&groups->names, item);
        bool known = false;
        for (size_t i = 0; i < n; i++)
            known = known || names[i] == name;
        if (known)
            continue;
        names = xrealloc(names, (n + 2) * sizeof *names);
        names[n++] = name;
    }
    names[n] = WORD_NONE;
    return names;
}

bool word_groups_init(struct word_groups *groups, const struct customers *customers, enum role role) {
    const struct frame_column *column = frame_role(&customers->frame, role);
    *groups = (struct word_groups){ 0 };
    if (column == NULL)
        return false;
    groups->n_codes = column->words.n;
    groups->of = xcalloc(column->words.n + (size_t)1, sizeof *groups->of);
    for (uint32_t code = 0; code < column->words.n; code++)
        groups->of[code] = names_of(groups, words_text(&column->words, code), role == ROLE_CATEGORIES);
    return true;
}

void word_groups_free(struct word_groups *groups) {
    for (uint32_t code = 0; code < groups->n_codes; code++)
        free(groups->of[code]);
    free(groups->of);
    words_free(&groups->names);
    *groups = (struct word_groups){ 0 };
}

json_t *explore_words(const struct customers *customers, enum role role) {
    struct word_groups groups;
    struct sums {
        int64_t customers, orders, value;
    } * sums;
    if (!word_groups_init(&groups, customers, role))
        return NULL;
    const uint32_t *codes = frame_role(&customers->frame, role)->codes;
    sums = xcalloc(groups.names.n + (size_t)1, sizeof *sums);
    for (size_t i = 0; i < customers->frame.n; i++) {
        struct ledger_summary summary = customers_summary(customers, i);
        for (const uint32_t *name = codes[i] == WORD_NONE ? NULL : groups.of[codes[i]]; name != NULL && *name != WORD_NONE;
             name++) {
            sums[*name].customers++;
            sums[*name].orders += summary_orders(&summary);
            sums[*name].value += summary_value(&summary);
        }
    }
    json_t *json = json_object();
    for (uint32_t name = 0; name < groups.names.n; name++) {
        struct slice text = words_text(&groups.names, name);
        json_object_setn_new(json, text.data, text.len,
                             json_pack("{s:I, s:I, s:f}", "customers", (json_int_t)sums[name].customers, "orders",
                                       (json_int_t)sums[name].orders, "value",
                                       (double)sums[name].value / customers->minor_per_major));
    }
    free(sums);
    word_groups_free(&groups);
    return json;
}
