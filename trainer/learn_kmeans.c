/* K-Means: k given, or by the elbow over a range. */
#include "cluster_quality.h"
#include "clustering.h"
#include "kmeans_fit.h"
#include "naming.h"
#include "obek/printing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct kmeans_learning {
    const struct learning *learning;
    struct learned *learned;
    struct scaling scaling;
    struct matrix matrix;
    size_t n_k, chosen; /* results, and which of them is taken */
    struct kmeans_result *results;
    uint32_t *labels;
};

static void append_real(struct buffer *out, double value, const char *end) {
    char text[32];
    if (isfinite(value))
        buffer_append(out, text, real_text(value, text));
    buffer_append_text(out, end);
}

/* One row of elbow.csv, and of its twin in metrics.json. */
static bool judge(struct kmeans_learning *kmeans, size_t i, json_t *elbow, struct error *error) {
    const struct kmeans_result *result = &kmeans->results[i];
    const struct recipe_scheme *recipe = kmeans->learned->recipe;
    struct cluster_quality quality;
    const struct quality_options options = { .silhouette_rows_max = (size_t)recipe->kmeans.silhouette_max,
                                             .seed = kmeans->learning->seed,
                                             .workers = kmeans->learning->workers,
                                             .progress = kmeans->learning->progress };
    kmeans_assign(&kmeans->matrix, &result->centroids, kmeans->learning->workers, kmeans->labels, NULL);
    if (!cluster_quality(&kmeans->matrix, kmeans->labels, result->k, &options, &quality, error))
        return false;
    if (kmeans->n_k > 1) {
        struct buffer *out = &kmeans->learned->elbow;
        buffer_printf(out, "%zu,", result->k);
        append_real(out, result->inertia, ",");
        append_real(out, quality.silhouette, ",");
        append_real(out, quality.davies_bouldin, ",");
        append_real(out, quality.calinski_harabasz, i == kmeans->chosen ? ",true\n" : ",false\n");
    }
    json_array_append_new(elbow, json_pack("{s:I, s:f, s:o, s:I, s:b, s:o, s:o, s:b, s:I}", "k", (json_int_t)result->k, "inertia",
                                           result->inertia, "silhouette", real_json(quality.silhouette), "silhouette_customers",
                                           (json_int_t)quality.silhouette_rows, "silhouette_exact", quality.silhouette_exact,
                                           "davies_bouldin", real_json(quality.davies_bouldin), "calinski_harabasz",
                                           real_json(quality.calinski_harabasz), "chosen", i == kmeans->chosen, "iterations",
                                           (json_int_t)result->iterations));
    return true;
}

static bool judge_all(struct kmeans_learning *kmeans, struct error *error) {
    json_t *elbow = json_array();
    bool good = true;
    for (size_t i = 0; good && i < kmeans->n_k; i++)
        good = judge(kmeans, i, elbow, error);
    json_object_set_new(kmeans->learned->metrics, "elbow", elbow);
    return good;
}

static void choose(struct kmeans_learning *kmeans) {
    double *inertias = xcalloc(kmeans->n_k, sizeof *inertias);
    for (size_t i = 0; i < kmeans->n_k; i++)
        inertias[i] = kmeans->results[i].inertia;
    kmeans->chosen = kmeans_elbow(inertias, kmeans->n_k);
    free(inertias);
}

static bool fit(struct kmeans_learning *kmeans, struct error *error) {
    const struct recipe_scheme *recipe = kmeans->learned->recipe;
    size_t from = (size_t)recipe->kmeans.k_from, to = (size_t)recipe->kmeans.k_to;
    const struct kmeans_options options = { .starts = (size_t)recipe->kmeans.starts,
                                            .seed = kmeans->learning->seed,
                                            .workers = kmeans->learning->workers,
                                            .progress = kmeans->learning->progress };
    struct kmeans_result *results = xcalloc(to - from + 1, sizeof *results);
    if (!kmeans_fit(&kmeans->matrix, from, to, &options, results, error)) {
        free(results);
        return false;
    }
    kmeans->results = results;
    kmeans->n_k = to - from + 1;
    choose(kmeans);
    return true;
}

static bool report(struct kmeans_learning *kmeans, struct error *error) {
    struct learned *learned = kmeans->learned;
    const struct kmeans_result *result = &kmeans->results[kmeans->chosen];
    kmeans_assign(&kmeans->matrix, &result->centroids, kmeans->learning->workers, kmeans->labels, NULL);
    if (!clustering_take(learned, kmeans->labels, kmeans->matrix.rows, result->k, error) ||
        !name_segments(kmeans->learning, learned, error))
        return false;
    if (!result->converged)
        learned_warn(learned, "not_converged", "K-Means was stopped before its labels had settled", "more starts may help");
    clustering_scheme(learned, &kmeans->scaling, &result->centroids);
    json_object_update_missing_new(learned->metrics,
                                   json_pack("{s:I, s:f, s:i, s:o}", "k", (json_int_t)result->k, "inertia", result->inertia,
                                             "starts", learned->recipe->kmeans.starts, "segments",
                                             clustering_segments(learned, &kmeans->scaling, &result->centroids, result->sizes)));
    return true;
}

bool learn_kmeans(const struct learning *learning, struct learned *learned, struct error *error) {
    struct kmeans_learning kmeans = { .learning = learning, .learned = learned };
    if (!scaling_fit(&kmeans.scaling, learning, learned, &kmeans.matrix, error))
        return false;
    kmeans.labels = xcalloc(kmeans.matrix.rows, sizeof *kmeans.labels);
    bool good = fit(&kmeans, error) && judge_all(&kmeans, error) && report(&kmeans, error);
    for (size_t i = 0; i < kmeans.n_k; i++)
        kmeans_result_free(&kmeans.results[i]);
    free(kmeans.results);
    free(kmeans.labels);
    matrix_free(&kmeans.matrix);
    return good;
}
