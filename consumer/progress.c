#include "progress.h"
#include "obek/buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROGRESS_MS 2000

struct progress {
    bool terminal, shown;
    int64_t last_ms;
    uint64_t last_records;
};

struct progress *progress_new(void) {
    struct progress *progress = xcalloc(1, sizeof *progress);
    progress->terminal = isatty(STDERR_FILENO) == 1;
    return progress;
}

void progress_free(struct progress *progress) {
    if (progress != NULL && progress->shown)
        fputc('\n', stderr);
    free(progress);
}

void progress_show(struct progress *progress, uint64_t records, int64_t lag, int64_t now_ms) {
    if (!progress->terminal || now_ms - progress->last_ms < PROGRESS_MS)
        return;
    double seconds = (double)(now_ms - progress->last_ms) / 1000;
    double rate = (double)(records - progress->last_records) / seconds;
    bool first = progress->last_ms == 0;
    progress->last_ms = now_ms;
    progress->last_records = records;
    if (first || (lag <= 0 && !progress->shown))
        return;
    if (lag > 0 && rate > 0)
        fprintf(stderr, "\r\033[K%.0f orders/s, %" PRId64 " behind, %.0f s left", rate, lag, (double)lag / rate);
    else
        fprintf(stderr, "\r\033[K%.0f orders/s, up to date", rate);
    progress->shown = true;
}
