/* The steps of cleaning. */
#include "recipe_internal.h"

#include "obek/buffer.h"

#include <math.h>

#define STEPS_MAX 100

struct choice {
    const char *name;
    enum clean_then then;
};

/* What `then` may be after each kind of step; the first is the default. */
static const struct choice after_missing[] = { { "drop", THEN_DROP }, { "median", THEN_MEDIAN }, { "constant", THEN_CONSTANT } };
static const struct choice after_range[] = { { "drop", THEN_DROP }, { "missing", THEN_MISSING }, { "clip", THEN_CLIP } };
static const struct choice after_cap[] = { { "clip", THEN_CLIP }, { "drop", THEN_DROP } };
static const struct choice after_dates[] = { { "drop", THEN_DROP } };
static const struct choice after_duplicates[] = { { "keep_first", THEN_KEEP_FIRST },
                                                  { "keep_last", THEN_KEEP_LAST },
                                                  { "drop_all", THEN_DROP_ALL } };
static const char *const missing_keys[] = { "step", "columns", "then", "constant", NULL };
static const char *const range_keys[] = { "step", "columns", "then", "min", "max", NULL };
static const char *const cap_keys[] = { "step", "columns", "then", "quantiles", "factor", "sides", "whole", NULL };
static const char *const other_keys[] = { "step", "then", NULL };

static const struct step_kind {
    const char *name;
    const char *const *keys;
    const struct choice *choices;
    size_t n_choices;
} kinds[] = {
    [CLEAN_MISSING] = { "missing", missing_keys, after_missing, 3 },
    [CLEAN_RANGE] = { "range", range_keys, after_range, 3 },
    [CLEAN_CAP] = { "cap", cap_keys, after_cap, 2 },
    [CLEAN_DATES] = { "dates", other_keys, after_dates, 1 },
    [CLEAN_DUPLICATES] = { "duplicates", other_keys, after_duplicates, 3 },
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static bool read_what(const struct node *node, struct clean_step *step, struct error *error) {
    const char *names[KIND_COUNT];
    struct node what = node_member(node, "step");
    int index;
    for (size_t i = 0; i < KIND_COUNT; i++)
        names[i] = kinds[i].name;
    if (!node_is_object(node, NULL, error) || !node_word(&what, names, KIND_COUNT, &index, error))
        return false;
    step->what = (enum clean_what)index;
    return node_is_object(node, kinds[index].keys, error);
}

static bool read_then(const struct node *node, struct clean_step *step, struct error *error) {
    const struct step_kind *kind = &kinds[step->what];
    const char *names[3];
    int index = 0;
    for (size_t i = 0; i < kind->n_choices; i++)
        names[i] = kind->choices[i].name;
    if (!member_word(node, "then", names, kind->n_choices, &index, error))
        return false;
    step->then = kind->choices[index].then;
    return true;
}

static bool read_step_columns(const struct node *node, const struct recipe *recipe, struct clean_step *step,
                              struct error *error) {
    struct node columns = node_member(node, "columns");
    if (step->what == CLEAN_DATES || step->what == CLEAN_DUPLICATES)
        return true;
    if (columns.json == NULL)
        return node_error(&columns, error, "missing: which columns?");
    if (!member_texts(node, "columns", false, &step->columns, &step->n_columns, error))
        return false;
    for (size_t i = 0; i < step->n_columns; i++) {
        struct node item = node_item(&columns, i);
        if (!recipe_has_column(recipe, step->columns[i]))
            return recipe_no_column(&item, recipe, step->columns[i], error);
    }
    return true;
}

static bool read_quantiles(const struct node *node, struct clean_step *step, struct error *error) {
    struct node quantiles = node_member(node, "quantiles");
    double *const targets[] = { &step->low, &step->high };
    if (quantiles.json == NULL)
        return true;
    if (!node_is_array(&quantiles, 2, 2, error))
        return false;
    for (size_t i = 0; i < 2; i++) {
        struct node item = node_item(&quantiles, i);
        if (!node_number(&item, targets[i], error))
            return false;
    }
    return (step->low >= 0 && step->low < step->high && step->high <= 1) ||
           node_error(&quantiles, error, "two numbers of [0, 1] are needed, the smaller one first");
}

static bool read_cap(const struct node *node, struct clean_step *step, struct error *error) {
    static const char *const sides[] = { "both", "upper", "lower" };
    int side = 0;
    step->low = 0.25;
    step->high = 0.75;
    step->factor = 1.5;
    if (!read_quantiles(node, step, error) || !member_number(node, "factor", 0, 1000, &step->factor, error) ||
        !member_word(node, "sides", sides, 3, &side, error) || !member_flag(node, "whole", &step->whole, error))
        return false;
    step->upper = side != 2;
    step->lower = side != 1;
    return true;
}

static bool read_bounds(const struct node *node, struct clean_step *step, struct error *error) {
    step->low = -INFINITY;
    step->high = INFINITY;
    if (!member_number(node, "min", -1e15, 1e15, &step->low, error) ||
        !member_number(node, "max", -1e15, 1e15, &step->high, error))
        return false;
    if (isinf(step->low) && isinf(step->high))
        return node_error(node, error, "\"min\" or \"max\" is needed");
    return step->low <= step->high || node_error(node, error, "\"min\" exceeds \"max\"");
}

static bool read_step(const struct node *node, const struct recipe *recipe, struct clean_step *step, struct error *error) {
    struct node constant = node_member(node, "constant");
    if (!read_what(node, step, error) || !read_then(node, step, error) || !read_step_columns(node, recipe, step, error))
        return false;
    if (step->what == CLEAN_CAP)
        return read_cap(node, step, error);
    if (step->what == CLEAN_RANGE)
        return read_bounds(node, step, error);
    if (step->then == THEN_CONSTANT)
        return node_number(&constant, &step->constant, error);
    return constant.json == NULL || node_error(&constant, error, "is for \"then\": \"constant\" only");
}

bool recipe_read_cleaning(const struct node *node, struct recipe *recipe, struct error *error) {
    if (node->json == NULL)
        return true;
    if (!node_is_array(node, 0, STEPS_MAX, error))
        return false;
    recipe->cleaning = xcalloc(json_array_size(node->json) + 1, sizeof *recipe->cleaning);
    for (size_t i = 0; i < json_array_size(node->json); i++) {
        struct node item = node_item(node, i);
        recipe->n_cleaning = i + 1;
        if (!read_step(&item, recipe, &recipe->cleaning[i], error))
            return false;
    }
    return true;
}
