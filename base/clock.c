#include "obek/clock.h"
#include "obek/failpoint.h"

#include <time.h>

static int64_t read_ms(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t wall_ms(void) {
    return read_ms(CLOCK_REALTIME) + failpoint_clock_ahead_ms();
}

int64_t monotonic_ms(void) {
    return read_ms(CLOCK_MONOTONIC);
}

int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
