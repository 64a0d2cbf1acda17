#include "obek/progress.h"
#include "obek/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 24
#define DRAW_EVERY_MS 200
#define SECONDS_MAX (1000 * 3600) /* beyond that nobody waits */
#define SHARE_TO_GUESS_BY 0.005   /* less work done says nothing about the rest */

bool progress_wanted(void) {
    return isatty(STDERR_FILENO) == 1;
}

void progress_begin(struct progress *progress, const char *label, uint64_t total, bool shown) {
    *progress = (struct progress){ .shown = shown, .label = label, .total = total, .began_ms = monotonic_ms() };
    progress->drawn_ms = progress->began_ms;
}

/* 1234567 -> "1,234,567" */
static void grouped(uint64_t number, char *out, size_t size) {
    char digits[32];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number), at = 0;
    for (size_t i = 0; i < len && at + 2 < size; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

static void draw_bar(double share) {
    char bar[BAR_WIDTH + 1];
    int filled = (int)(share * BAR_WIDTH);
    memset(bar, ' ', BAR_WIDTH);
    memset(bar, '=', (size_t)filled);
    if (filled < BAR_WIDTH)
        bar[filled] = '>';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "[%s] %3d %%", bar, (int)(share * 100));
}

static void draw_records(const struct progress *progress, uint64_t done, double rate) {
    char some[32], all[32], speed[32];
    grouped(done, some, sizeof some);
    grouped(progress->total, all, sizeof all);
    grouped((uint64_t)rate, speed, sizeof speed);
    fprintf(stderr, "  %s of %s  %s/s", some, all, speed);
}

static void draw(const struct progress *progress, uint64_t done, int64_t now) {
    if (done > progress->total)
        done = progress->total;
    double share = progress->total == 0 ? 1 : (double)done / (double)progress->total;
    double seconds = (double)(now - progress->began_ms) / 1000;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    double left = rate > 0 ? (double)(progress->total - done) / rate + 0.5 : 0;
    int left_s = left < SECONDS_MAX ? (int)left : SECONDS_MAX;
    fputs("\r", stderr);
    if (progress->label != NULL)
        fprintf(stderr, "%s  ", progress->label);
    draw_bar(share);
    if (progress->label == NULL)
        draw_records(progress, done, rate);
    if (share >= SHARE_TO_GUESS_BY)
        fprintf(stderr, "  %d:%02d left ", left_s / 60, left_s % 60);
    fputs("\033[K", stderr);
    fflush(stderr);
}

void progress_at(struct progress *progress, uint64_t done) {
    if (!progress->shown)
        return;
    int64_t now = monotonic_ms();
    if (now - progress->drawn_ms < DRAW_EVERY_MS)
        return;
    progress->drawn_ms = now;
    draw(progress, done, now);
}

void progress_end(struct progress *progress, uint64_t done) {
    if (!progress->shown || (progress->drawn_ms == progress->began_ms && monotonic_ms() - progress->began_ms < DRAW_EVERY_MS))
        return;
    draw(progress, done, monotonic_ms());
    fputc('\n', stderr);
}
