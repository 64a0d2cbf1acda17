#include "cleaning.h"
#include "obek/instant.h"
#include "obek/ledger.h"
#include "sorted.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct cleaner {
    struct frame *frame;
    const struct recipe *recipe;
    struct cleaning *cleaning;
    struct rejects *rejects;
    int64_t as_of;
    bool *keep;
    struct error *error;
};

static bool names_column(const struct clean_step *step, const char *column) {
    for (size_t i = 0; i < step->n_columns; i++)
        if (strcmp(step->columns[i], column) == 0)
            return true;
    return false;
}

bool cleaning_expects(const struct recipe *recipe, const char *column, bool missing) {
    for (size_t i = 0; i < recipe->n_cleaning; i++)
        if (recipe->cleaning[i].what == (missing ? CLEAN_MISSING : CLEAN_RANGE) && names_column(&recipe->cleaning[i], column))
            return true;
    return false;
}

const struct cap *cleaning_cap(const struct cleaning *cleaning, const char *column) {
    for (size_t i = 0; i < cleaning->n_caps; i++)
        if (strcmp(cleaning->caps[i].column, column) == 0)
            return &cleaning->caps[i];
    return NULL;
}

static json_t *add_report(struct cleaner *cleaner, const char *step, const char *column, const char *then, size_t rows) {
    json_t *report = json_pack("{s:s, s:s*, s:s, s:I}", "step", step, "column", column, "then", then, "rows", (json_int_t)rows);
    json_array_append_new(cleaner->cleaning->steps, report);
    return report;
}

static void begin_drop(struct cleaner *cleaner) {
    size_t n = cleaner->frame->n;
    cleaner->keep = xrealloc(cleaner->keep, n > 0 ? n : 1);
    memset(cleaner->keep, true, n);
}

static void fill(struct cleaner *cleaner, const struct clean_step *step, struct frame_column *column) {
    static const char *const names[] = { [THEN_DROP] = "drop", [THEN_MEDIAN] = "median", [THEN_CONSTANT] = "constant" };
    double value = step->constant;
    size_t rows = 0;
    if (step->then == THEN_MEDIAN) {
        struct sorted sorted = sorted_of(column->numbers, cleaner->frame->n);
        value = sorted_quantile(&sorted, 0.5);
        sorted_free(&sorted);
    }
    begin_drop(cleaner);
    for (size_t i = 0; i < cleaner->frame->n; i++)
        if (isnan(column->numbers[i])) {
            cleaner->keep[i] = step->then != THEN_DROP;
            column->numbers[i] = value;
            rows++;
        }
    cleaner->cleaning->imputed = cleaner->cleaning->imputed || (rows > 0 && step->then != THEN_DROP);
    json_t *report = add_report(cleaner, "missing", column->name, names[step->then], rows);
    if (step->then != THEN_DROP && isfinite(value))
        json_object_set_new(report, "value", json_real(value));
    if (step->then == THEN_DROP)
        frame_keep(cleaner->frame, cleaner->keep);
}

/* Cells outside [low, high]: dropped with their row, emptied, or put at the bound. */
static size_t confine(struct cleaner *cleaner, struct frame_column *column, enum clean_then then, double low, double high) {
    size_t rows = 0;
    begin_drop(cleaner);
    for (size_t i = 0; i < cleaner->frame->n; i++) {
        double *cell = &column->numbers[i];
        if (isnan(*cell) || (*cell >= low && *cell <= high))
            continue;
        rows++;
        cleaner->keep[i] = then != THEN_DROP;
        *cell = then == THEN_MISSING ? NAN : *cell < low ? low : high;
    }
    if (then == THEN_DROP)
        frame_keep(cleaner->frame, cleaner->keep);
    return rows;
}

static json_t *bound_json(double bound) {
    return isfinite(bound) ? json_real(bound) : json_null();
}

static void put_into_range(struct cleaner *cleaner, const struct clean_step *step, struct frame_column *column) {
    static const char *const names[] = { [THEN_DROP] = "drop", [THEN_MISSING] = "missing", [THEN_CLIP] = "clip" };
    size_t rows = confine(cleaner, column, step->then, step->low, step->high);
    json_t *report = add_report(cleaner, "range", column->name, names[step->then], rows);
    json_object_set_new(report, "low", bound_json(step->low));
    json_object_set_new(report, "high", bound_json(step->high));
    cleaner->cleaning->imputed = cleaner->cleaning->imputed || (rows > 0 && step->then != THEN_DROP);
}

