/* What the tests of the purchase models' fits share. */
#ifndef PURCHASE_FIT_FIXTURE_H
#define PURCHASE_FIT_FIXTURE_H

#include "../../trainer/purchase_fit.h"
#include "purchase_fixture.h"

static const struct purchase_model truths[] = { { PURCHASE_BGNBD, { 0.8, 9, 0.9, 2.5 } },
                                                { PURCHASE_MBGNBD, { 1.2, 10, 0.8, 3 } },
                                                { PURCHASE_PARETO, { 1.1, 9, 0.7, 12 } } };

static inline struct purchase_fit learn_purchases(enum purchase_model_type type, const struct history *histories, size_t n,
                                                  double penalty) {
    struct purchase_fit fit;
    struct error error;
    if (!purchase_fit(type, histories, n, penalty, &fit, &error))
        fail_msg("%s", error.text);
    return fit;
}

static inline bool is_warned_of(const struct fit_warnings *warnings, enum fit_warning_code code) {
    for (int i = 0; i < warnings->n; i++)
        if (warnings->list[i].code == code)
            return true;
    return false;
}

#endif
