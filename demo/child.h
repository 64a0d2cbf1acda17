/* What the demo's processes share: they end with the script that started them. */
#ifndef OBEK_DEMO_CHILD_H
#define OBEK_DEMO_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* False: the parent has ended already. */
static inline bool end_with_parent(void) {
    pid_t parent = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) {
        perror("demo: prctl");
        return false;
    }
    return getppid() == parent;
}

static inline sigset_t end_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

/* SIGINT and SIGTERM are waited for or asked for, in this and all later threads. */
static inline void block_ends(void) {
    sigset_t set = end_signals();
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static inline void wait_for_end(void) {
    sigset_t set = end_signals();
    int signal_number;
    sigwait(&set, &signal_number);
}

#endif
