#include "catch_up.h"
#include "obek/buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROGRESS_MS 2000

struct catch_up {
    bool terminal, shown;
    int64_t last_ms;
    uint64_t last_records;
};

struct catch_up *catch_up_new(void) {
    struct catch_up *catch_up = xcalloc(1, sizeof *catch_up);
    catch_up->terminal = isatty(STDERR_FILENO) == 1;
    return catch_up;
}

void catch_up_free(struct catch_up *catch_up) {
    if (catch_up != NULL && catch_up->shown)
        fputc('\n', stderr);
    free(catch_up);
}

void catch_up_show(struct catch_up *catch_up, uint64_t records, int64_t lag, int64_t now_ms) {
    if (!catch_up->terminal || now_ms - catch_up->last_ms < PROGRESS_MS)
        return;
    double seconds = (double)(now_ms - catch_up->last_ms) / 1000;
    double rate = (double)(records - catch_up->last_records) / seconds;
    bool first = catch_up->last_ms == 0;
    catch_up->last_ms = now_ms;
    catch_up->last_records = records;
    if (first || (lag <= 0 && !catch_up->shown))
        return;
    if (lag > 0 && rate > 0)
        fprintf(stderr, "\r\033[K%.0f orders/s, %" PRId64 " behind, %.0f s left", rate, lag, (double)lag / rate);
    else
        fprintf(stderr, "\r\033[K%.0f orders/s, up to date", rate);
    catch_up->shown = true;
}
