#include "kmeans_lloyd.h"
#include "obek/buffer.h"
#include "obek/interrupt.h"
#include "random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct seeding {
    const struct tiles *tiles;
    struct blocks blocks;
    struct workers *workers;
    const struct kernels *kernels;
    struct random *random;
    double *closest;      /* squared distance of each row to the nearest centroid so far; 0 for what fills the last tile */
    double *sums;         /* of `closest`, a block each */
    size_t n_candidates;  /* a step */
    double *candidates;   /* their values */
    double *lane_sums;    /* blocks * n_candidates * LANES: what `closest` would add up to */
    const double *chosen; /* what is lowered to */
};

static size_t tiles_in(const struct seeding *seeding, size_t block) {
    size_t left = seeding->tiles->n - block * seeding->blocks.tiles;
    return left < seeding->blocks.tiles ? left : seeding->blocks.tiles;
}

static double added_up(const double sums[LANES]) {
    double sum = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

static void lower_block(void *context, size_t block) {
    struct seeding *seeding = context;
    size_t first = block * seeding->blocks.tiles;
    _Alignas(64) double sums[LANES] = { 0 };
    seeding->kernels->lower(tiles_at(seeding->tiles, first), tiles_in(seeding, block), seeding->tiles->columns, seeding->chosen,
                            seeding->closest + first * LANES, sums);
    seeding->sums[block] = added_up(sums);
}

static void try_block(void *context, size_t block) {
    struct seeding *seeding = context;
    size_t first = block * seeding->blocks.tiles, size = seeding->n_candidates * LANES;
    double *sums = seeding->lane_sums + block * size;
    memset(sums, 0, size * sizeof *sums);
    seeding->kernels->lowered(tiles_at(seeding->tiles, first), tiles_in(seeding, block), seeding->tiles->columns,
                              seeding->candidates, seeding->n_candidates, seeding->closest + first * LANES, sums);
}

/* A position with a chance in proportion to its squared distance. One without any is never drawn, whatever rounding does. */
static size_t draw(struct seeding *seeding, double sum) {
    double left = random_unit(seeding->random) * sum;
    size_t block = 0, position, last = 0;
    while (block + 1 < seeding->blocks.n && left >= seeding->sums[block])
        left -= seeding->sums[block++];
    while (seeding->sums[block] <= 0)
        block--;
    position = block * seeding->blocks.tiles * LANES;
    for (size_t end = position + tiles_in(seeding, block) * LANES; position < end; position++) {
        if (seeding->closest[position] <= 0)
            continue;
        last = position;
        if (left < seeding->closest[position])
            break;
        left -= seeding->closest[position];
    }
    return last;
}

/* The candidate that leaves the least to the nearest centroids; the first on a tie. */
static size_t best_candidate(struct seeding *seeding) {
    size_t best = 0;
    double least = INFINITY;
    workers_run(seeding->workers, seeding->blocks.n, try_block, seeding);
    for (size_t i = 0; i < seeding->n_candidates; i++) {
        double sum = 0;
        for (size_t block = 0; block < seeding->blocks.n; block++)
            sum += added_up(seeding->lane_sums + (block * seeding->n_candidates + i) * LANES);
        if (sum < least) {
            least = sum;
            best = i;
        }
    }
    return best;
}

/* Returns the sum of the squared distances to the nearest centroid. */
static double take(struct seeding *seeding, const double *centroid) {
    double sum = 0;
    seeding->chosen = centroid;
    workers_run(seeding->workers, seeding->blocks.n, lower_block, seeding);
    for (size_t block = 0; block < seeding->blocks.n; block++)
        sum += seeding->sums[block];
    return sum;
}

static void seeding_init(struct seeding *seeding, size_t k) {
    const struct tiles *tiles = seeding->tiles;
    seeding->n_candidates = 2 + (size_t)log((double)k); /* as scikit-learn */
    seeding->closest = lanes_alloc(tiles->n * LANES);
    for (size_t i = 0; i < tiles->rows; i++)
        seeding->closest[i] = INFINITY;
    seeding->sums = xcalloc(seeding->blocks.n, sizeof *seeding->sums);
    seeding->candidates = xcalloc(seeding->n_candidates * tiles->columns, sizeof *seeding->candidates);
    seeding->lane_sums = lanes_alloc(seeding->blocks.n * seeding->n_candidates * LANES);
}

static void seeding_free(struct seeding *seeding) {
    free(seeding->closest);
    free(seeding->sums);
    free(seeding->candidates);
    free(seeding->lane_sums);
}

bool kmeans_seed(const struct lloyd_job *job, struct random *random, double *centroids, size_t *different) {
    const struct tiles *tiles = job->tiles;
    struct seeding seeding = { tiles, blocks_of(tiles->n), job->workers, kernels(), random, .closest = NULL };
    size_t columns = tiles->columns, chosen;
    seeding_init(&seeding, job->k);
    tiles_row(tiles, random_below(random, tiles->rows), centroids);
    for (chosen = 1; chosen < job->k && !interrupted(); chosen++) {
        double *centroid = centroids + chosen * columns, sum = take(&seeding, centroid - columns);
        if (!(sum > 0))
            break;
        for (size_t i = 0; i < seeding.n_candidates; i++)
            tiles_row(tiles, draw(&seeding, sum), seeding.candidates + i * columns);
        memcpy(centroid, seeding.candidates + best_candidate(&seeding) * columns, columns * sizeof *centroid);
    }
    seeding_free(&seeding);
    *different = chosen;
    return chosen == job->k;
}
