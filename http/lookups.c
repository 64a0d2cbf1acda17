#include "lookups.h"
#include "drift.h"
#include "obek/clock.h"
#include "obek/condition.h"
#include "obek/log.h"
#include "sizes_gauges.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>

#define WAITING_MAX 256
#define FRESH_MS 1000 /* for so long, meta and model of the reading are taken to be what they are in Redis, or not to be had */
#define SIZES_EVERY_MS 3000
#define CONNECT_TIMEOUT_MS 500
#define ANSWER_TIMEOUT_MS 1000

struct lookups {
    struct reading reading;
    bool open;           /* the reading has meta and model */
    struct error reason; /* why it has not */
    int64_t fresh_ms;    /* monotonic: when it was found so */
    int64_t sizes_ms;    /* when the sizes were read */
    struct drift *drift;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct lookup *first, **last;
    size_t n;
    bool stop;
};

static struct lookup *take(struct lookups *lookups) {
    struct lookup *lookup = lookups->first;
    if (lookup == NULL)
        return NULL;
    lookups->first = lookup->next;
    if (lookups->first == NULL)
        lookups->last = &lookups->first;
    lookups->n--;
    return lookup;
}

static void look_anew(struct lookups *lookups) {
    bool was_open = lookups->open;
    lookups->open = reading_refresh(&lookups->reading, &lookups->reason);
    if (!lookups->open && was_open) /* a connection that was merely closed in the meantime */
        lookups->open = reading_refresh(&lookups->reading, &lookups->reason);
    lookups->fresh_ms = monotonic_ms();
}

/* The reading as it is now; NULL with the error. Whoever waits while Redis hangs shares one attempt. */
static struct reading *refresh(struct lookups *lookups, struct error *error) {
    lookups->reading.waited_ms = 0;
    if (monotonic_ms() - lookups->fresh_ms >= FRESH_MS)
        look_anew(lookups);
    if (lookups->open)
        return &lookups->reading;
    *error = lookups->reason;
    return NULL;
}

static void serve(struct lookups *lookups, struct lookup *lookup) {
    struct error error = { "" };
    struct MHD_Connection *connection = lookup->connection;
    lookup->work(lookup->context, refresh(lookups, &error), &error);
    MHD_resume_connection(connection); /* from here on the client's, and soon gone */
}

static void look_around(struct lookups *lookups) {
    struct error error = { "" };
    if (monotonic_ms() - lookups->sizes_ms < SIZES_EVERY_MS)
        return;
    lookups->sizes_ms = monotonic_ms();
    if (!sizes_gauges_wanted()) {
        drift_hide(lookups->drift);
        return;
    }
    struct reading *reading = refresh(lookups, &error);
    if (reading == NULL || !sizes_gauges_read(reading, &error)) {
        sizes_gauges_hide();
        log_event(LOG_LEVEL_DEBUG, "sizes_unknown", { "error", LOG_S(error.text) });
    } else if (!drift_look(lookups->drift, reading, &error)) {
        log_event(LOG_LEVEL_DEBUG, "drift_unknown", { "error", LOG_S(error.text) });
    }
}

/* lookups->lock is held. */
static void wait_for_work(struct lookups *lookups) {
    if (lookups->first == NULL && !lookups->stop)
        condition_wait_until(&lookups->changed, &lookups->lock, monotonic_ms() + SIZES_EVERY_MS);
}

static void *run(void *context) {
    struct lookups *lookups = context;
    pthread_mutex_lock(&lookups->lock);
    while (!lookups->stop) {
        wait_for_work(lookups);
        struct lookup *lookup = lookups->stop ? NULL : take(lookups);
        pthread_mutex_unlock(&lookups->lock);
        if (lookup != NULL)
            serve(lookups, lookup);
        look_around(lookups);
        pthread_mutex_lock(&lookups->lock);
    }
    pthread_mutex_unlock(&lookups->lock);
    return NULL;
}

struct lookups *lookups_new(const struct config *config, struct error *error) {
    struct lookups *lookups = xcalloc(1, sizeof *lookups);
    lookups->last = &lookups->first;
    if (!reading_connect(&lookups->reading, config, error)) {
        free(lookups);
        return NULL;
    }
    lookups->drift = drift_new();
    reading_hurry(&lookups->reading, CONNECT_TIMEOUT_MS, ANSWER_TIMEOUT_MS);
    redis_set_meter(lookups->reading.store->redis, "http");
    lookups->sizes_ms = monotonic_ms() - SIZES_EVERY_MS;
    lookups->fresh_ms = monotonic_ms() - FRESH_MS;
    pthread_mutex_init(&lookups->lock, NULL);
    condition_init(&lookups->changed);
    if (pthread_create(&lookups->thread, NULL, run, lookups) == 0)
        return lookups;
    error_set(error, "cannot start a thread");
    drift_free(lookups->drift);
    pthread_cond_destroy(&lookups->changed);
    pthread_mutex_destroy(&lookups->lock);
    reading_close(&lookups->reading);
    free(lookups);
    return NULL;
}

void lookups_stop(struct lookups *lookups) {
    pthread_mutex_lock(&lookups->lock);
    lookups->stop = true;
    pthread_cond_broadcast(&lookups->changed);
    pthread_mutex_unlock(&lookups->lock);
    pthread_join(lookups->thread, NULL);
    struct error ending = { "obek is ending" };
    for (struct lookup *lookup = take(lookups); lookup != NULL; lookup = take(lookups)) {
        struct MHD_Connection *connection = lookup->connection;
        lookup->work(lookup->context, NULL, &ending);
        MHD_resume_connection(connection);
    }
}

void lookups_free(struct lookups *lookups) {
    drift_free(lookups->drift);
    pthread_cond_destroy(&lookups->changed);
    pthread_mutex_destroy(&lookups->lock);
    reading_close(&lookups->reading);
    free(lookups);
}

bool lookups_ask(struct lookups *lookups, struct lookup *lookup) {
    pthread_mutex_lock(&lookups->lock);
    bool taken = !lookups->stop && lookups->n < WAITING_MAX;
    if (taken) {
        MHD_suspend_connection(lookup->connection);
        lookup->next = NULL;
        *lookups->last = lookup;
        lookups->last = &lookup->next;
        lookups->n++;
        pthread_cond_broadcast(&lookups->changed);
    }
    pthread_mutex_unlock(&lookups->lock);
    return taken;
}
