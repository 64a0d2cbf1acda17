/* What a recipe's steps do to a frame, and to how many rows (docs/training.md, "Cleaning"). */
#ifndef OBEK_TRAINER_CLEANING_H
#define OBEK_TRAINER_CLEANING_H

#include "frame.h"

/* Bounds that a column was capped at. */
struct cap {
    char *column;
    double low, high; /* infinite: none on that side */
};

struct cleaning {  /* zero: nothing done */
    json_t *steps; /* for metrics.json: an array of {step, column, then, rows, ...} */
    size_t n_caps;
    struct cap *caps;
    bool imputed; /* missing values were filled in, or values put into a range */
};

/* Whether a step deals with the column's missing (else impossible) values. */
bool cleaning_expects(const struct recipe *recipe, const char *column, bool missing);
/* Goes through the steps; those about columns that the frame does not have are for another frame. Rows left out by a step are
   counted, not rejected; a second row of a customer without a step about it is rejected, and so is a row that says what cannot be
   (dates in disorder, dates after as_of, no order) after all steps. */
bool clean(struct frame *frame, const struct recipe *recipe, int64_t as_of, struct cleaning *cleaning, struct rejects *rejects,
           struct error *error);
const struct cap *cleaning_cap(const struct cleaning *cleaning, const char *column);
void cleaning_free(struct cleaning *cleaning);

#endif
