/* When a customer leaves a centroid while nothing arrives (design, section 4). For the present i and a candidate j,
   f_j = d_i^2 - d_j^2 - 2 h D_ij^2 is linear in the scaled features: a constant plus the moving terms (crossing.h). The time
   axis is cut where a clip bound is reached, so that within a piece a feature moves all the time or not at all. */
#include "crossing.h"
#include "kmeans.h"
#include "must.h"

#include <float.h>
#include <math.h>

#define CUTS_MAX (4 * SCHEME_FEATURES_MAX + 1)

struct watch {
    const struct scheme *scheme;
    const struct ledger_summary *summary;
    double minor_per_major;
    int present;
    int n_moving;
    int columns[SCHEME_FEATURES_MAX];     /* of the moving features */
    int64_t origins[SCHEME_FEATURES_MAX]; /* of each column that moves */
    double z[SCHEME_FEATURES_MAX];        /* right in the columns that do not move */
};

struct candidate {
    const struct watch *watch;
    int segment;
};

static void watch_init(struct watch *watch, int64_t after) {
    const struct kmeans *kmeans = &watch->scheme->kmeans;
    watch->n_moving = 0;
    for (int i = 0; i < kmeans->n_features; i++) {
        const struct scaled_feature *f = &kmeans->features[i];
        int64_t origin = feature_origin(f->feature, watch->summary);
        if (origin == TIME_NONE || f->factor == 0) {
            watch->z[i] = scaled_z(f, feature_value(f->feature, watch->summary, after, watch->minor_per_major));
            continue;
        }
        watch->columns[watch->n_moving++] = i;
        watch->origins[i] = origin;
    }
}

/* The scaled features at an instant, to the bit as kmeans_evaluate has them. */
static void watch_scale(const struct watch *watch, int64_t at, double *z) {
    memcpy(z, watch->z, (size_t)watch->scheme->kmeans.n_features * sizeof *z);
    for (int i = 0; i < watch->n_moving; i++) {
        int column = watch->columns[i];
        z[column] = scaled_z(&watch->scheme->kmeans.features[column], days_between(watch->origins[column], at));
    }
}

/* The segment at an instant, and the squared distances that decide it. */
static int watch_choose(const struct watch *watch, int64_t at, double squares[SCHEME_SEGMENTS_MAX]) {
    double z[SCHEME_FEATURES_MAX];
    watch_scale(watch, at, z);
    kmeans_squares(watch->scheme, z, squares);
    return kmeans_choose(watch->scheme, squares, watch->present);
}

/* Would candidate j be left for at this instant? The arithmetic is kmeans_beyond's, on these two squares alone. */
static bool candidate_above(const void *context, int64_t at) {
    const struct candidate *c = context;
    const struct watch *watch = c->watch;
    const struct kmeans *kmeans = &watch->scheme->kmeans;
    double z[SCHEME_FEATURES_MAX];
    watch_scale(watch, at, z);
    return kmeans_square(kmeans, watch->present, z) - kmeans_square(kmeans, c->segment, z) >
           2 * kmeans->hysteresis * kmeans_distance(watch->scheme, watch->present, c->segment);
}

static void add_cut(int64_t *cuts, int *n, int64_t cut) {
    int at = *n;
    while (at > 0 && cuts[at - 1] > cut)
        at--;
    if (at > 0 && cuts[at - 1] == cut)
        return;
    memmove(&cuts[at + 1], &cuts[at], (size_t)(*n - at) * sizeof *cuts);
    cuts[at] = cut;
    ++*n;
}

/* Where pieces end: the two integers around each clip bound that is reached in (from, until), and `until`. */
static int cut_pieces(const struct watch *watch, int64_t from, int64_t until, int64_t cuts[CUTS_MAX]) {
    int n = 0;
    for (int i = 0; i < watch->n_moving; i++) {
        const struct scaled_feature *f = &watch->scheme->kmeans.features[watch->columns[i]];
        double origin = (double)watch->origins[watch->columns[i]];
        double bounds[2] = { origin + f->low * (double)MS_PER_DAY, origin + f->high * (double)MS_PER_DAY };
        for (int b = 0; b < 2; b++) {
            if (!(bounds[b] > (double)from && bounds[b] < (double)(until - 1)))
                continue;
            int64_t cut = (int64_t)floor(bounds[b]);
            if (cut > from)
                add_cut(cuts, &n, cut);
            add_cut(cuts, &n, cut + 1);
        }
    }
    if (until > from)
        add_cut(cuts, &n, until);
    return n;
}

