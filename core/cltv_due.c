/* When a customer falls out of a band while nothing is bought (design, section 4): the value falls (cltv.c), so there is one
   crossing of the band's lower cut, or none. As computed, the value wobbles by some 1e-15 of itself. Without dropout a
   millisecond takes more than that from a customer of less than ten thousand years; where it takes less, the instant found
   is one at which the value is no longer above the cut, and 1 ms before still was: a band is never entered again by time. */
#include "cltv.h"
#include "cuts.h"
#include "first_instant.h"

#include <float.h>
#include <math.h>

struct fall {
    const struct buyer *buyer;
    double cut;
};

static bool fallen(const void *context, int64_t at) {
    const struct fall *fall = context;
    return !(fall->cut < buyer_value(fall->buyer, at));
}

/* A point of the curve of ln(value / cut) over ln(alpha + T): without dropout a straight line but for rounding, else falling ever
   steeper. */
struct point {
    int64_t at;
    double x, y;
    bool fallen;
};

static struct point point_at(const struct fall *fall, int64_t at) {
    const struct buyer *buyer = fall->buyer;
    double T = days_between(buyer->first_at, at) / buyer->cltv->unit_days, value = buyer_value(buyer, at);
    return (struct point){ at, log(buyer->cltv->bgnbd.alpha + T), log(fmax(value, DBL_MIN) / fall->cut), !(fall->cut < value) };
}

static double instant_of(const struct fall *fall, double x) {
    const struct cltv *cltv = fall->buyer->cltv;
    return (double)fall->buyer->first_at + (exp(x) - cltv->bgnbd.alpha) * cltv->unit_days * (double)MS_PER_DAY;
}

/* What is left of the height of the end that stays, when the other end has moved twice: as if a parabola were drawn. */
static double left_of(double moved, double before) {
    double left = 1 - moved / before;
    return left > 0 ? left : 0.5;
}

/* About where the curve crosses 0 in (lo, hi]: false position (Anderson, Bjorck 1973). */
static double guess(const struct fall *fall, struct point lo, struct point hi) {
    double about = (double)hi.at;
    int side = 0; /* the last guess was too late (1) or too early (-1) */
    for (int i = 0; i < 40 && hi.at - lo.at > 1; i++) {
        double before = about;
        about = ceil(instant_of(fall, hi.x - hi.y * (hi.x - lo.x) / (hi.y - lo.y)));
        if (!(about > (double)lo.at && about < (double)hi.at) || fabs(about - before) <= 1)
            return about;
        struct point point = point_at(fall, (int64_t)about);
        if (point.fallen) {
            lo.y *= side > 0 ? left_of(point.y, hi.y) : 1;
            hi = point, side = 1;
        } else {
            hi.y *= side < 0 ? left_of(point.y, lo.y) : 1;
            lo = point, side = -1;
        }
    }
    return about;
}

struct due cltv_due(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int present,
                    int64_t after, int64_t until) {
    const struct due never = { TIME_NEVER, -1 };
    const struct cuts *cuts = &scheme->cltv.cuts;
    if (present <= 0 || until <= after)
        return never;
    struct buyer buyer = buyer_of(&scheme->cltv, summary, minor_per_major);
    struct fall fall = { &buyer, cuts->at[present - 1] };
    struct point hi = point_at(&fall, until), lo = point_at(&fall, after + 1);
    if (!hi.fallen)
        return never;
    int64_t at = after + 1;
    if (!lo.fallen)
        at = first_instant((struct condition){ fallen, &fall }, at, until, guess(&fall, lo, hi));
    return (struct due){ at, cuts_below(cuts, buyer_value(&buyer, at)) };
}
