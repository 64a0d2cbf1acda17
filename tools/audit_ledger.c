/* One ledger against another, entry by entry. */
#include "audit_hold.h"

#include <inttypes.h>
#include <stdio.h>

static void hold_amount(struct holder *holder, int64_t wanted, int64_t found, const char *field) {
    if (wanted != found)
        hold_tell(holder, hold_money(holder, wanted), hold_money(holder, found), "%s", field);
}

static const char *text_of(bool flag) {
    return flag ? "true" : "false";
}

static void hold_flag(struct holder *holder, bool wanted, bool found, const char *entry, const char *field) {
    if (wanted != found)
        hold_tell(holder, text_of(wanted), text_of(found), "%s.%s", entry, field);
}

/* ---- the base ---- */

static void hold_side(struct holder *holder, const struct ledger_side *wanted, const struct ledger_side *found,
                      const char *side) {
    char field[40];
    snprintf(field, sizeof field, "base.%s.orders", side);
    hold_number(holder, wanted->orders, found->orders, field);
    snprintf(field, sizeof field, "base.%s.value", side);
    hold_amount(holder, wanted->value, found->value, field);
    snprintf(field, sizeof field, "base.%s.first_at", side);
    hold_time(holder, wanted->first_at, found->first_at, field);
    snprintf(field, sizeof field, "base.%s.last_at", side);
    hold_time(holder, wanted->last_at, found->last_at, field);
}

static const char *category_texts(struct holder *holder, const struct ledger_base *base) {
    struct slice text = { "", 0 };
    for (int i = 0; i < base->n_categories; i++)
        text = arena_printf(&holder->arena, "%s%s%08" PRIx32 " %s", text.data, i == 0 ? "" : ", ", base->categories[i].code,
                            hold_instant(holder, base->categories[i].last_at));
    return text.len == 0 ? NULL : text.data;
}

static bool same_categories(const struct ledger_base *a, const struct ledger_base *b) {
    bool same = a->n_categories == b->n_categories;
    for (int i = 0; same && i < a->n_categories; i++)
        same = a->categories[i].code == b->categories[i].code && a->categories[i].last_at == b->categories[i].last_at;
    return same;
}

static void hold_base(struct holder *holder, const struct ledger_base *wanted, const struct ledger_base *found) {
    hold_number(holder, wanted->fallen, found->fallen, "base.fallen");
    hold_side(holder, &wanted->online, &found->online, "online");
    hold_side(holder, &wanted->offline, &found->offline, "offline");
    if (!same_categories(wanted, found))
        hold_tell(holder, category_texts(holder, wanted), category_texts(holder, found), "base.categories");
}

/* ---- entries ---- */

static const char *return_texts(struct holder *holder, const struct ledger_entry *entry) {
    struct slice text = { "", 0 };
    for (int i = 0; i < entry->n_returns; i++)
        text = arena_printf(&holder->arena, "%s%s%016" PRIx64, text.data, i == 0 ? "" : ", ", entry->returns[i]);
    return text.len == 0 ? NULL : text.data;
}

static const char *code_texts(struct holder *holder, const struct ledger_entry *entry) {
    struct slice text = { "", 0 };
    for (int i = 0; i < entry->n_categories; i++)
        text = arena_printf(&holder->arena, "%s%s%08" PRIx32, text.data, i == 0 ? "" : ", ", entry->categories[i]);
    return text.len == 0 ? NULL : text.data;
}

static void hold_lists(struct holder *holder, const struct ledger_entry *wanted, const struct ledger_entry *found,
                       const char *name) {
    if (wanted->n_returns != found->n_returns ||
        memcmp(wanted->returns, found->returns, wanted->n_returns * sizeof wanted->returns[0]) != 0)
        hold_tell(holder, return_texts(holder, wanted), return_texts(holder, found), "%s.returns", name);
    if (wanted->n_categories != found->n_categories ||
        memcmp(wanted->categories, found->categories, wanted->n_categories * sizeof wanted->categories[0]) != 0)
        hold_tell(holder, code_texts(holder, wanted), code_texts(holder, found), "%s.categories", name);
}

static void hold_entry(struct holder *holder, const struct ledger_entry *wanted, const struct ledger_entry *found,
                       const char *name) {
    char field[64];
    snprintf(field, sizeof field, "%s.time", name);
    hold_time(holder, wanted->time, found->time, field);
    snprintf(field, sizeof field, "%s.amount", name);
    hold_amount(holder, wanted->amount, found->amount, field);
    snprintf(field, sizeof field, "%s.returned", name);
    hold_amount(holder, wanted->returned, found->returned, field);
    hold_flag(holder, wanted->whole, found->whole, name, "whole");
    hold_flag(holder, wanted->voided, found->voided, name, "voided");
    hold_flag(holder, wanted->offline, found->offline, name, "offline");
    hold_lists(holder, wanted, found, name);
}

static const struct ledger_entry *find(const struct ledger_entry *entries, int n, uint64_t id_hash) {
    for (int i = 0; i < n; i++)
        if (entries[i].id_hash == id_hash)
            return &entries[i];
    return NULL;
}

static const char *entry_text(struct holder *holder, const struct ledger_entry *entry) {
    const char *at = hold_instant(holder, entry->time);
    return arena_printf(&holder->arena, "%s of %s", hold_money(holder, entry->amount), at).data;
}

/* Entries are known by the hash of the order's id; their places follow from time and hash. */
static void hold_entries(struct holder *holder, const struct ledger_entry *wanted, int n_wanted, const struct ledger_entry *found,
                         int n_found, const char *list) {
    char name[48];
    for (int i = 0; i < n_wanted; i++) {
        const struct ledger_entry *other = find(found, n_found, wanted[i].id_hash);
        snprintf(name, sizeof name, "%s[%016" PRIx64 "]", list, wanted[i].id_hash);
        if (other == NULL)
            hold_tell(holder, entry_text(holder, &wanted[i]), NULL, "%s", name);
        else
            hold_entry(holder, &wanted[i], other, name);
    }
    for (int i = 0; i < n_found; i++)
        if (find(wanted, n_wanted, found[i].id_hash) == NULL)
            hold_tell(holder, NULL, entry_text(holder, &found[i]), "%s[%016" PRIx64 "]", list, found[i].id_hash);
}

void hold_ledger(struct holder *holder, const struct ledger *wanted, const struct ledger *found) {
    hold_base(holder, &wanted->base, &found->base);
    hold_entries(holder, wanted->orders, wanted->n_orders, found->orders, found->n_orders, "orders");
    hold_entries(holder, wanted->waiting, wanted->n_waiting, found->waiting, found->n_waiting, "waiting");
}
