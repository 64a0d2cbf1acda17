#include "counters.h"
#include "obek/buffer.h"

#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct counter *) first;

struct counter *counters_first(void) {
    return atomic_load(&first);
}

struct counter *counter_get(const char *name, const char *label) {
    pthread_mutex_lock(&lock);
    struct counter *counter = atomic_load(&first);
    while (counter != NULL && (strcmp(counter->name, name) != 0 || strcmp(counter->label, label) != 0))
        counter = counter->next;
    if (counter == NULL) {
        counter = xcalloc(1, sizeof *counter);
        counter->name = xstrdup(name);
        counter->label = xstrdup(label);
        counter->next = atomic_load(&first);
        atomic_store(&first, counter);
    }
    pthread_mutex_unlock(&lock);
    return counter;
}
