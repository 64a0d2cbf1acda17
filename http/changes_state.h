/* What changes.c, flows_json.c and listeners.c share; private to them. */
#ifndef OBEK_CHANGES_STATE_H
#define OBEK_CHANGES_STATE_H

#include "changes.h"

#include <pthread.h>

struct changes {
    const struct config *config;
    pthread_t thread;
    bool begun; /* MHD's thread alone looks at it */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t stopping;
    bool stop;
    struct change_window *window; /* NULL: not begun */
    bool complete;                /* once: all that was there */
    struct error problem;         /* empty: none */
    size_t n_listeners;
    struct listener *listeners;
};

#endif
