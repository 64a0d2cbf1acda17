#include "kmeans_lloyd.h"
#include "obek/buffer.h"
#include "obek/interrupt.h"
#include "random.h"
#include "tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct seeding {
    const struct lloyd_job *job;
    const struct matrix *matrix;
    struct blocks blocks;
    struct random *random;
    double *closest;      /* squared distance of each row to the nearest centroid so far; 0 for what fills the last tile */
    double *sums;         /* of `closest`, a block each */
    size_t n_candidates;  /* a step */
    double *candidates;   /* their values */
    double *lane_sums;    /* blocks * n_candidates * LANES: what `closest` would add up to */
    const double *chosen; /* what is lowered to */
};

static size_t block_end(const struct seeding *seeding, size_t block) {
    size_t end = (block + 1) * seeding->blocks.rows;
    return end < seeding->matrix->rows ? end : seeding->matrix->rows;
}

static double added_up(const double sums[LANES]) {
    double sum = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

static void lower_block(void *context, size_t block) {
    struct seeding *seeding = context;
    _Alignas(64) double sums[LANES] = { 0 };
    double *room = lanes_alloc(CHUNK * seeding->matrix->columns);
    for (size_t row = block * seeding->blocks.rows, end = block_end(seeding, block); row < end; row += CHUNK) {
        size_t n = end - row < CHUNK ? end - row : CHUNK;
        kernels()->lower(lloyd_tiles(seeding->job, row, n, room), (n + LANES - 1) / LANES, seeding->matrix->columns,
                         seeding->chosen, seeding->closest + row, sums);
    }
    seeding->sums[block] = added_up(sums);
    free(room);
}

static void try_block(void *context, size_t block) {
    struct seeding *seeding = context;
    size_t size = seeding->n_candidates * LANES;
    double *sums = seeding->lane_sums + block * size, *room = lanes_alloc(CHUNK * seeding->matrix->columns);
    memset(sums, 0, size * sizeof *sums);
    for (size_t row = block * seeding->blocks.rows, end = block_end(seeding, block); row < end; row += CHUNK) {
        size_t n = end - row < CHUNK ? end - row : CHUNK;
        kernels()->lowered(lloyd_tiles(seeding->job, row, n, room), (n + LANES - 1) / LANES, seeding->matrix->columns,
                           seeding->candidates, seeding->n_candidates, seeding->closest + row, sums);
    }
    free(room);
}

/* A row with a chance in proportion to its squared distance. One without any is never drawn, whatever rounding does. */
static size_t draw(struct seeding *seeding, double sum) {
    double left = random_unit(seeding->random) * sum;
    size_t block = 0, last = 0;
    while (block + 1 < seeding->blocks.n && left >= seeding->sums[block])
        left -= seeding->sums[block++];
    while (seeding->sums[block] <= 0)
        block--;
    for (size_t row = block * seeding->blocks.rows; row < block_end(seeding, block); row++) {
        if (seeding->closest[row] <= 0)
            continue;
        last = row;
        if (left < seeding->closest[row])
            break;
        left -= seeding->closest[row];
    }
    return last;
}

/* The candidate that leaves the least to the nearest centroids; the first on a tie. */
static size_t best_candidate(struct seeding *seeding) {
    size_t best = 0;
    double least = INFINITY;
    workers_run(seeding->job->workers, seeding->blocks.n, try_block, seeding);
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
    workers_run(seeding->job->workers, seeding->blocks.n, lower_block, seeding);
    for (size_t block = 0; block < seeding->blocks.n; block++)
        sum += seeding->sums[block];
    return sum;
}

static void seeding_init(struct seeding *seeding, size_t k) {
    const struct matrix *matrix = seeding->matrix;
    seeding->blocks = blocks_of(matrix->rows);
    seeding->n_candidates = 2 + (size_t)log((double)k); /* as scikit-learn */
    seeding->closest = lanes_alloc(matrix->rows + LANES);
    for (size_t i = 0; i < matrix->rows; i++)
        seeding->closest[i] = INFINITY;
    seeding->sums = xcalloc(seeding->blocks.n, sizeof *seeding->sums);
    seeding->candidates = xcalloc(seeding->n_candidates * matrix->columns, sizeof *seeding->candidates);
    seeding->lane_sums = lanes_alloc(seeding->blocks.n * seeding->n_candidates * LANES);
}

static void seeding_free(struct seeding *seeding) {
    free(seeding->closest);
    free(seeding->sums);
    free(seeding->candidates);
    free(seeding->lane_sums);
}

bool kmeans_seed(const struct lloyd_job *job, struct random *random, double *centroids, size_t *different) {
    struct seeding seeding = { .job = job, .matrix = job->matrix, .random = random };
    size_t columns = job->matrix->columns, size = columns * sizeof *centroids, chosen;
    seeding_init(&seeding, job->k);
    memcpy(centroids, matrix_row(job->matrix, random_below(random, job->matrix->rows)), size);
    for (chosen = 1; chosen < job->k && !interrupted(); chosen++) {
        double *centroid = centroids + chosen * columns, sum = take(&seeding, centroid - columns);
        if (!(sum > 0))
            break;
        for (size_t i = 0; i < seeding.n_candidates; i++)
            memcpy(seeding.candidates + i * columns, matrix_row(job->matrix, draw(&seeding, sum)), size);
        memcpy(centroid, seeding.candidates + best_candidate(&seeding) * columns, size);
    }
    seeding_free(&seeding);
    *different = chosen;
    return chosen == job->k;
}
