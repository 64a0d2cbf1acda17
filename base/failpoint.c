#include "obek/failpoint.h"

#ifdef OBEK_FAILPOINTS

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long passages;

bool failpoint_due(const char *name) {
    const char *wanted = getenv("OBEK_FAILPOINT");
    size_t len = strlen(name);
    if (wanted == NULL || strncmp(wanted, name, len) != 0 || (wanted[len] != '\0' && wanted[len] != ':'))
        return false;
    long at = wanted[len] == ':' ? strtol(wanted + len + 1, NULL, 10) : 1;
    pthread_mutex_lock(&lock);
    bool due = ++passages == at;
    pthread_mutex_unlock(&lock);
    return due;
}

void failpoint_die(void) {
    const char *wanted = getenv("OBEK_FAILPOINT");
    const char *action = wanted == NULL ? NULL : strrchr(wanted, ':');
    raise(action != NULL && strcmp(action, ":stop") == 0 ? SIGSTOP : SIGKILL);
}

int64_t failpoint_clock_ahead_ms(void) {
    const char *ahead = getenv("OBEK_FAILPOINT_CLOCK_AHEAD_MS");
    return ahead == NULL ? 0 : strtoll(ahead, NULL, 10);
}

#else

/* ISO C wants a translation unit to hold something */
typedef int failpoints_are_left_out;

#endif
