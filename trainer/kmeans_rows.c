#include "kmeans_rows.h"
#include "obek/buffer.h"
#include "tiles.h"

#include <stdlib.h>
#include <string.h>

/* When more than this part of the rows of a chunk is to be looked at, picking them out costs more than looking at all. */
#define GATHERED_SHARE 2

static void clear_share(const struct lloyd *lloyd, struct share *share) {
    memset(share->sums, 0, lloyd->k * lloyd->columns * sizeof *share->sums);
    memset(share->counts, 0, lloyd->k * sizeof *share->counts);
    share->changed = 0;
    share->inertia = 0;
}

static size_t block_end(const struct lloyd *lloyd, size_t block) {
    size_t end = (block + 1) * lloyd->blocks.rows;
    return end < lloyd->job->matrix->rows ? end : lloyd->job->matrix->rows;
}

static void add_row(const struct lloyd *lloyd, struct share *share, size_t row, uint32_t label, int sign) {
    const double *values = matrix_row(lloyd->job->matrix, row);
    double *sums = share->sums + label * lloyd->columns;
    for (size_t column = 0; column < lloyd->columns; column++)
        sums[column] += sign * values[column];
    share->counts[label] += sign;
}

static void relabel(struct lloyd *lloyd, struct share *share, size_t row, uint32_t label) {
    if (lloyd->labelled)
        add_row(lloyd, share, row, lloyd->labels[row], -1);
    add_row(lloyd, share, row, label, 1);
    lloyd->labels[row] = label;
    share->changed++;
}

static void settle(struct lloyd *lloyd, struct share *share, size_t row, const struct nearest_two *answer, size_t lane) {
    uint32_t label = answer->which[lane];
    if (label != lloyd->labels[row] || !lloyd->labelled)
        relabel(lloyd, share, row, label);
    lloyd->until[row] = (lloyd->clocks[label] + answer->gap[lane]) * (1 - DOUBT);
}

/* All n rows of a chunk. */
static void look_at_all(struct lloyd *lloyd, struct share *share, size_t row, size_t n) {
    struct nearest_two answers[CHUNK / LANES];
    const double *tiles = lloyd_tiles(lloyd->job, row, n, share->room);
    kernels()->nearest_two(tiles, (n + LANES - 1) / LANES, lloyd->columns, lloyd->centroids, lloyd->k, answers);
    for (size_t i = 0; i < n; i++)
        settle(lloyd, share, row + i, &answers[i / LANES], i % LANES);
    for (size_t i = 0; i < n && lloyd->measuring; i++)
        share->inertia += answers[i / LANES].square[i % LANES];
}

/* Some rows of a chunk. */
static void look_at(struct lloyd *lloyd, struct share *share, const uint32_t *rows, size_t n) {
    struct nearest_two answers[CHUNK / LANES];
    size_t n_tiles = (n + LANES - 1) / LANES;
    for (size_t i = 0; i < n_tiles * LANES; i++)
        tiles_put(share->room, lloyd->columns, i, matrix_row(lloyd->job->matrix, rows[i < n ? i : n - 1]));
    kernels()->nearest_two(share->room, n_tiles, lloyd->columns, lloyd->centroids, lloyd->k, answers);
    for (size_t i = 0; i < n; i++)
        settle(lloyd, share, rows[i], &answers[i / LANES], i % LANES);
}

static void assign_block(void *context, size_t block) {
    struct lloyd *lloyd = context;
    struct share *share = &lloyd->shares[block];
    size_t end = block_end(lloyd, block), next;
    clear_share(lloyd, share);
    for (size_t row = block * lloyd->blocks.rows; row < end; row = next) {
        uint32_t rows[CHUNK];
        size_t n = 0;
        next = end - row < CHUNK ? end : row + CHUNK;
        for (size_t i = row; i < next; i++) { /* without a branch that nobody could foretell */
            rows[n] = (uint32_t)i;
            n += lloyd->clocks[lloyd->labels[i]] >= lloyd->until[i];
        }
        if (n >= (next - row) / GATHERED_SHARE)
            look_at_all(lloyd, share, row, next - row);
        else if (n > 0)
            look_at(lloyd, share, rows, n);
    }
}

static void add_block(void *context, size_t block) {
    struct lloyd *lloyd = context;
    struct share *share = &lloyd->shares[block];
    clear_share(lloyd, share);
    for (size_t row = block * lloyd->blocks.rows; row < block_end(lloyd, block); row++)
        add_row(lloyd, share, row, lloyd->labels[row], 1);
    share->changed = 1;
}

/* Adds what the blocks changed to the sums, in their order. */
static size_t add_shares(struct lloyd *lloyd) {
    size_t changed = 0;
    for (size_t block = 0; block < lloyd->blocks.n; block++) {
        const struct share *share = &lloyd->shares[block];
        if (share->changed == 0)
            continue;
        changed += share->changed;
        for (size_t i = 0; i < lloyd->k * lloyd->columns; i++)
            lloyd->sums[i] += share->sums[i];
        for (size_t c = 0; c < lloyd->k; c++)
            lloyd->counts[c] += share->counts[c];
    }
    return changed;
}

