/* A bar on stderr: "[======>      ]  45 %  45,000 of 100,219  12,300/s  0:04 left". */
#ifndef OBEK_REPLAY_PROGRESS_H
#define OBEK_REPLAY_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown; /* false: nothing is written (stderr is no terminal) */
    uint64_t total;
    int64_t began_ms, drawn_ms;
};

void progress_begin(struct progress *progress, uint64_t total, bool shown);
/* Draws at most five times a second. */
void progress_at(struct progress *progress, uint64_t done);
/* Draws a last time and ends the line. */
void progress_end(struct progress *progress, uint64_t done);

#endif
