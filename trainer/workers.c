#include "workers.h"
#include "obek/buffer.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define THREADS_MAX 256

struct workers {
    unsigned threads; /* started: the caller is one more */
    pthread_t *ids;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    /* under the lock: a new round is a new number */
    unsigned long round;
    unsigned busy; /* threads that are not through with this round */
    bool ending;
    /* of the round; `next` is taken from without the lock */
    workers_task *task;
    void *context;
    size_t tasks;
    atomic_size_t next;
};

static _Thread_local enum { OUTSIDE, LEADING, FOLLOWING } role;

static void work_off(struct workers *workers) {
    size_t task;
    while ((task = atomic_fetch_add_explicit(&workers->next, 1, memory_order_relaxed)) < workers->tasks)
        workers->task(workers->context, task);
}

static void *follow(void *context) {
    struct workers *workers = context;
    unsigned long seen = 0;
    role = FOLLOWING;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        while (workers->round == seen && !workers->ending)
            pthread_cond_wait(&workers->work, &workers->lock);
        if (workers->ending)
            break;
        seen = workers->round;
        pthread_mutex_unlock(&workers->lock);
        work_off(workers);
        pthread_mutex_lock(&workers->lock);
        if (--workers->busy == 0)
            pthread_cond_signal(&workers->done);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

static unsigned processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

struct workers *workers_new(unsigned threads) {
    struct workers *workers = xcalloc(1, sizeof *workers);
    unsigned wanted = threads == 0 ? processors() : threads;
    wanted = wanted < THREADS_MAX ? wanted : THREADS_MAX;
    workers->ids = xcalloc(wanted, sizeof *workers->ids);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->work, NULL);
    pthread_cond_init(&workers->done, NULL);
    /* a thread that the system refuses is one fewer: nothing but time depends on their number */
    while (workers->threads + 1 < wanted && pthread_create(&workers->ids[workers->threads], NULL, follow, workers) == 0)
        workers->threads++;
    return workers;
}

void workers_free(struct workers *workers) {
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->ending = true;
    pthread_cond_broadcast(&workers->work);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->threads; i++)
        pthread_join(workers->ids[i], NULL);
    pthread_cond_destroy(&workers->done);
    pthread_cond_destroy(&workers->work);
    pthread_mutex_destroy(&workers->lock);
    free(workers->ids);
    free(workers);
}

unsigned workers_count(const struct workers *workers) {
    return workers == NULL ? 1 : workers->threads + 1;
}

bool workers_leading(void) {
    return role != FOLLOWING;
}

static void start_round(struct workers *workers, size_t tasks, workers_task *task, void *context) {
    pthread_mutex_lock(&workers->lock);
    assert(workers->busy == 0);
    workers->task = task;
    workers->context = context;
    workers->tasks = tasks;
    atomic_store_explicit(&workers->next, 0, memory_order_relaxed);
    workers->busy = workers->threads;
    workers->round++;
    pthread_cond_broadcast(&workers->work);
    pthread_mutex_unlock(&workers->lock);
}

void workers_run(struct workers *workers, size_t tasks, workers_task *task, void *context) {
    if (workers == NULL || workers->threads == 0 || tasks <= 1 || role != OUTSIDE) {
        for (size_t i = 0; i < tasks; i++)
            task(context, i);
        return;
    }
    start_round(workers, tasks, task, context);
    role = LEADING;
    work_off(workers);
    role = OUTSIDE;
    pthread_mutex_lock(&workers->lock);
    while (workers->busy > 0)
        pthread_cond_wait(&workers->done, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
}
