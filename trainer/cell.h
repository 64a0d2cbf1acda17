/* The text of a cell as a number, an amount, an instant. */
#ifndef OBEK_TRAINER_CELL_H
#define OBEK_TRAINER_CELL_H

#include "recipe.h"

#define CELL_NUMBER_MAX 1e15 /* beyond, hundredths are not told apart */

/* A decimal number, finite and at most CELL_NUMBER_MAX in size. */
bool cell_number(struct slice cell, char decimal, double *number, struct error *error);
/* A date or an instant by the pattern (of strptime); without one RFC 3339, a date, or epoch milliseconds. ms UTC. */
bool cell_time(struct slice cell, const char *pattern, double *ms, struct error *error);
/* Empty, or one of the texts that the recipe calls missing. */
bool cell_missing(struct slice cell, const struct input_format *format);

#endif
