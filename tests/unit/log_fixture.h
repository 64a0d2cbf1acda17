/* What the log says while something runs, in a file in stderr's place. */
#ifndef OBEK_LOG_FIXTURE_H
#define OBEK_LOG_FIXTURE_H

#include "obek/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The lines that `act` leaves in the log: as many as are given, each with its text in it. */
static inline void expect_log(void (*act)(void *context), void *context, const char *const *lines, size_t n) {
    char path[] = "/tmp/obek-test-log-XXXXXX";
    int file = mkstemp(path), stderr_before = dup(STDERR_FILENO);
    assert_true(file >= 0 && stderr_before >= 0);
    fflush(stderr);
    dup2(file, STDERR_FILENO);
    act(context);
    fflush(stderr);
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    FILE *log = fdopen(file, "r");
    rewind(log);
    unlink(path);
    char line[1024];
    for (size_t i = 0; i < n; i++) {
        if (fgets(line, sizeof line, log) == NULL)
            fail_msg("nothing is said instead of '%s'", lines[i]);
        if (strstr(line, lines[i]) == NULL)
            fail_msg("'%s' instead of '%s'", line, lines[i]);
    }
    if (fgets(line, sizeof line, log) != NULL)
        fail_msg("'%s' is said, too", line);
    fclose(log);
}

#endif
