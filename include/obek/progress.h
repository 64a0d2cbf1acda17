/* A bar on stderr for all work that takes long: "[======>      ]  45 %  45,000 of 100,219  12,300/s  0:04 left", or with a
   label "k-means, k = 7  [======>      ]  45 %  0:04 left". Drawn by one thread. */
#ifndef OBEK_PROGRESS_H
#define OBEK_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;        /* false: nothing is written (stderr is no terminal) */
    const char *label; /* borrowed; NULL: the total is a number of records, whose count and rate are shown */
    uint64_t total;    /* with a label: in whatever unit grows evenly with time */
    int64_t began_ms, drawn_ms;
};

/* Whether bars belong on this stderr: it is a terminal. */
bool progress_wanted(void);

void progress_begin(struct progress *progress, const char *label, uint64_t total, bool shown);
/* Draws at most five times a second. */
void progress_at(struct progress *progress, uint64_t done);
/* Draws a last time and ends the line; nothing for what was done before anybody could have read it. */
void progress_end(struct progress *progress, uint64_t done);

#endif
