/* Features as numbers of one scale (design, section 3): z = (transform(clip(x)) - offset) * factor. */
#ifndef OBEK_TRAINER_SCALING_H
#define OBEK_TRAINER_SCALING_H

#include "learn.h"
#include "matrix.h"

struct scaling {
    int n;
    struct scaled_feature features[SCHEME_FEATURES_MAX]; /* attributes borrowed from the recipe */
};

/* Learns offsets and factors from the customers, and scales them: one row each. The learned is told what cannot be served. */
bool scaling_fit(struct scaling *scaling, const struct learning *learning, struct learned *learned, struct matrix *matrix,
                 struct error *error);
/* `features` as the model file has them. */
json_t *scaling_json(const struct scaling *scaling);
/* A scaled value back in raw units. */
double scaling_raw(const struct scaled_feature *feature, double z);

#endif
