/* `obek explain` in words; also what /api/v1/customers/{id}/explanation says with ?lang=. */
#ifndef OBEK_EXPLAIN_TEXT_H
#define OBEK_EXPLAIN_TEXT_H

#include "explain_words.h"
#include "explaining.h"

#include <stdio.h>

void explain_text(struct explained *explained, enum language language, FILE *out);

#endif
