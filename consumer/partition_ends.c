#include "partition_ends.h"
#include "obek/buffer.h"
#include "obek/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CALL_TIMEOUT_MS 2000

struct partition_ends {
    /* the thread's */
    struct kafka_look *look;
    struct ends_query *query;
    pthread_t thread;
    atomic_bool stop;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool wanted;
    struct ends_answer *latest; /* not taken yet */

    struct ends_answer *taken; /* the owner's */
};

static void say_failure(const struct ends_answer *answer) {
    if (*answer->error.text != '\0')
        log_event(LOG_LEVEL_DEBUG, "ends", { "number", LOG_I(answer->number) }, { "whole", LOG_S(answer->whole ? "yes" : "no") },
                  { "error", LOG_S(answer->error.text) });
}

static void *run(void *context) {
    struct partition_ends *ends = context;
    pthread_mutex_lock(&ends->lock);
    while (!atomic_load(&ends->stop)) {
        if (!ends->wanted) {
            pthread_cond_wait(&ends->changed, &ends->lock);
            continue;
        }
        ends->wanted = false;
        pthread_mutex_unlock(&ends->lock);
        struct ends_answer *answer = ends_query_ask(ends->query, CALL_TIMEOUT_MS, &ends->stop);
        say_failure(answer);
        pthread_mutex_lock(&ends->lock);
        ends_answer_free(ends->latest);
        ends->latest = answer;
    }
    pthread_mutex_unlock(&ends->lock);
    return NULL;
}

struct partition_ends *partition_ends_new(const struct config *config, struct error *error) {
    struct kafka_look *look = kafka_look_new(config, error);
    struct ends_query *query = look == NULL ? NULL : ends_query_new(look, config, error);
    if (query == NULL) {
        kafka_look_free(look);
        return NULL;
    }
    struct partition_ends *ends = xcalloc(1, sizeof *ends);
    ends->look = look;
    ends->query = query;
    atomic_init(&ends->stop, false);
    pthread_mutex_init(&ends->lock, NULL);
    pthread_cond_init(&ends->changed, NULL);
    if (pthread_create(&ends->thread, NULL, run, ends) != 0) {
        perror("obek: thread");
        abort();
    }
    return ends;
}

void partition_ends_free(struct partition_ends *ends) {
    if (ends == NULL)
        return;
    atomic_store(&ends->stop, true);
    pthread_mutex_lock(&ends->lock);
    pthread_cond_broadcast(&ends->changed);
    pthread_mutex_unlock(&ends->lock);
    pthread_join(ends->thread, NULL);
    pthread_cond_destroy(&ends->changed);
    pthread_mutex_destroy(&ends->lock);
    ends_answer_free(ends->latest);
    ends_answer_free(ends->taken);
    ends_query_free(ends->query);
    kafka_look_free(ends->look);
    free(ends);
}

void partition_ends_ask(struct partition_ends *ends) {
    pthread_mutex_lock(&ends->lock);
    ends->wanted = true;
    pthread_cond_broadcast(&ends->changed);
    pthread_mutex_unlock(&ends->lock);
}

const struct ends_answer *partition_ends_take(struct partition_ends *ends) {
    pthread_mutex_lock(&ends->lock);
    struct ends_answer *answer = ends->latest;
    ends->latest = NULL;
    pthread_mutex_unlock(&ends->lock);
    if (answer == NULL)
        return NULL;
    ends_answer_free(ends->taken);
    ends->taken = answer;
    return answer;
}
