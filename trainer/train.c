#include "train.h"
#include "explore.h"
#include "obek/instant.h"
#include "obek/interrupt.h"
#include "report.h"
#include "training.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* One file of the folder. */
struct output {
    const char *name;
    struct new_file file;
    bool wanted;
};
enum { REJECTED, SEGMENTS, PROFILES, ELBOW, MERGES, METRICS, MODEL, OUTPUTS };

struct run {
    const struct train_options *options;
    struct training training;
    struct workers *workers;
    struct output outputs[OUTPUTS];
};

static char *path_of(const struct run *run, const char *name) {
    struct buffer path = { 0 };
    buffer_printf(&path, "%s/%s", run->options->out, name);
    return path.data;
}

static bool open_output(struct run *run, int which, struct error *error) {
    struct output *output = &run->outputs[which];
    char *path = path_of(run, output->name);
    output->wanted = new_file_open(&output->file, path, error);
    free(path);
    return output->wanted;
}

static bool make_folder(const char *path, struct error *error) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return true;
    return error_set(error, "%s: %s", path, strerror(errno));
}

/* Rejected lines are written as they come: there may be many. */
static bool read_input(struct run *run, struct error *error) {
    struct training *training = &run->training;
    if (!make_folder(run->options->out, error))
        return false;
    training->rejects = (struct rejects){ .skip = training->recipe->input.skip, .path = run->options->input };
    if (training->recipe->input.skip) {
        if (!open_output(run, REJECTED, error))
            return false;
        training->rejects.out = run->outputs[REJECTED].file.out;
        rejects_head(training->rejects.out);
    }
    bool good = customers_read(&training->customers, training->recipe, run->options->input, run->options->as_of,
                               &training->rejects, error);
    rejects_tell(&training->rejects, stderr);
    return good;
}

static bool set_created(struct training *training, struct error *error) {
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    int64_t ms = training->customers.as_of;
    if (epoch != NULL && *epoch != '\0') {
        char *end;
        errno = 0;
        long long seconds = strtoll(epoch, &end, 10);
        if (*end != '\0' || errno != 0 || !instant_in_range(seconds * 1000))
            return error_set(error, "SOURCE_DATE_EPOCH=%.40s: no number of seconds", epoch);
        ms = seconds * 1000;
    }
    instant_text(ms, training->created);
    return true;
}

static bool learn_all(struct run *run, struct error *error) {
    struct training *training = &run->training;
    const struct recipe *recipe = training->recipe;
    const struct learning learning = { .customers = &training->customers,
                                       .recipe = recipe,
                                       .workers = run->workers,
                                       .seed = run->options->seed,
                                       .progress = run->options->progress };
    training->features = explore_features(&training->customers);
    for (size_t s = 0; s < recipe->n_schemes; s++) {
        training->learned[s].recipe = &recipe->schemes[s];
        training->n = s + 1;
        if (!learn_scheme(&learning, &training->learned[s], error) || !interrupt_check(error))
            return false;
    }
    model_check_schemes(training);
    return true;
}

static bool write_buffer(struct run *run, int which, struct slice bytes, struct error *error) {
    if (!open_output(run, which, error))
        return false;
    fwrite(bytes.data, 1, bytes.len, run->outputs[which].file.out); /* new_file_commit tells of errors */
    return true;
}

/* Of several schemes with an elbow or a tree the first one's is written; metrics.json has all. */
static bool write_table(struct run *run, int which, const char *header, struct error *error) {
    for (size_t s = 0; s < run->training.n; s++) {
        const struct learned *learned = &run->training.learned[s];
        const struct buffer *rows = which == ELBOW ? &learned->elbow : &learned->merges;
        if (rows->len == 0)
            continue;
        if (!write_buffer(run, which, slice_of(header), error))
            return false;
        fwrite(rows->data, 1, rows->len, run->outputs[which].file.out);
        return true;
    }
    return true;
}