/* Which moving columns are inside their clip on the piece; the slots they make. */
static int active_columns(const struct watch *watch, int64_t lo, int64_t hi, int *columns, struct slots *slots) {
    int n = 0;
    slots->n = 0;
    for (int i = 0; i < watch->n_moving; i++) {
        int column = watch->columns[i];
        const struct scaled_feature *f = &watch->scheme->kmeans.features[column];
        double middle = ((double)lo + (double)hi) / 2;
        double raw = (middle - (double)watch->origins[column]) / (double)MS_PER_DAY;
        if (raw <= f->low || raw >= f->high)
            continue;
        columns[n++] = column;
        slots_add(slots, f->transform, watch->origins[column]);
    }
    slots_close(slots);
    return n;
}

struct piece {
    const struct watch *watch;
    int n_active;
    int active[SCHEME_FEATURES_MAX]; /* columns */
    struct slots slots;
    struct point lo, hi;
    double squares[SCHEME_SEGMENTS_MAX]; /* at lo */
};

/* From lo, where the squares are already those of the piece's start. */
static void piece_init(struct piece *piece, const struct watch *watch, int64_t lo, int64_t hi) {
    piece->watch = watch;
    piece->n_active = active_columns(watch, lo, hi, piece->active, &piece->slots);
    point_set(&piece->lo, &piece->slots, lo);
    point_set(&piece->hi, &piece->slots, hi);
}

static void course_init(struct course *course, const struct piece *piece, const struct candidate *candidate) {
    const struct watch *watch = piece->watch;
    const struct scheme *scheme = watch->scheme;
    int i = watch->present, j = candidate->segment;
    const double *from = kmeans_centroid(&scheme->kmeans, i), *to = kmeans_centroid(&scheme->kmeans, j);
    double bias = 2 * scheme->kmeans.hysteresis * kmeans_distance(scheme, i, j);
    double magnitude = piece->squares[i] + piece->squares[j] + bias;
    course->slots = &piece->slots;
    course->start = &piece->lo;
    course->value = piece->squares[i] - piece->squares[j] - bias;
    course->above = (struct condition){ candidate_above, candidate };
    for (int s = 0; s < piece->slots.n; s++)
        course->weights[s] = 0;
    for (int a = 0; a < piece->n_active; a++) {
        int column = piece->active[a];
        const struct scaled_feature *f = &scheme->kmeans.features[column];
        int slot = slots_find(&piece->slots, f->transform, watch->origins[column]);
        double weight = 2 * (to[column] - from[column]) * f->factor; /* (z - c_i)^2 - (z - c_j)^2 */
        course->weights[slot] += weight;
        magnitude += fabs(weight) * (fabs(piece->hi.transformed[slot]) + fabs(f->offset));
    }
    slots_accumulate(&piece->slots, course->weights);
    course->tolerance = 32 * DBL_EPSILON * magnitude;
}

static int64_t piece_first_change(struct piece *piece) {
    int64_t first = TIME_NEVER;
    for (int j = 0; j < piece->watch->scheme->n_segments && piece->n_active > 0; j++) {
        if (j == piece->watch->present)
            continue;
        struct candidate candidate = { piece->watch, j };
        struct course course;
        course_init(&course, piece, &candidate);
        int64_t at = course_first_above(&course, &piece->hi);
        if (at == TIME_NEVER)
            continue;
        first = at;
        if (at - piece->lo.at <= 1)
            break;
        point_set(&piece->hi, &piece->slots, at); /* the others only matter before that */
    }
    return first;
}

static struct due first_change(const struct watch *watch, int64_t after, int64_t until) {
    const struct due never = { TIME_NEVER, -1 };
    if (watch->n_moving == 0 || until <= after)
        return never;
    struct piece piece;
    int64_t cuts[CUTS_MAX], lo = after + 1;
    int segment = watch_choose(watch, lo, piece.squares), n = cut_pieces(watch, lo, until, cuts);
    for (int i = 0; segment == watch->present && i < n; i++) {
        int64_t at = TIME_NEVER;
        if (cuts[i] - lo > 1) {
            piece_init(&piece, watch, lo, cuts[i]);
            at = piece_first_change(&piece);
        }
        if (at == TIME_NEVER && i + 1 == n && cuts[i] - lo > 1)
            return never;
        lo = at == TIME_NEVER ? cuts[i] : at;
        segment = watch_choose(watch, lo, piece.squares);
    }
    return segment == watch->present ? never : (struct due){ lo, segment };
}

struct due kmeans_due(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int present,
                      int64_t after, int64_t until) {
    MUST(present >= 0 && present < scheme->n_segments && after >= summary->last_at);
    struct watch watch = { .scheme = scheme, .summary = summary, .minor_per_major = minor_per_major, .present = present };
    watch_init(&watch, after);
    return first_change(&watch, after, until);
}
