#include "kmeans_rows.h"
#include "obek/buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_LABEL UINT32_MAX
#define BATCH 32 /* tiles that go to a kernel at once */

static void clear_share(const struct lloyd *lloyd, struct share *share) {
    memset(share->sums, 0, lloyd->k * lloyd->columns * sizeof *share->sums);
    memset(share->counts, 0, lloyd->k * sizeof *share->counts);
    share->changed = 0;
    share->inertia = 0;
}

static size_t rows_in(const struct lloyd *lloyd, size_t tile) {
    size_t left = lloyd->tiles->rows - tile * LANES;
    return left < LANES ? left : LANES;
}

static void add_row(const struct lloyd *lloyd, struct share *share, size_t position, uint32_t label, double sign) {
    const double *values = tiles_value(lloyd->tiles, position, 0);
    double *sums = share->sums + label * lloyd->columns;
    for (size_t column = 0; column < lloyd->columns; column++)
        sums[column] += sign * values[column * LANES];
    share->counts[label] += sign > 0 ? 1 : -1;
}

static void relabel(struct lloyd *lloyd, struct share *share, size_t tile, const uint32_t *labels) {
    uint32_t *old = lloyd->labels + tile * LANES;
    for (size_t lane = 0; lane < rows_in(lloyd, tile); lane++) {
        if (old[lane] == labels[lane])
            continue;
        if (old[lane] != NO_LABEL)
            add_row(lloyd, share, tile * LANES + lane, old[lane], -1);
        add_row(lloyd, share, tile * LANES + lane, labels[lane], 1);
        share->changed++;
    }
    memcpy(old, labels, LANES * sizeof *old);
}

static struct settled settled_by(const struct lloyd *lloyd, const struct nearest_two *answer) {
    double gap = INFINITY, square = 0;
    bool alike = true;
    for (size_t lane = 0; lane < LANES; lane++) {
        gap = answer->gap[lane] < gap ? answer->gap[lane] : gap;
        square = answer->square[lane] > square ? answer->square[lane] : square;
        alike &= answer->which[lane] == answer->which[0];
    }
    uint32_t clock = alike ? answer->which[0] : (uint32_t)lloyd->k;
    double sure = (lloyd->clocks[clock] + gap) * (1 - DOUBT) - 2 * DOUBT * sqrt(square);
    return (struct settled){ sure, clock };
}

static void look_at(struct lloyd *lloyd, struct share *share, const uint32_t *numbers, size_t n) {
    struct nearest_two answers[BATCH];
    lloyd->kernels->nearest_two(lloyd->tiles->values, numbers, n, lloyd->columns, lloyd->centroids, lloyd->k, answers);
    for (size_t i = 0; i < n; i++) {
        if (memcmp(lloyd->labels + numbers[i] * LANES, answers[i].which, sizeof answers[i].which) != 0)
            relabel(lloyd, share, numbers[i], answers[i].which);
        lloyd->settled[numbers[i]] = settled_by(lloyd, &answers[i]);
        for (size_t lane = 0; lane < rows_in(lloyd, numbers[i]); lane++)
            share->inertia += answers[i].square[lane];
    }
}

static size_t block_end(const struct lloyd *lloyd, size_t block) {
    size_t end = (block + 1) * lloyd->blocks.tiles;
    return end < lloyd->tiles->n ? end : lloyd->tiles->n;
}

/* Labels whatever may have changed. */
static void assign_block(void *context, size_t block) {
    struct lloyd *lloyd = context;
    struct share *share = &lloyd->shares[block];
    uint32_t numbers[BATCH];
    size_t n = 0;
    clear_share(lloyd, share);
    for (size_t tile = block * lloyd->blocks.tiles; tile < block_end(lloyd, block); tile++) {
        const struct settled *settled = &lloyd->settled[tile];
        if (lloyd->clocks[settled->clock] < settled->until)
            continue;
        numbers[n++] = (uint32_t)tile;
        if (n == BATCH) {
            look_at(lloyd, share, numbers, n);
            n = 0;
        }
    }
    if (n > 0)
        look_at(lloyd, share, numbers, n);
}

static void add_block(void *context, size_t block) {
    struct lloyd *lloyd = context;
    struct share *share = &lloyd->shares[block];
    clear_share(lloyd, share);
    size_t end = block_end(lloyd, block) * LANES;
    for (size_t i = block * lloyd->blocks.tiles * LANES; i < end && i < lloyd->tiles->rows; i++)
        add_row(lloyd, share, i, lloyd->labels[i], 1);
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
    return add_shares(lloyd);
}