static void remember_cap(struct cleaning *cleaning, const char *column, double low, double high) {
    cleaning->caps = xrealloc(cleaning->caps, (cleaning->n_caps + 1) * sizeof *cleaning->caps);
    cleaning->caps[cleaning->n_caps++] = (struct cap){ xstrdup(column), low, high };
}

static void put_under_cap(struct cleaner *cleaner, const struct clean_step *step, struct frame_column *column) {
    struct sorted sorted = sorted_of(column->numbers, cleaner->frame->n);
    double low = sorted_quantile(&sorted, step->low), high = sorted_quantile(&sorted, step->high), range = high - low;
    sorted_free(&sorted);
    low = step->lower ? low - step->factor * range : -INFINITY;
    high = step->upper ? high + step->factor * range : INFINITY;
    if (step->whole) { /* values beyond the exact bound get the rounded one, as the notebooks do */
        low = nearbyint(low);
        high = nearbyint(high);
    }
    size_t rows = confine(cleaner, column, step->then, low, high);
    json_t *report = add_report(cleaner, "cap", column->name, step->then == THEN_DROP ? "drop" : "clip", rows);
    json_object_set_new(report, "low", bound_json(low));
    json_object_set_new(report, "high", bound_json(high));
    if (step->then == THEN_CLIP)
        remember_cap(cleaner->cleaning, column->name, low, high);
}

static void clean_columns(struct cleaner *cleaner, const struct clean_step *step) {
    static void (*const act[])(struct cleaner *, const struct clean_step *, struct frame_column *) = {
        [CLEAN_MISSING] = fill, [CLEAN_RANGE] = put_into_range, [CLEAN_CAP] = put_under_cap
    };
    for (size_t i = 0; i < step->n_columns; i++) {
        struct frame_column *column = frame_column(cleaner->frame, step->columns[i]);
        if (column != NULL && (column->kind == COLUMN_NUMBER || column->kind == COLUMN_TIME))
            act[step->what](cleaner, step, column);
    }
}

/* Of the rows of one customer: which is the last, and how many there are. */
static void mark_duplicates(struct cleaner *cleaner, enum clean_then then, const uint32_t *ids, uint32_t n_ids) {
    uint32_t *count = xcalloc(n_ids + (size_t)1, sizeof *count);
    for (size_t i = 0; i < cleaner->frame->n; i++)
        count[ids[i]]++;
    uint32_t *seen = xcalloc(n_ids + (size_t)1, sizeof *seen);
    for (size_t i = 0; i < cleaner->frame->n; i++) {
        uint32_t nth = ++seen[ids[i]], of = count[ids[i]];
        cleaner->keep[i] = then == THEN_KEEP_FIRST ? nth == 1 : then == THEN_KEEP_LAST ? nth == of : of == 1;
    }
    free(count);
    free(seen);
}

static size_t dropped(const struct cleaner *cleaner) {
    size_t rows = 0;
    for (size_t i = 0; i < cleaner->frame->n; i++)
        rows += !cleaner->keep[i];
    return rows;
}

static bool clean_duplicates(struct cleaner *cleaner) {
    static const char *const names[] = {
        [THEN_KEEP_FIRST] = "keep_first", [THEN_KEEP_LAST] = "keep_last", [THEN_DROP_ALL] = "drop_all"
    };
    const struct frame_column *id = frame_role(cleaner->frame, ROLE_CUSTOMER_ID);
    const struct clean_step *step = NULL;
    for (size_t i = 0; i < cleaner->recipe->n_cleaning; i++)
        if (cleaner->recipe->cleaning[i].what == CLEAN_DUPLICATES)
            step = &cleaner->recipe->cleaning[i];
    begin_drop(cleaner);
    if (id->words.n == cleaner->frame->n && step == NULL)
        return true;
    mark_duplicates(cleaner, step != NULL ? step->then : THEN_KEEP_FIRST, id->codes, id->words.n);
    if (step != NULL)
        add_report(cleaner, "duplicates", NULL, names[step->then], dropped(cleaner));
    for (size_t i = 0; i < cleaner->frame->n && step == NULL; i++)
        if (!cleaner->keep[i] && !rejects_add_later(cleaner->rejects, cleaner->frame->lines[i], id->name,
                                                    "a second row of this customer", cleaner->error))
            return false;
    frame_keep(cleaner->frame, cleaner->keep);
    return true;
}

