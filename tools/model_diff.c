/* obek model diff: who would move from where to where (contract: Commands). Only reads. */
#include "model_diff.h"
#include "../lookup/reading.h"
#include "obek/command.h"
#include "obek/instant.h"
#include "obek/model_file.h"

#include <stdlib.h>

static int failed(const struct error *error, int status) {
    fprintf(stderr, "obek model diff: %s\n", error->text);
    return status;
}

/* ---- on the customers in Redis ---- */

struct walking {
    struct matrices *matrices;
    struct customer *before, *after;
    struct transitions unused;
};

/* Design, section 3, "A step": what the next touch does first. */
static bool compare(void *context, struct slice id, const struct customer *customer) {
    struct walking *walking = context;
    (void)id;
    *walking->before = *customer;
    customer_reevaluate(walking->before, walking->matrices->from, &walking->unused); /* one who still holds a former model */
    *walking->after = *walking->before;
    customer_reevaluate(walking->after, walking->matrices->to, &walking->unused);
    transitions_clear(&walking->unused);
    matrices_add(walking->matrices, walking->before, walking->after);
    return true;
}

static bool walk(struct reading *reading, struct matrices *matrices, int64_t *damaged, struct error *error) {
    struct walking walking = { .matrices = matrices };
    walking.before = xmalloc(sizeof *walking.before);
    walking.after = xmalloc(sizeof *walking.after);
    struct reading_walk all = { .context = &walking, .visit = compare };
    bool ok = reading_all(reading, &all, error);
    *damaged = all.damaged;
    free(walking.before);
    free(walking.after);
    transitions_free(&walking.unused);
    return ok;
}

static bool fits(const struct reading *reading, const struct model *model, struct error *error) {
    const char *base = reading->config->currency_base;
    if (reading->model == NULL)
        return error_set(error, "no model is in force, or its file is not in Redis");
    return strcmp(model->currency, base) == 0 ||
           error_set(error, "the new model's currency is %s, and currency.base is %s", model->currency, base);
}

static int diff_redis(const struct model_arguments *arguments, const struct config *config, struct model *model, int64_t as_of) {
    struct error error;
    struct reading reading;
    struct matrices matrices = { 0 };
    int64_t damaged = 0;
    if (!reading_open(&reading, config, &error))
        return failed(&error, EXIT_FAILED);
    bool ok = fits(&reading, model, &error);
    if (ok) {
        model->number = reading.model_number + 1; /* whatever is not that of the model in force */
        model->in_force_from = as_of;
        matrices_init(&matrices, reading.model, model);
        ok = walk(&reading, &matrices, &damaged, &error);
    }
    if (ok)
        model_diff_print(&matrices, as_of, arguments->as_json);
    matrices_free(&matrices);
    reading_close(&reading);
    return !ok ? failed(&error, EXIT_FAILED) : damaged == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* ---- on the orders of a file ---- */

static int diff_orders(const struct model_arguments *arguments, const struct config *config, struct model *from, struct model *to,
                       int64_t as_of) {
    struct error error;
    struct matrices matrices;
    if (strcmp(from->currency, to->currency) != 0) {
        error_set(&error, "the models' currencies are %s and %s", from->currency, to->currency);
        return failed(&error, EXIT_USAGE);
    }
    from->number = 0;
    to->number = 1;
    to->in_force_from = as_of;
    matrices_init(&matrices, from, to);
    bool ok = model_diff_orders(&matrices, arguments, config, as_of, &error);
    if (ok)
        model_diff_print(&matrices, as_of, arguments->as_json);
    matrices_free(&matrices);
    return ok ? EXIT_DONE : failed(&error, EXIT_FAILED);
}

static int diff(const struct model_arguments *arguments, const struct config *config, char **paths, int n, int64_t as_of) {
    struct error error;
    int status = EXIT_USAGE;
    struct model *first = model_load(paths[0], &error), *second = NULL;
    if (first == NULL || (n == 2 && (second = model_load(paths[1], &error)) == NULL))
        failed(&error, EXIT_USAGE);
    else
        status = n == 2 ? diff_orders(arguments, config, first, second, as_of) : diff_redis(arguments, config, first, as_of);
    model_free(first);
    model_free(second);
    return status;
}

int model_diff(const struct model_arguments *arguments, char **paths, int n) {
    const struct command_usage *usage = arguments->usage;
    struct error error;
    int64_t as_of = TIME_NONE;
    if (n != 1 && n != 2)
        return options_wrong(usage, "diff takes one model file, or two with --orders");
    if (arguments->as_of != NULL && !instant_parse(&as_of, slice_of(arguments->as_of), &error))
        return options_wrong(usage, "--as-of: %s", error.text);
    if ((n == 2) != (arguments->orders != NULL) || (n == 2 && arguments->as_of == NULL))
        return options_wrong(usage, "two model files go with --orders and --as-of, one with the customers in Redis");
    if (n == 2 && arguments->common.config_file == NULL && arguments->common.overrides.n == 0)
        return diff(arguments, NULL, paths, n, as_of);
    struct config *config = options_config(&arguments->common, usage);
    if (config == NULL)
        return EXIT_USAGE;
    int status = diff(arguments, config, paths, n, as_of);
    config_free(config);
    return status;
}
