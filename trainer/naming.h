/* Names for segments that come out as numbers: by what is typical of their members (docs/training.md, "Names"). */
#ifndef OBEK_TRAINER_NAMING_H
#define OBEK_TRAINER_NAMING_H

#include "learn.h"

/* Names learned->n_segments segments from segment_of. A feature of a segment is as high as the share of all customers who are
   below its median. Each rule of the recipe, in turn, names the segment without a name for which its features are highest (or
   lowest, with a minus) in sum; what is left over is called by its two most unusual features. */
bool name_segments(const struct learning *learning, struct learned *learned, struct error *error);

#endif
