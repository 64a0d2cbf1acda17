/* The trainer's fits alone, on a matrix of numbers that the packages they are compared with get as well: no table is read,
   nothing explored or written. Prints seconds, the processor's seconds and the objective as JSON. */
#include "../trainer/hierarchy_cut.h"
#include "../trainer/kmeans_fit.h"
#include "../trainer/purchase_fit.h"
#include "obek/buffer.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *task, *path, *rows_text, *columns_text, *threads_text = "0", *k_min_text = "7", *k_max_text = "7",
                                                           *starts_text = "10";
static const struct bench_option options[] = {
    { "task", &task },
    { "matrix", &path },
    { "rows", &rows_text },
    { "columns", &columns_text },
    { "threads", &threads_text },
    { "k-min", &k_min_text },
    { "k-max", &k_max_text },
    { "starts", &starts_text },
};

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* numpy's tofile: doubles of this machine, row by row. */
static void read_matrix(struct matrix *matrix) {
    FILE *file = fopen(path, "rb");
    matrix_init(matrix, (size_t)option_number("rows", rows_text), (size_t)option_number("columns", columns_text));
    size_t n = matrix->rows * matrix->columns, got = file != NULL ? fread(matrix->values, sizeof(double), n, file) : 0;
    if (file != NULL)
        fclose(file);
    if (got != n)
        bench_fail("%s: not %s rows of %s numbers", path, rows_text, columns_text);
}

static void fit_kmeans(const struct matrix *matrix, struct workers *workers, struct buffer *objective) {
    size_t k_min = (size_t)option_number("k-min", k_min_text), k_max = (size_t)option_number("k-max", k_max_text);
    const struct kmeans_options how = { .starts = (size_t)option_number("starts", starts_text), .workers = workers };
    struct kmeans_result *results = xcalloc(k_max - k_min + 1, sizeof *results);
    struct error error;
    if (!kmeans_fit(matrix, k_min, k_max, &how, results, &error))
        bench_fail("%s", error.text);
    for (size_t i = 0; i <= k_max - k_min; i++) {
        buffer_printf(objective, "%s%.17g", i > 0 ? ", " : "", results[i].inertia);
        kmeans_result_free(&results[i]);
    }
    free(results);
}

static void fit_ward(const struct matrix *matrix, struct workers *workers, struct buffer *objective) {
    const struct hierarchy_options how = { .workers = workers };
    struct hierarchy tree;
    struct hierarchy_cut cut;
    struct error error;
    if (!hierarchy_build(matrix, LINKAGE_WARD, &how, &tree, &error))
        bench_fail("%s", error.text);
    hierarchy_cut(&tree, matrix, 5, &cut);
    buffer_printf(objective, "%.17g", cut.inertia);
    hierarchy_cut_free(&cut);
    hierarchy_free(&tree);
}

/* Columns: repeat purchases, time of the last one, age. */
static void fit_bgnbd(const struct matrix *matrix, struct buffer *objective) {
    struct history *histories = xcalloc(matrix->rows, sizeof *histories);
    struct purchase_fit fit;
    struct error error;
    for (size_t i = 0; i < matrix->rows; i++) {
        const double *row = matrix_row(matrix, i);
        histories[i] = (struct history){ row[0], row[1], row[2] };
    }
    if (!purchase_fit(PURCHASE_BGNBD, histories, matrix->rows, 0, &fit, &error))
        bench_fail("%s", error.text);
    buffer_printf(objective, "%.17g", fit.log_likelihood);
    free(histories);
}

int main(int argc, char **argv) {
    struct matrix matrix;
    struct buffer objective = { 0 };
    options_read(argc, argv, options, sizeof options / sizeof options[0]);
    read_matrix(&matrix);
    struct workers *workers = workers_new((unsigned)option_number("threads", threads_text));
    double began = seconds_of(CLOCK_MONOTONIC), worked = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    if (strcmp(task, "kmeans") == 0)
        fit_kmeans(&matrix, workers, &objective);
    else if (strcmp(task, "ward") == 0)
        fit_ward(&matrix, workers, &objective);
    else if (strcmp(task, "bgnbd") == 0)
        fit_bgnbd(&matrix, &objective);
    else
        bench_fail("--task %s: kmeans, ward or bgnbd", task);
    printf("{\"seconds\": %.6f, \"cpu\": %.6f, \"objective\": [%.*s]}\n", seconds_of(CLOCK_MONOTONIC) - began,
           seconds_of(CLOCK_PROCESS_CPUTIME_ID) - worked, (int)objective.len, objective.data);
    buffer_free(&objective);
    workers_free(workers);
    matrix_free(&matrix);
    return 0;
}
