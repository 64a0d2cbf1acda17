/* obek:{b}:profile:<id>, what people and other programs read of a customer (design, section 5). */
#ifndef OBEK_PROFILE_H
#define OBEK_PROFILE_H

#include "obek/arena.h"
#include "obek/config.h"
#include "obek/customer.h"

#define PROFILE_TEXTS_MAX (4 * MODEL_SCHEMES_MAX + 6)

/* Field, text, field, text, ... of the customer's profile as redis.readable wants it; returns how many pairs. out: at least
   PROFILE_TEXTS_MAX slices, whose texts are in the arena. */
size_t profile_fields(struct slice *out, struct arena *arena, const struct customer *customer, const struct config *config);

#endif
