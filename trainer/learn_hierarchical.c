/* Hierarchical clustering: a tree, its cut, and the cut's centroids to be served. */
#include "cluster_quality.h"
#include "clustering.h"
#include "hierarchy_cut.h"
#include "kmeans_fit.h"
#include "naming.h"
#include "obek/printing.h"

#include <stdlib.h>

struct hierarchical_learning {
    const struct learning *learning;
    struct learned *learned;
    struct scaling scaling;
    struct matrix matrix;
    struct hierarchy hierarchy;
    struct hierarchy_cut cut;
};

static void write_merges(struct hierarchical_learning *h) {
    char height[32];
    for (size_t i = 0; i + 1 < h->hierarchy.rows; i++) {
        const struct merge *merge = &h->hierarchy.merges[i];
        size_t len = real_text(merge->height, height);
        buffer_printf(&h->learned->merges, "%u,%u,%.*s,%u\n", merge->a, merge->b, (int)len, height, merge->size);
    }
}

static json_t *dendrogram_json(const struct hierarchical_learning *h) {
    struct dendrogram top;
    json_t *leaves = json_array(), *merges = json_array();
    hierarchy_top(&h->hierarchy, (size_t)h->learned->recipe->hierarchical.dendrogram, &top);
    for (size_t i = 0; i < top.n_leaves; i++)
        json_array_append_new(
            leaves, json_pack("{s:I, s:f}", "customers", (json_int_t)top.leaves[i].size, "height", top.leaves[i].height));
    for (size_t i = 0; i + 1 < top.n_leaves; i++)
        json_array_append_new(merges, json_pack("{s:I, s:I, s:f, s:I}", "a", (json_int_t)top.merges[i].a, "b",
                                                (json_int_t)top.merges[i].b, "height", top.merges[i].height, "customers",
                                                (json_int_t)top.merges[i].size));
    dendrogram_free(&top);
    return json_pack("{s:o, s:o}", "leaves", leaves, "merges", merges);
}

static bool cut(struct hierarchical_learning *h, struct error *error) {
    const struct recipe_scheme *recipe = h->learned->recipe;
    size_t k = (size_t)recipe->hierarchical.k;
    if (k == 0)
        k = hierarchy_clusters_at(&h->hierarchy, recipe->hierarchical.height);
    if (k > h->matrix.rows || k > SCHEME_SEGMENTS_MAX)
        return error_set(error, "%zu segments of %zu customers: at most %d, and no more than there are customers", k,
                         h->matrix.rows, SCHEME_SEGMENTS_MAX);
    hierarchy_cut(&h->hierarchy, &h->matrix, k, &h->cut);
    return true;
}

/* What the centroids make of the customers who were learned from. */
static size_t differing(const struct hierarchical_learning *h) {
    uint32_t *nearest = xcalloc(h->matrix.rows, sizeof *nearest);
    size_t n = 0;
    kmeans_assign(&h->matrix, &h->cut.centroids, h->learning->workers, nearest, NULL);
    for (size_t i = 0; i < h->matrix.rows; i++)
        n += nearest[i] != h->cut.labels[i];
    free(nearest);
    return n;
}

static bool report(struct hierarchical_learning *h, struct error *error) {
    struct learned *learned = h->learned;
    struct cluster_quality quality;
    const struct quality_options options = { .seed = h->learning->seed,
                                             .workers = h->learning->workers,
                                             .progress = h->learning->progress };
    if (!cluster_quality(&h->matrix, h->cut.labels, h->cut.k, &options, &quality, error) ||
        !clustering_take(learned, h->cut.labels, h->matrix.rows, h->cut.k, error) || !name_segments(h->learning, learned, error))
        return false;
    size_t n = differing(h);
    write_merges(h);
    clustering_scheme(learned, &h->scaling, &h->cut.centroids);
    json_object_update_missing_new(
        learned->metrics,
        json_pack("{s:s, s:I, s:f, s:o, s:o, s:o, s:I, s:b, s:I, s:o, s:o}", "linkage", linkage_name(h->hierarchy.linkage), "k",
                  (json_int_t)h->cut.k, "inertia", h->cut.inertia, "silhouette", real_json(quality.silhouette), "davies_bouldin",
                  real_json(quality.davies_bouldin), "calinski_harabasz", real_json(quality.calinski_harabasz),
                  "silhouette_customers", (json_int_t)quality.silhouette_rows, "silhouette_exact", quality.silhouette_exact,
                  "centroids_differ_from_tree", (json_int_t)n, "segments",
                  clustering_segments(learned, &h->scaling, &h->cut.centroids, h->cut.sizes), "dendrogram", dendrogram_json(h)));
    fprintf(stderr,
            "obek train: scheme %s is served by its centroids: they put %zu of %zu customers elsewhere than the tree does\n",
            learned->recipe->name.text, n, h->matrix.rows);
    return true;
}

bool learn_hierarchical(const struct learning *learning, struct learned *learned, struct error *error) {
    struct hierarchical_learning h = { .learning = learning, .learned = learned };
    const struct hierarchy_options options = { .workers = learning->workers, .progress = learning->progress };
    if (!scaling_fit(&h.scaling, learning, learned, &h.matrix, error))
        return false;
    bool built = hierarchy_build(&h.matrix, learned->recipe->hierarchical.linkage, &options, &h.hierarchy, error);
    bool good = built && cut(&h, error) && report(&h, error);
    if (h.cut.labels != NULL)
        hierarchy_cut_free(&h.cut);
    if (built)
        hierarchy_free(&h.hierarchy);
    matrix_free(&h.matrix);
    return good;
}
