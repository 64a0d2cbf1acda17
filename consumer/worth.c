#include "worth.h"
#include "obek/scheme.h"

#include <math.h>

#define EXPECTED_MAX 9007199254740992.0 /* 2^53: whole numbers up to here are exact, and a thousand of them can be added up */

struct worth worth_of(const struct customer *customer, const struct model *model) {
    struct ledger_summary summary = ledger_summarise(&customer->ledger);
    struct worth worth = { .value = summary_value(&summary) };
    bool evaluated = model != NULL && customer->model == model->number && summary_orders(&summary) > 0;
    const struct scheme *scheme = evaluated ? model_cltv(model) : NULL;
    if (scheme == NULL)
        return worth;
    double major = scheme_cltv(scheme, &summary, model->minor_per_major, customer->as_of);
    worth.has_expected = true;
    worth.expected = llround(fmin(major * model->minor_per_major, EXPECTED_MAX));
    return worth;
}
