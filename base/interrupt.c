#include "obek/interrupt.h"

#include <signal.h>
#include <stdatomic.h>

/* lock-free, so that a handler may write what other threads read */
static atomic_int signalled;

static void on_signal(int number) {
    atomic_store_explicit(&signalled, number, memory_order_relaxed);
}

void interrupt_catch(void) {
    struct sigaction action = { .sa_handler = on_signal };
    atomic_store(&signalled, 0);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupted(void) {
    return atomic_load_explicit(&signalled, memory_order_relaxed) != 0;
}

bool interrupt_check(struct error *error) {
    return !interrupted() || error_set(error, "interrupted");
}
