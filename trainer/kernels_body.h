/* The kernels in vectors of WIDTH doubles: included by kernels.c once for each width, with VARIANT(name), TARGET (the instruction
   set) and ROOT (of a vector) defined. No include guard: that is its purpose. */

typedef double VARIANT(vector) __attribute__((vector_size(WIDTH * sizeof(double)), may_alias));
typedef int64_t VARIANT(mask) __attribute__((vector_size(WIDTH * sizeof(double)), may_alias));
typedef uint32_t VARIANT(whole) __attribute__((vector_size(WIDTH * sizeof(uint32_t)), may_alias));
#define vector VARIANT(vector)
#define whole VARIANT(whole)
#define mask VARIANT(mask)
#define CHOOSE(condition, yes, no) ((vector)(((condition) & (mask)(yes)) | (~(condition) & (mask)(no))))
#define AT(pointer) (*(const vector *)(pointer))
#define PUT(pointer) (*(vector *)(pointer))
#define ALL(value) ((vector){ 0 } + (value))

TARGET static inline vector VARIANT(square)(const double *rows, size_t columns, const double *point) {
    vector sum = { 0 };
#pragma GCC unroll 4
    for (size_t column = 0; column < columns; column++) {
        vector difference = AT(rows + column * LANES) - point[column];
        sum += difference * difference;
    }
    return sum;
}

TARGET static void VARIANT(nearest_two)(const double *tiles, size_t n, size_t columns, const double *points, size_t count,
                                        struct nearest_two *answers) {
    for (size_t i = 0; i < n; i++)
        for (size_t lane = 0; lane < LANES; lane += WIDTH) {
            const double *rows = tiles + i * columns * LANES + lane;
            vector best = ALL(INFINITY), second = best, which = { 0 }, number = { 0 };
            for (size_t j = 0; j < count; j++, number += 1) {
                vector square = VARIANT(square)(rows, columns, points + j * columns);
                mask nearer = square < best;
                vector loser = CHOOSE(nearer, best, square);
                second = CHOOSE(loser < second, loser, second);
                best = CHOOSE(nearer, square, best);
                which = CHOOSE(nearer, number, which);
            }
            PUT(answers[i].square + lane) = best;
            PUT(answers[i].gap + lane) = ROOT(second) * (1 - DOUBT) - ROOT(best) * (1 + DOUBT);
            *(whole *)(answers[i].which + lane) = __builtin_convertvector(which, whole);
        }
}

TARGET static void VARIANT(lower)(const double *tiles, size_t n, size_t columns, const double *point, double *closest,
                                  double sums[LANES]) {
    for (size_t lane = 0; lane < LANES; lane += WIDTH) {
        vector sum = AT(sums + lane);
        for (size_t i = 0; i < n; i++) {
            vector square = VARIANT(square)(tiles + i * columns * LANES + lane, columns, point);
            vector old = AT(closest + i * LANES + lane), lowered = CHOOSE(square < old, square, old);
            PUT(closest + i * LANES + lane) = lowered;
            sum += lowered;
        }
        PUT(sums + lane) = sum;
    }
}

TARGET static void VARIANT(lowered)(const double *tiles, size_t n, size_t columns, const double *points, size_t count,
                                    const double *closest, double *sums) {
    for (size_t i = 0; i < n; i++)
        for (size_t lane = 0; lane < LANES; lane += WIDTH) {
            vector old = AT(closest + i * LANES + lane);
            for (size_t j = 0; j < count; j++) {
                vector square = VARIANT(square)(tiles + i * columns * LANES + lane, columns, points + j * columns);
                PUT(sums + j * LANES + lane) += CHOOSE(square < old, square, old);
            }
        }
}

TARGET static void VARIANT(distances)(const double *tiles, size_t n, size_t columns, const double *point, double *out) {
    for (size_t i = 0; i < n; i++)
        for (size_t lane = 0; lane < LANES; lane += WIDTH)
            PUT(out + i * LANES + lane) = ROOT(VARIANT(square)(tiles + i * columns * LANES + lane, columns, point));
}

TARGET static void VARIANT(distance_sums)(const double *tile, size_t columns, const double *points, size_t count,
                                          double sums[LANES]) {
    for (size_t lane = 0; lane < LANES; lane += WIDTH) {
        vector sum = AT(sums + lane);
        for (size_t j = 0; j < count; j++)
            sum += ROOT(VARIANT(square)(tile + lane, columns, points + j * columns));
        PUT(sums + lane) = sum;
    }
}

TARGET static void VARIANT(ward_nearest)(const double *tiles, const double *inverse, size_t n, size_t first, size_t columns,
                                         const double *point, double point_inverse, struct lane_least *least) {
    for (size_t lane = 0; lane < LANES; lane += WIDTH) {
        vector best = AT(least->value + lane), tile = AT(least->tile + lane), number = ALL((double)first);
        for (size_t i = 0; i < n; i++, number += 1) {
            vector square = VARIANT(square)(tiles + i * columns * LANES + lane, columns, point);
            vector distance = square / (AT(inverse + i * LANES + lane) + point_inverse);
            mask nearer = distance < best;
            best = CHOOSE(nearer, distance, best);
            tile = CHOOSE(nearer, number, tile);
        }
        PUT(least->value + lane) = best;
        PUT(least->tile + lane) = tile;
    }
}

TARGET static void VARIANT(reach)(const double *tiles, size_t n, size_t columns, const double *point, double number,
                                  double *closest, double *from, struct lane_least *least) {
    for (size_t lane = 0; lane < LANES; lane += WIDTH) {
        vector best = AT(least->value + lane), tile = AT(least->tile + lane), index = { 0 };
        for (size_t i = 0; i < n; i++, index += 1) {
            size_t at = i * LANES + lane;
            vector square = VARIANT(square)(tiles + i * columns * LANES + lane, columns, point), old = AT(closest + at);
            mask nearer = square < old;
            vector now = CHOOSE(nearer, square, old);
            PUT(closest + at) = now;
            PUT(from + at) = CHOOSE(nearer, ALL(number), AT(from + at));
            mask less = now < best;
            best = CHOOSE(less, now, best);
            tile = CHOOSE(less, index, tile);
        }
        PUT(least->value + lane) = best;
        PUT(least->tile + lane) = tile;
    }
}

TARGET static void VARIANT(bounds)(const double *boxes, size_t n, size_t columns, const double *point, double *out) {
    for (size_t i = 0; i < n; i++)
        for (size_t lane = 0; lane < LANES; lane += WIDTH) {
            const double *box = boxes + 2 * i * columns * LANES + lane;
            vector sum = { 0 };
            for (size_t column = 0; column < columns; column++, box += 2 * LANES) {
                vector below = AT(box) - point[column], above = point[column] - AT(box + LANES);
                vector beside = CHOOSE(below > above, below, above), outside = CHOOSE(beside > 0, beside, (vector){ 0 });
                sum += outside * outside;
            }
            PUT(out + i * LANES + lane) = sum;
        }
}

static const struct kernels VARIANT(kernels) = {
    .name = NAME,
    .nearest_two = VARIANT(nearest_two),
    .lower = VARIANT(lower),
    .lowered = VARIANT(lowered),
    .distances = VARIANT(distances),
    .distance_sums = VARIANT(distance_sums),
    .ward_nearest = VARIANT(ward_nearest),
    .reach = VARIANT(reach),
    .bounds = VARIANT(bounds),
};

#undef vector
#undef mask
#undef whole
#undef CHOOSE
#undef AT
#undef PUT
#undef ALL
#undef WIDTH
#undef VARIANT
#undef TARGET
#undef ROOT
#undef NAME
