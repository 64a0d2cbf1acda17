#include "audit_hold.h"
#include "../consumer/profile.h"
#include "../consumer/store_due.h"
#include "obek/instant.h"
#include "obek/state_record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void holder_init(struct holder *holder, const struct config *config, const struct fold *fold, struct findings *findings) {
    *holder = (struct holder){ .config = config, .fold = fold, .findings = findings };
    holder->decimals = currency_decimals(slice_of(config->currency_base));
    holder->found = xcalloc(1, sizeof *holder->found);
    holder->wanted = xcalloc(1, sizeof *holder->wanted);
    holder->later = xcalloc(1, sizeof *holder->later);
}

void holder_free(struct holder *holder) {
    free(holder->found);
    free(holder->wanted);
    free(holder->later);
    transitions_free(&holder->transitions);
    arena_free(&holder->arena);
}

/* ---- telling ---- */

static void tell(struct holder *holder, const char *wanted, struct slice found, bool undecided, const char *field) {
    finding_tell(holder->findings, &(struct finding){ .kind = "customer",
                                                      .place = holder->snapshot->id,
                                                      .field = field,
                                                      .wanted = wanted,
                                                      .found = found,
                                                      .undecided = undecided });
}

void hold_tell(struct holder *holder, const char *wanted, const char *found, const char *field, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, field);
    vsnprintf(text, sizeof text, field, arguments);
    va_end(arguments);
    tell(holder, wanted, found == NULL ? (struct slice){ NULL, 0 } : slice_of(found), false, text);
}

const char *hold_instant(struct holder *holder, int64_t ms) {
    char text[40];
    if (ms == TIME_NONE)
        return NULL;
    if (ms == TIME_NEVER)
        return "never";
    instant_text(ms, text);
    return arena_printf(&holder->arena, "%s", text).data;
}

const char *hold_money(struct holder *holder, int64_t minor) {
    char text[32];
    money_text(minor, holder->decimals, text);
    return arena_printf(&holder->arena, "%s", text).data;
}

void hold_number(struct holder *holder, int64_t wanted, int64_t found, const char *field) {
    if (wanted != found)
        hold_tell(holder, arena_number(&holder->arena, wanted).data, arena_number(&holder->arena, found).data, "%s", field);
}

void hold_time(struct holder *holder, int64_t wanted, int64_t found, const char *field) {
    if (wanted != found)
        hold_tell(holder, hold_instant(holder, wanted), hold_instant(holder, found), "%s", field);
}

/* ---- against the fold ---- */

/* Design, section 3: records about at most K distinct orders give the same ledger in any order; beyond that distinct orders alone
   do. What a control record or a refusal leaves depends on what came before it, too. */
static bool depends_on_order(const struct holder *holder) {
    const struct audited *audited = holder->audited;
    bool fallen = holder->wanted->ledger.base.fallen > 0 || holder->found->ledger.base.fallen > 0;
    return audited->several && (audited->set || (audited->mixed && fallen));
}

static void hold_told_fields(struct holder *holder, const struct customer *wanted) {
    const struct customer *found = holder->found;
    hold_ledger(holder, &wanted->ledger, &found->ledger);
    hold_time(holder, wanted->imported_until, found->imported_until, "imported_until");
    hold_time(holder, wanted->erased_at, found->erased_at, "erased_at");
}

static bool is_as_found(void *context, const struct customer *customer) {
    struct holder *holder = context;
    struct findings counted = { .silent = true }, *findings = holder->findings;
    holder->findings = &counted;
    hold_told_fields(holder, customer);
    holder->findings = findings;
    return counted.differences == 0;
}

static void hold_records(struct holder *holder) {
    const struct customer *wanted = holder->wanted, *found = holder->found;
    if (!depends_on_order(holder))
        hold_told_fields(holder, wanted);
    else if (!is_as_found(holder, wanted))
        holder->undecided(holder->context, holder->snapshot);
    if (!holder->audited->several && found->as_of < wanted->as_of)
        hold_tell(holder, arena_printf(&holder->arena, "at least %s", hold_instant(holder, wanted->as_of)).data,
                  hold_instant(holder, found->as_of), "as_of");
}

