#include "rfm.h"
#include "cuts.h"
#include "first_instant.h"
#include "share.h"

#include <math.h>

static double recency_days(const struct ledger_summary *summary, int64_t now) {
    return days_between(summary->last_at, now);
}

struct rfm_score rfm_score(const struct rfm *rfm, double recency_days, double frequency, double monetary) {
    return (struct rfm_score){ .recency = 1 + rfm->recency.n - cuts_below(&rfm->recency, recency_days),
                               .frequency = 1 + cuts_below(&rfm->frequency, frequency),
                               .monetary = 1 + cuts_below(&rfm->monetary, monetary) };
}

int rfm_segment(const struct rfm *rfm, const struct rfm_score *score) {
    return rfm->table[(size_t)(score->recency - 1) * (size_t)(rfm->frequency.n + 1) + (size_t)(score->frequency - 1)];
}

/* The segment by the numbers of recency and frequency cuts below the customer's values. */
static int segment_of(const struct rfm *rfm, int recency, int frequency) {
    return rfm_segment(rfm, &(struct rfm_score){ .recency = 1 + rfm->recency.n - recency, .frequency = 1 + frequency });
}

static int frequency_below(const struct rfm *rfm, const struct ledger_summary *summary) {
    return cuts_below(&rfm->frequency, (double)summary_orders(summary));
}

/* Share of the recency band that is left; the last one has no end. */
static double share_left(const struct cuts *cuts, double days) {
    int n = cuts_below(cuts, days);
    if (n == cuts->n)
        return 1;
    double lower = n > 0 ? cuts->at[n - 1] : 0;
    return clamp_to_unit((cuts->at[n] - days) / (cuts->at[n] - lower));
}

struct scheme_answer rfm_evaluate(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major,
                                  int64_t now) {
    const struct rfm *rfm = &scheme->rfm;
    double days = recency_days(summary, now);
    int segment = segment_of(rfm, cuts_below(&rfm->recency, days), frequency_below(rfm, summary));
    int next = scheme_due(scheme, summary, minor_per_major, segment, now).segment;
    return (struct scheme_answer){ .segment = segment, .runner_up = next, .margin = share_left(&rfm->recency, days) };
}

int rfm_values(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
               struct scheme_value values[SCHEME_VALUES_MAX]) {
    static const enum feature features[] = { FEATURE_RECENCY_DAYS, FEATURE_FREQUENCY, FEATURE_MONETARY };
    static const char *const scores[] = { "recency_score", "frequency_score", "monetary_score" };
    for (int i = 0; i < 3; i++)
        values[i] = (struct scheme_value){ feature_name(features[i]), feature_value(features[i], summary, now, minor_per_major) };
    struct rfm_score score = rfm_score(&scheme->rfm, values[0].value, values[1].value, values[2].value);
    const int found[] = { score.recency, score.frequency, score.monetary };
    for (int i = 0; i < 3; i++)
        values[3 + i] = (struct scheme_value){ scores[i], found[i] };
    return 6;
}

struct waiting {
    const struct ledger_summary *summary;
    double cut; /* days */
};

static bool past_cut(const void *context, int64_t at) {
    const struct waiting *waiting = context;
    return waiting->cut < recency_days(waiting->summary, at);
}

/* The first instant in (after, until] past the recency cut, or TIME_NEVER. */
static int64_t first_past(const struct ledger_summary *summary, double cut, int64_t after, int64_t until) {
    struct waiting waiting = { summary, cut };
    if (!past_cut(&waiting, until))
        return TIME_NEVER;
    double about = (double)summary->last_at + cut * (double)MS_PER_DAY;
    return first_instant((struct condition){ past_cut, &waiting }, after, until, floor(about) + 1);
}

struct due rfm_due(const struct scheme *scheme, const struct ledger_summary *summary, int present, int64_t after, int64_t until) {
    const struct rfm *rfm = &scheme->rfm;
    const struct due never = { TIME_NEVER, -1 };
    if (until <= after)
        return never;
    int64_t at = after + 1;
    int frequency = frequency_below(rfm, summary), passed = cuts_below(&rfm->recency, recency_days(summary, at));
    while (segment_of(rfm, passed, frequency) == present) {
        do { /* which cut would be noticed? */
            if (++passed > rfm->recency.n)
                return never;
        } while (segment_of(rfm, passed, frequency) == present);
        at = first_past(summary, rfm->recency.at[passed - 1], at, until);
        if (at == TIME_NEVER)
            return never;
        passed = cuts_below(&rfm->recency, recency_days(summary, at));
    }
    return (struct due){ at, segment_of(rfm, passed, frequency) };
}
