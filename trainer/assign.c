#include "assigning.h"
#include "obek/file.h"
#include "obek/interrupt.h"
#include "obek/model_file.h"
#include "obek/printing.h"

#include <math.h>
#include <unistd.h>

#define ROWS_BETWEEN_LOOKS 1024

void assign_progress(const struct assigning *assigning, struct progress *progress, size_t customers) {
    bool apart = assigning->options->out != NULL || isatty(STDOUT_FILENO) == 0;
    progress_begin(progress, "assigning", customers, apart && progress_wanted());
}

bool assign_look(struct progress *progress, size_t number, struct error *error) {
    if (number % ROWS_BETWEEN_LOOKS != 0)
        return true;
    progress_at(progress, number);
    return interrupt_check(error);
}

void assign_skip(struct assigning *assigning, int scheme, const char *why) {
    assigning->skipped[scheme] = true;
    fprintf(stderr, "obek assign: scheme %s is skipped: %s\n", assigning->model->schemes[scheme].name.text, why);
}

/* The state's features that any scheme uses, each once, in their order. */
static bool uses(const struct assigning *assigning, enum feature feature) {
    static const enum feature rfm[] = { FEATURE_RECENCY_DAYS, FEATURE_FREQUENCY, FEATURE_MONETARY };
    static const enum feature cltv[] = { FEATURE_FREQUENCY, FEATURE_ACTIVE_DAYS, FEATURE_TENURE_DAYS, FEATURE_AVG_ORDER_VALUE };
    for (int s = 0; s < assigning->model->n_schemes; s++) {
        const struct scheme *scheme = &assigning->model->schemes[s];
        if (assigning->skipped[s])
            continue;
        for (int f = 0; scheme->type == SCHEME_KMEANS && f < scheme->kmeans.n_features; f++)
            if (scheme->kmeans.features[f].attribute == NULL && scheme->kmeans.features[f].feature == feature)
                return true;
        for (size_t f = 0; scheme->type == SCHEME_RFM && f < sizeof rfm / sizeof *rfm; f++)
            if (rfm[f] == feature)
                return true;
        for (size_t f = 0; scheme->type == SCHEME_CLTV && f < sizeof cltv / sizeof *cltv; f++)
            if (cltv[f] == feature)
                return true;
    }
    return false;
}

/* What a scheme adds to a row beside its features. */
static int added_names(const struct scheme *scheme, const char **names) {
    static const char *const scores[] = { "recency_score", "frequency_score", "monetary_score" };
    static const char *const values[] = { "p_alive", "purchases", "cltv" };
    const char *const *own = scheme->type == SCHEME_RFM ? scores : values;
    for (int i = 0; i < 3; i++)
        names[i] = own[i];
    return scheme->type == SCHEME_KMEANS ? 0 : 3;
}

static bool is_second(const struct model *model, const struct scheme *scheme) {
    for (const struct scheme *other = model->schemes; other < scheme; other++)
        if (other->type == scheme->type)
            return true;
    return false;
}

void assign_header(const struct assigning *assigning) {
    const struct model *model = assigning->model;
    const char *names[3];
    fputs("customer_id", assigning->out);
    for (int f = 0; f < FEATURE_COUNT; f++)
        if (uses(assigning, (enum feature)f))
            fprintf(assigning->out, ",%s", feature_name((enum feature)f));
    for (int s = 0; s < model->n_schemes; s++)
        if (!assigning->skipped[s])
            fprintf(assigning->out, ",%s%s", model->schemes[s].name.text, model->schemes[s].type == SCHEME_CLTV ? "_band" : "");
    for (int s = 0; s < model->n_schemes; s++) {
        const struct scheme *scheme = &model->schemes[s];
        int n = assigning->skipped[s] ? 0 : added_names(scheme, names);
        for (int i = 0; i < n; i++) {
            bool value = strcmp(names[i], "cltv") == 0, second = is_second(model, scheme);
            fprintf(assigning->out, ",%s%s%s", second || value ? scheme->name.text : "", second && !value ? "_" : "",
                    value ? "" : names[i]);
        }
    }
    fputc('\n', assigning->out);
}

static void put_real(FILE *out, double value) {
    char text[32];
    fputc(',', out);
    if (isnan(value))
        return;
    size_t len = real_text(value, text);
    fwrite(text, 1, len, out);
}

static void put_added(const struct assigning *assigning, const struct scheme *scheme, const struct ledger_summary *summary) {
    struct scheme_value values[SCHEME_VALUES_MAX];
    const char *names[3];
    int n = added_names(scheme, names);
    int found = n == 0 ? 0 : scheme_values(scheme, summary, assigning->model->minor_per_major, assigning->options->as_of, values);
    for (int i = 0; i < n; i++)
        for (int v = 0; v < found; v++)
            if (strcmp(values[v].name, names[i]) == 0)
                put_real(assigning->out, values[v].value);
}

void assign_row(const struct assigning *assigning, struct slice id, const struct ledger_summary *summary, const int *segments) {
    const struct model *model = assigning->model;
    FILE *out = assigning->out;
    print_csv_data(out, id);
    for (int f = 0; f < FEATURE_COUNT; f++)
        if (uses(assigning, (enum feature)f))
            put_real(out, feature_value((enum feature)f, summary, assigning->options->as_of, model->minor_per_major));
    for (int s = 0; s < model->n_schemes; s++)
        if (!assigning->skipped[s])
            fprintf(out, ",%s", segments[s] >= 0 ? model->schemes[s].segments[segments[s]].id.text : "");
    for (int s = 0; s < model->n_schemes; s++)
        if (!assigning->skipped[s])
            put_added(assigning, &model->schemes[s], summary);
    fputc('\n', out);
}

static bool check_model(const char *path, const struct model *model, struct error *error) {
    if (model->n_schemes > 0)
        return true;
    return error_set(error, "%s: the model has no scheme that can be evaluated: %s", path,
                     model->not_servable_because != NULL ? model->not_servable_because : "");
}

static bool write_answers(struct assigning *assigning, struct error *error) {
    struct new_file file = { 0 };
    assigning->out = stdout;
    if (assigning->options->out != NULL) {
        if (!new_file_open(&file, assigning->options->out, error))
            return false;
        assigning->out = file.out;
    }
    bool good = (assigning->recipe->input.rows == ROWS_ORDERS ? assign_orders : assign_customers)(assigning, error);
    rejects_tell(&assigning->rejects, stderr);
    if (file.out == NULL)
        return good;
    if (good)
        return new_file_commit(&file, error);
    new_file_discard(&file);
    return false;
}

enum assign_result assign(const struct assign_options *options, struct error *error) {
    enum assign_result result = ASSIGN_WRONG_MODEL;
    struct model *model = model_load_to_look_at(options->model, error);
    if (model == NULL)
        return result;
    struct assigning assigning = { .options = options, .model = model };
    if (check_model(options->model, model, error))
        assigning.recipe = assign_recipe(options, model, error);
    if (assigning.recipe != NULL) {
        assigning.rejects = (struct rejects){ .skip = assigning.recipe->input.skip, .path = options->input };
        result = write_answers(&assigning, error) ? ASSIGN_DONE : ASSIGN_FAILED;
    }
    recipe_free(assigning.recipe);
    model_free(model);
    return result;
}
