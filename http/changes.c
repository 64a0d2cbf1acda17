#include "../consumer/metrics.h"
#include "change_source.h"
#include "changes_state.h"
#include "listeners.h"
#include "obek/clock.h"
#include "obek/condition.h"
#include "obek/log.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define POLL_MS 100
#define WAKE_EVERY_MS 250
#define AGAIN_AFTER_MS 5000 /* a client that could not be made */
#define NICENESS 10

struct changes *changes_new(const struct config *config) {
    struct changes *changes = xcalloc(1, sizeof *changes);
    changes->config = config;
    pthread_mutex_init(&changes->lock, NULL);
    condition_init(&changes->stopping);
    return changes;
}

void changes_free(struct changes *changes) {
    if (changes->window != NULL)
        change_window_free(changes->window);
    pthread_cond_destroy(&changes->stopping);
    pthread_mutex_destroy(&changes->lock);
    free(changes);
}

static bool stops(struct changes *changes) {
    pthread_mutex_lock(&changes->lock);
    bool stop = changes->stop;
    pthread_mutex_unlock(&changes->lock);
    return stop;
}

static void add(struct changes *changes, const rd_kafka_message_t *message) {
    int64_t now = wall_ms(), at = rd_kafka_message_timestamp(message, NULL);
    struct slice value = { message->payload, message->payload == NULL ? 0 : message->len };
    pthread_mutex_lock(&changes->lock);
    bool is_change = change_window_add(changes->window, now, at < 0 ? now : at, value);
    pthread_mutex_unlock(&changes->lock);
    counter_add(SERIES(METRIC_CHANGES_READ, is_change ? "change" : "unreadable"), 1);
    if (!is_change)
        log_event(LOG_LEVEL_DEBUG, "change_unreadable", { "topic", LOG_S(changes->config->campaign_topic) },
                  { "partition", LOG_I(message->partition) }, { "offset", LOG_I(message->offset) });
}

static void look_around(struct changes *changes, const struct change_source *source) {
    const char *problem = change_source_problem(source);
    pthread_mutex_lock(&changes->lock);
    change_window_advance(changes->window, wall_ms());
    changes->complete = changes->complete || change_source_complete(source);
    error_set(&changes->problem, "%s", problem == NULL ? "" : problem);
    listeners_wake(changes);
    pthread_mutex_unlock(&changes->lock);
}

static void read_on(struct changes *changes, struct change_source *source) {
    int64_t looked = monotonic_ms() - WAKE_EVERY_MS;
    while (!stops(changes)) {
        rd_kafka_message_t *message = change_source_next(source, POLL_MS);
        if (message != NULL) {
            add(changes, message);
            rd_kafka_message_destroy(message);
        }
        if (monotonic_ms() - looked < WAKE_EVERY_MS)
            continue;
        looked = monotonic_ms();
        look_around(changes, source);
    }
}

static void wait_a_little(struct changes *changes, const struct error *problem) {
    pthread_mutex_lock(&changes->lock);
    changes->problem = *problem;
    listeners_wake(changes);
    if (!changes->stop)
        condition_wait_until(&changes->stopping, &changes->lock, monotonic_ms() + AGAIN_AFTER_MS);
    pthread_mutex_unlock(&changes->lock);
}

/* On Linux niceness is a thread's own, and what librdkafka starts from here inherits it. */
static void *run(void *context) {
    struct changes *changes = context;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    while (!stops(changes)) {
        struct error error = { "" };
        struct change_source *source = change_source_new(changes->config, &error);
        if (source == NULL)
            wait_a_little(changes, &error);
        else
            read_on(changes, source);
        change_source_free(source);
    }
    return NULL;
}

bool changes_begin(struct changes *changes) {
    pthread_mutex_lock(&changes->lock);
    if (changes->window == NULL)
        changes->window = change_window_new(wall_ms());
    if (!changes->begun && !changes->stop) /* else nobody would wait for it */
        changes->begun = pthread_create(&changes->thread, NULL, run, changes) == 0;
    bool begun = changes->begun;
    pthread_mutex_unlock(&changes->lock);
    return begun;
}

void changes_stop(struct changes *changes) {
    pthread_mutex_lock(&changes->lock);
    changes->stop = true;
    pthread_cond_broadcast(&changes->stopping);
    listeners_wake(changes);
    bool begun = changes->begun;
    pthread_mutex_unlock(&changes->lock);
    if (begun)
        pthread_join(changes->thread, NULL);
}
