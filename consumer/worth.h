/* What a customer counts for in the sizes of the segments that they are in (docs/formats.md, obek:{b}:sizes). */
#ifndef OBEK_WORTH_H
#define OBEK_WORTH_H

#include "obek/customer.h"

struct worth {         /* minor units */
    int64_t value;     /* what their orders brought, net of returns */
    bool has_expected; /* there is a live order, the model has a scheme of type `cltv`, and they were evaluated with it */
    int64_t expected;  /* CLTV by the model's first such scheme, at as_of; at most 2^53 */
};

/* NULL: no model is in force. */
struct worth worth_of(const struct customer *customer, const struct model *model);

#endif
