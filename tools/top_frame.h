/* One frame of `obek top`: text, made of what obek said at three moments. */
#ifndef OBEK_TOP_FRAME_H
#define OBEK_TOP_FRAME_H

#include "top_look.h"

struct frame_size {
    size_t columns; /* lines are cut here; 0: never */
    size_t rows;    /* tables are cut to so many lines in all; 0: never */
    bool color;
};

struct frame {
    const char *at;            /* whom we look at */
    const struct look *first;  /* the first answer: changes of sizes are told since then */
    const struct look *before; /* the last but one: rates are told since then; NULL: none */
    const struct look *now;
    struct frame_size size;
};

/* Writes the lines, each with its end. */
void top_frame(struct buffer *out, const struct frame *frame);

#endif