static bool write_outputs(struct run *run, struct error *error) {
    struct buffer model = { 0 }, metrics = { 0 };
    bool good = model_write(&model, &run->training, error) && write_buffer(run, MODEL, buffer_slice(&model), error) &&
                open_output(run, SEGMENTS, error) && open_output(run, PROFILES, error) &&
                write_table(run, ELBOW, "k,inertia,silhouette,davies_bouldin,calinski_harabasz,chosen\n", error) &&
                write_table(run, MERGES, "a,b,height,size\n", error);
    if (good) {
        metrics_write(&metrics, &run->training);
        segments_write(run->outputs[SEGMENTS].file.out, &run->training);
        profiles_write(run->outputs[PROFILES].file.out, &run->training);
        good = write_buffer(run, METRICS, buffer_slice(&metrics), error) && interrupt_check(error);
    }
    buffer_free(&model);
    buffer_free(&metrics);
    return good;
}

/* The model last: who sees it finds the rest. */
static bool commit(struct run *run, struct error *error) {
    bool good = true;
    if (run->training.rejects.n == 0 && run->outputs[REJECTED].wanted) {
        new_file_discard(&run->outputs[REJECTED].file);
        run->outputs[REJECTED].wanted = false;
    }
    for (int i = 0; i < OUTPUTS && good; i++) {
        char *path = path_of(run, run->outputs[i].name);
        if (run->outputs[i].wanted)
            good = new_file_commit(&run->outputs[i].file, error);
        else if (unlink(path) != 0 && errno != ENOENT)
            good = error_set(error, "%s: %s", path, strerror(errno));
        free(path);
    }
    return good;
}

/* From the files that now stand there, as obek report would. */
static bool write_report(const struct run *run, struct error *error) {
    const struct report_options report = { run->options->out, run->options->language, run->options->catalogue };
    return report_write(&report, error) || error_context(error, "the model is written, its report is not");
}

static void tell(const struct run *run) {
    const struct training *training = &run->training;
    struct buffer reasons = { 0 };
    bool servable = training_servable(training, &reasons);
    fprintf(stderr, "obek train: %zu customers, %zu schemes -> %s", training->customers.frame.n, training->n, run->options->out);
    if (!servable)
        fprintf(stderr, "; the model cannot be served (%.*s)", (int)reasons.len, reasons.data);
    else if (reasons.len > 0)
        fprintf(stderr, "; not in the model: %.*s", (int)reasons.len, reasons.data);
    fputc('\n', stderr);
    buffer_free(&reasons);
}

static void run_free(struct run *run) {
    for (int i = 0; i < OUTPUTS; i++)
        new_file_discard(&run->outputs[i].file);
    for (size_t s = 0; s < run->training.n; s++)
        learned_free(&run->training.learned[s]);
    customers_free(&run->training.customers);
    json_decref(run->training.features);
    workers_free(run->workers);
}

enum train_result train(const struct train_options *options, struct error *error) {
    struct recipe *recipe = recipe_load(options->recipe, error);
    if (recipe == NULL)
        return TRAIN_WRONG_RECIPE;
    struct run *run = xcalloc(1, sizeof *run);
    static const char *const names[OUTPUTS] = {
        [REJECTED] = "rejected.csv", [SEGMENTS] = "segments.csv", [PROFILES] = "profiles.csv", [ELBOW] = "elbow.csv",
        [MERGES] = "merges.csv",     [METRICS] = "metrics.json",  [MODEL] = "model.json"
    };
    for (int i = 0; i < OUTPUTS; i++)
        run->outputs[i].name = names[i];
    run->options = options;
    run->training.recipe = recipe;
    run->training.input = base_name(options->input);
    run->training.seed = options->seed;
    run->workers = workers_new(options->threads);
    bool good = read_input(run, error) && set_created(&run->training, error) && learn_all(run, error) &&
                write_outputs(run, error) && commit(run, error) && write_report(run, error);
    if (good)
        tell(run);
    run_free(run);
    free(run);
    recipe_free(recipe);
    return good ? TRAIN_DONE : TRAIN_FAILED;
}