size_t lloyd_assign(struct lloyd *lloyd) {
    workers_run(lloyd->job->workers, lloyd->blocks.n, assign_block, lloyd);
    lloyd->labelled = true;
    return add_shares(lloyd);
}

size_t lloyd_assign_all(struct lloyd *lloyd) {
    for (size_t row = 0; row < lloyd->job->matrix->rows; row++)
        lloyd->until[row] = -1;
    lloyd->measuring = true;
    size_t changed = lloyd_assign(lloyd);
    lloyd->measuring = false;
    return changed;
}

void lloyd_add_anew(struct lloyd *lloyd) {
    memset(lloyd->sums, 0, lloyd->k * lloyd->columns * sizeof *lloyd->sums);
    memset(lloyd->counts, 0, lloyd->k * sizeof *lloyd->counts);
    workers_run(lloyd->job->workers, lloyd->blocks.n, add_block, lloyd);
    add_shares(lloyd);
}

static double square_to_own(const struct lloyd *lloyd, size_t row) {
    const double *values = matrix_row(lloyd->job->matrix, row),
                 *centroid = lloyd->centroids + lloyd->labels[row] * lloyd->columns;
    double square = 0;
    for (size_t column = 0; column < lloyd->columns; column++)
        square += (values[column] - centroid[column]) * (values[column] - centroid[column]);
    return square;
}

static void find_farthest(void *context, size_t block) {
    struct lloyd *lloyd = context;
    struct share *share = &lloyd->shares[block];
    share->farthest = -1;
    for (size_t row = block * lloyd->blocks.rows; row < block_end(lloyd, block); row++) {
        double square = square_to_own(lloyd, row);
        if (square > share->farthest && lloyd->counts[lloyd->labels[row]] > 1) {
            share->farthest = square;
            share->row = row;
        }
    }
}

void lloyd_refill(struct lloyd *lloyd, size_t cluster) {
    const struct share *best = lloyd->shares;
    workers_run(lloyd->job->workers, lloyd->blocks.n, find_farthest, lloyd);
    for (size_t block = 1; block < lloyd->blocks.n; block++)
        if (lloyd->shares[block].farthest > best->farthest)
            best = &lloyd->shares[block];
    if (best->farthest < 0)
        return; /* no cluster has two rows */
    const double *values = matrix_row(lloyd->job->matrix, best->row);
    size_t donor = lloyd->labels[best->row];
    for (size_t column = 0; column < lloyd->columns; column++) {
        lloyd->sums[donor * lloyd->columns + column] -= values[column];
        lloyd->sums[cluster * lloyd->columns + column] = values[column];
        lloyd->centroids[cluster * lloyd->columns + column] = values[column];
    }
    lloyd->counts[donor]--;
    lloyd->counts[cluster] = 1;
    lloyd->labels[best->row] = (uint32_t)cluster;
    lloyd->until[best->row] = -1;
}

double lloyd_inertia(const struct lloyd *lloyd) {
    double inertia = 0;
    for (size_t block = 0; block < lloyd->blocks.n; block++)
        inertia += lloyd->shares[block].inertia;
    return inertia;
}

void lloyd_init(struct lloyd *lloyd, const struct lloyd_job *job, double *centroids, int64_t *counts) {
    size_t rows = job->matrix->rows, values = job->k * job->matrix->columns;
    *lloyd = (struct lloyd){ .job = job, .blocks = blocks_of(rows), .k = job->k, .columns = job->matrix->columns };
    lloyd->centroids = centroids;
    lloyd->counts = counts;
    lloyd->sums = xcalloc(values, sizeof *lloyd->sums);
    lloyd->before = xcalloc(values, sizeof *lloyd->before);
    memset(lloyd->counts, 0, lloyd->k * sizeof *lloyd->counts);
    lloyd->clocks = xcalloc(lloyd->k, sizeof *lloyd->clocks);
    lloyd->moves = xcalloc(lloyd->k, sizeof *lloyd->moves);
    lloyd->labels = xcalloc(rows, sizeof *lloyd->labels);
    lloyd->until = xmalloc(rows * sizeof *lloyd->until);
    lloyd->shares = xcalloc(lloyd->blocks.n, sizeof *lloyd->shares);
    for (size_t block = 0; block < lloyd->blocks.n; block++) {
        lloyd->shares[block].room = lanes_alloc(CHUNK * lloyd->columns);
        lloyd->shares[block].sums = xcalloc(values, sizeof *lloyd->sums);
        lloyd->shares[block].counts = xcalloc(lloyd->k, sizeof *lloyd->counts);
    }
}

void lloyd_free(struct lloyd *lloyd) {
    for (size_t block = 0; block < lloyd->blocks.n; block++) {
        free(lloyd->shares[block].room);
        free(lloyd->shares[block].sums);
        free(lloyd->shares[block].counts);
    }
    free(lloyd->shares);
    free(lloyd->until);
    free(lloyd->labels);
    free(lloyd->moves);
    free(lloyd->clocks);
    free(lloyd->before);
    free(lloyd->sums);
}
