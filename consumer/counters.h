/* Counters of the process, kept where a metrics endpoint can read them. Made once, never freed, safe to read from any thread. */
#ifndef OBEK_COUNTERS_H
#define OBEK_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

struct counter {
    char *name;  /* "obek_orders_total" */
    char *label; /* "feed=web,kind=ORDER", or "" */
    _Atomic uint64_t value;
    struct counter *next;
};

/* The counter of that name and label; made when it is new. Keep the pointer on hot paths. */
struct counter *counter_get(const char *name, const char *label);
static inline void counter_add(struct counter *counter, uint64_t n) {
    atomic_fetch_add_explicit(&counter->value, n, memory_order_relaxed);
}
/* All of them, newest first; the list only grows at its head. */
struct counter *counters_first(void);

#endif