struct times {
    const double *first, *last, *online, *offline;
};

static bool in_order(double earlier, double later) {
    return isnan(earlier) || isnan(later) || earlier <= later;
}

static double cell_of(const double *column, size_t i) {
    return column != NULL ? column[i] : NAN;
}

static const char *wrong_dates(const struct cleaner *cleaner, const struct times *times, size_t i) {
    double first = cell_of(times->first, i), last = cell_of(times->last, i), as_of = (double)cleaner->as_of;
    double online = cell_of(times->online, i), offline = cell_of(times->offline, i);
    if (!in_order(first, last) || !in_order(first, online) || !in_order(first, offline))
        return "the last order is before the first";
    if (!in_order(last, as_of) || !in_order(online, as_of) || !in_order(offline, as_of) || !in_order(first, as_of))
        return "an order is after the as-of date";
    return NULL;
}

static const double *numbers_of(const struct cleaner *cleaner, enum role role) {
    const struct frame_column *column = frame_role(cleaner->frame, role);
    return column != NULL ? column->numbers : NULL;
}

static bool clean_dates(struct cleaner *cleaner) {
    const struct times times = { numbers_of(cleaner, ROLE_FIRST_AT), numbers_of(cleaner, ROLE_LAST_AT),
                                 numbers_of(cleaner, ROLE_LAST_ONLINE_AT), numbers_of(cleaner, ROLE_LAST_OFFLINE_AT) };
    bool asked = false;
    for (size_t i = 0; i < cleaner->recipe->n_cleaning; i++)
        asked = asked || cleaner->recipe->cleaning[i].what == CLEAN_DATES;
    begin_drop(cleaner);
    for (size_t i = 0; i < cleaner->frame->n; i++) {
        const char *why = wrong_dates(cleaner, &times, i);
        cleaner->keep[i] = why == NULL;
        if (why != NULL && !asked && !rejects_add_later(cleaner->rejects, cleaner->frame->lines[i], NULL, why, cleaner->error))
            return false;
    }
    if (asked)
        add_report(cleaner, "dates", NULL, "drop", dropped(cleaner));
    frame_keep(cleaner->frame, cleaner->keep);
    return true;
}

/* A customer of obek has at least one order. */
static bool clean_orderless(struct cleaner *cleaner) {
    const double *all = numbers_of(cleaner, ROLE_ORDERS), *online = numbers_of(cleaner, ROLE_ORDERS_ONLINE);
    const double *offline = numbers_of(cleaner, ROLE_ORDERS_OFFLINE);
    if (all == NULL && online == NULL)
        return true;
    begin_drop(cleaner);
    for (size_t i = 0; i < cleaner->frame->n; i++) {
        cleaner->keep[i] = (all != NULL ? all[i] : online[i] + offline[i]) >= 1;
        if (!cleaner->keep[i] &&
            !rejects_add_later(cleaner->rejects, cleaner->frame->lines[i], NULL, "a customer without an order", cleaner->error))
            return false;
    }
    frame_keep(cleaner->frame, cleaner->keep);
    return true;
}

bool clean(struct frame *frame, const struct recipe *recipe, int64_t as_of, struct cleaning *cleaning, struct rejects *rejects,
           struct error *error) {
    struct cleaner cleaner = { frame, recipe, cleaning, rejects, as_of, NULL, error };
    bool customers = frame_role(frame, ROLE_OCCURRED_AT) == NULL;
    bool good = !customers || clean_duplicates(&cleaner);
    for (size_t i = 0; good && i < recipe->n_cleaning; i++)
        if (recipe->cleaning[i].n_columns > 0)
            clean_columns(&cleaner, &recipe->cleaning[i]);
    good = good && (!customers || (clean_dates(&cleaner) && clean_orderless(&cleaner)));
    free(cleaner.keep);
    return good && (frame->n > 0 || error_set(error, "%s: no row is left after cleaning", rejects->path));
}

void cleaning_free(struct cleaning *cleaning) {
    for (size_t i = 0; i < cleaning->n_caps; i++)
        free(cleaning->caps[i].column);
    free(cleaning->caps);
    json_decref(cleaning->steps);
    *cleaning = (struct cleaning){ 0 };
}