void hold_told(struct holder *holder, const struct snapshot *snapshot, const struct told_customer *told) {
    struct error error;
    uint16_t capacity = (uint16_t)holder->fold->ledger_orders;
    arena_reset(&holder->arena);
    holder->snapshot = snapshot;
    fold_customer(holder->fold, snapshot->id, holder->wanted, &holder->audited);
    state_record_read(holder->found, snapshot->state, capacity, &error); /* it could be read before */
    enum told_answer answer = told_search(told, capacity, is_as_found, holder);
    if (answer == TOLD_IMPOSSIBLE)
        hold_told_fields(holder, holder->wanted);
    else if (answer == TOLD_TOO_MANY)
        tell(holder, "what the logs say, read in one of very many orders", slice_of("another ledger than the order tried"), true,
             "ledger");
}

/* ---- against each other ---- */

static void hold_index(struct holder *holder) {
    struct slice found = holder->snapshot->score;
    if (customer_is_tombstone(holder->found)) {
        if (found.data != NULL)
            tell(holder, NULL, found, false, "index");
        return;
    }
    struct slice wanted = arena_number(&holder->arena, due_score(holder->found, holder->snapshot->id));
    if (!slice_equal(wanted, found))
        tell(holder, wanted.data, found, false, "index");
}

static struct slice pair_find(const struct pairs *pairs, struct slice field) {
    for (size_t i = 0; i < pairs->n; i++)
        if (slice_equal(pairs->texts[2 * i], field))
            return pairs->texts[2 * i + 1];
    return (struct slice){ NULL, 0 };
}

static void tell_field(struct holder *holder, const char *wanted, struct slice found, struct slice field) {
    tell(holder, wanted, found, false, arena_join(&holder->arena, "profile ", field).data);
}

static struct pairs profile_of(struct holder *holder, enum redis_readable readable) {
    struct config config = *holder->config;
    config.redis_readable = readable;
    struct pairs pairs = { .texts = arena_alloc(&holder->arena, PROFILE_TEXTS_MAX * sizeof(struct slice)) };
    if (!customer_is_tombstone(holder->found))
        pairs.n = profile_fields(pairs.texts, &holder->arena, holder->found, &config);
    return pairs;
}

/* What should be there is there, and nothing that is there is wrong: of fields that another redis.readable has left, too. */
static void hold_profile(struct holder *holder) {
    const struct pairs *found = &holder->snapshot->profile;
    enum redis_readable readable = holder->config->redis_readable;
    struct pairs wanted = profile_of(holder, readable), all = profile_of(holder, READABLE_FULL);
    for (size_t i = 0; i < wanted.n; i++) {
        struct slice there = pair_find(found, wanted.texts[2 * i]);
        if (!slice_equal(there, wanted.texts[2 * i + 1]))
            tell_field(holder, wanted.texts[2 * i + 1].data, there, wanted.texts[2 * i]);
    }
    for (size_t i = 0; i < found->n; i++) {
        struct slice field = found->texts[2 * i], there = found->texts[2 * i + 1], should = pair_find(&all, field);
        bool wrong = should.data == NULL || (readable != READABLE_OFF && !slice_equal(should, there));
        if (wrong && pair_find(&wanted, field).data == NULL)
            tell_field(holder, should.data, there, field);
    }
}

static void hold_nobody(struct holder *holder, bool known) {
    const struct snapshot *snapshot = holder->snapshot;
    if (known) {
        hold_tell(holder, "a customer", NULL, "state");
        return;
    }
    if (snapshot->score.data != NULL)
        tell(holder, NULL, snapshot->score, false, "index");
    if (snapshot->profile.n > 0)
        hold_tell(holder, NULL, "a profile", "profile");
}

const struct customer *hold_customer(struct holder *holder, const struct snapshot *snapshot) {
    struct error error;
    uint16_t capacity = (uint16_t)holder->fold->ledger_orders;
    arena_reset(&holder->arena);
    holder->snapshot = snapshot;
    bool known = fold_customer(holder->fold, snapshot->id, holder->wanted, &holder->audited);
    if (snapshot->state.data == NULL) {
        hold_nobody(holder, known);
        return NULL;
    }
    if (state_record_read(holder->found, snapshot->state, capacity, &error) != STATE_OK) {
        hold_tell(holder, known ? "a customer" : NULL, error.text, "state");
        return NULL;
    }
    if (known)
        hold_records(holder);
    else
        hold_tell(holder, NULL, "a customer of whom the logs know nothing", "state");
    hold_segments(holder);
    hold_index(holder);
    hold_profile(holder);
    return holder->found;
}