size_t lloyd_assign_all(struct lloyd *lloyd) {
    for (size_t tile = 0; tile < lloyd->tiles->n; tile++)
        lloyd->settled[tile] = (struct settled){ -1, 0 };
    return lloyd_assign(lloyd);
}

void lloyd_add_anew(struct lloyd *lloyd) {
    memset(lloyd->sums, 0, lloyd->k * lloyd->columns * sizeof *lloyd->sums);
    memset(lloyd->counts, 0, lloyd->k * sizeof *lloyd->counts);
    workers_run(lloyd->job->workers, lloyd->blocks.n, add_block, lloyd);
    add_shares(lloyd);
}

/* The row farthest from its centroid, of clusters that can spare one. */
static void find_farthest(void *context, size_t block) {
    struct lloyd *lloyd = context;
    struct share *share = &lloyd->shares[block];
    share->farthest = -1;
    size_t end = block_end(lloyd, block) * LANES;
    for (size_t i = block * lloyd->blocks.tiles * LANES; i < end && i < lloyd->tiles->rows; i++) {
        const double *values = tiles_value(lloyd->tiles, i, 0), *centroid = lloyd->centroids + lloyd->labels[i] * lloyd->columns;
        double square = 0;
        for (size_t column = 0; column < lloyd->columns; column++) {
            double difference = values[column * LANES] - centroid[column];
            square += difference * difference;
        }
        if (square > share->farthest && lloyd->counts[lloyd->labels[i]] > 1) {
            share->farthest = square;
            share->position = i;
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
    size_t position = best->position, donor = lloyd->labels[position];
    double *centroid = lloyd->centroids + cluster * lloyd->columns;
    tiles_row(lloyd->tiles, position, centroid);
    for (size_t column = 0; column < lloyd->columns; column++) {
        lloyd->sums[donor * lloyd->columns + column] -= centroid[column];
        lloyd->sums[cluster * lloyd->columns + column] = centroid[column];
    }
    lloyd->counts[donor]--;
    lloyd->counts[cluster] = 1;
    lloyd->labels[position] = (uint32_t)cluster;
    lloyd->settled[position / LANES].until = -1;
}

double lloyd_inertia(const struct lloyd *lloyd) {
    double inertia = 0;
    for (size_t block = 0; block < lloyd->blocks.n; block++)
        inertia += lloyd->shares[block].inertia;
    return inertia;
}

void lloyd_init(struct lloyd *lloyd, const struct lloyd_job *job, double *centroids, int64_t *counts) {
    const struct tiles *tiles = job->tiles;
    size_t values = job->k * tiles->columns;
    *lloyd = (struct lloyd){ .job = job, .tiles = tiles, .kernels = kernels(), .blocks = blocks_of(tiles->n), .k = job->k };
    lloyd->columns = tiles->columns;
    lloyd->centroids = centroids;
    lloyd->counts = counts;
    lloyd->sums = xcalloc(values, sizeof *lloyd->sums);
    lloyd->before = xcalloc(values, sizeof *lloyd->before);
    memset(lloyd->counts, 0, lloyd->k * sizeof *lloyd->counts);
    lloyd->clocks = xcalloc(lloyd->k + 1, sizeof *lloyd->clocks);
    lloyd->moves = xcalloc(lloyd->k, sizeof *lloyd->moves);
    lloyd->labels = xmalloc(tiles->n * LANES * sizeof *lloyd->labels);
    memset(lloyd->labels, 0xff, tiles->n * LANES * sizeof *lloyd->labels); /* NO_LABEL */
    lloyd->settled = xcalloc(tiles->n, sizeof *lloyd->settled);
    lloyd->shares = xcalloc(lloyd->blocks.n, sizeof *lloyd->shares);
    for (size_t block = 0; block < lloyd->blocks.n; block++) {
        lloyd->shares[block].sums = xcalloc(values, sizeof *lloyd->sums);
        lloyd->shares[block].counts = xcalloc(lloyd->k, sizeof *lloyd->counts);
    }
}

void lloyd_free(struct lloyd *lloyd) {
    for (size_t block = 0; block < lloyd->blocks.n; block++) {
        free(lloyd->shares[block].sums);
        free(lloyd->shares[block].counts);
    }
    free(lloyd->shares);
    free(lloyd->settled);
    free(lloyd->labels);
    free(lloyd->moves);
    free(lloyd->clocks);
    free(lloyd->before);
    free(lloyd->sums);
}
