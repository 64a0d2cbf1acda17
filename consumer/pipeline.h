/* The stream processor: consume -> decode -> load -> step -> save -> publish -> commit (design, sections 2 and 6). */
#ifndef OBEK_PIPELINE_H
#define OBEK_PIPELINE_H

#include "alignment.h"
#include "assignment.h"
#include "batch.h"
#include "catch_up.h"
#include "clock_watch.h"
#include "customer_cache.h"
#include "dead_log.h"
#include "dead_window.h"
#include "ends.h"
#include "notify.h"
#include "obek/clock.h"
#include "publisher.h"
#include "registry_outage.h"
#include "saver.h"
#include "schemas.h"
#include "ticker.h"

#include <signal.h>

#define PIPELINE_BATCHES (PUBLISHER_BATCHES_MAX + 1)

struct pipeline {
    const struct config *config;
    struct halt halt;
    const volatile sig_atomic_t *stop; /* SIGTERM, SIGINT: drain */
    volatile sig_atomic_t *reload;     /* SIGHUP: propose model.file; NULL: nobody asks */

    int instance_lock;
    struct notifier notifier; /* the service manager */

    struct kafka_in *in;
    struct kafka_out *out;
    struct kafka_look *look;
    struct store *store;
    struct schemas *schemas;
    struct customer_cache *cache;
    struct models models;
    struct event_maker events;
    struct saver saver;
    struct publisher *publisher;
    struct ticker ticker;
    struct assignment assignment;

    struct sources sources;     /* of the present assignment; empty: none */
    struct alignment alignment; /* of the sources */
    bool lost;                  /* they were taken back while something was under way */
    bool awaits_model;          /* no model is in force in some bucket: orders wait */
    bool control_drawn;         /* the last batch was a control record */

    struct batch batches[PIPELINE_BATCHES];
    bool in_flight[PIPELINE_BATCHES]; /* with the publisher */

    struct dead_window *dead; /* the last records: which of them were bad */
    bool dead_recalled;       /* the window began with what halted an earlier run */
    struct dead_log dead_log;
    int64_t polled_ms;    /* monotonic: when the group's consumer was last polled */
    int64_t housekept_ms; /* monotonic */
    int64_t policy_ms;
    uint64_t looked_at;   /* the connection to Redis on which all marks were last looked at */
    int64_t evicted_keys; /* at the start; -1: not asked yet */
    struct clock_watch clock;
    struct registry_outage registry;

    struct ends *ends; /* --exit-at-end; NULL: run on */
    int64_t ends_asked_ms;
    struct catch_up *catch_up;
    int64_t gauged_ms;   /* monotonic: when the gauges were last looked at */
    int64_t shown_model; /* the number of the one they show; -1: none */
    uint64_t records;    /* taken so far */
};

struct pipeline_options {
    bool rebuild, from_marks, exit_at_end;
    volatile sig_atomic_t *reload; /* may be NULL */
};

/* Opens everything and joins the group. False: the halt of the pipeline says why. */
bool pipeline_open(struct pipeline *pipeline, const struct config *config, const struct pipeline_options *options,
                   const volatile sig_atomic_t *stop);
/* Runs until told to stop, done (--exit-at-end) or halted. */
enum exit_status pipeline_run(struct pipeline *pipeline);
/* Drains, leaves the group, lets go of everything. */
void pipeline_close(struct pipeline *pipeline);

/* Is nothing with the commit stage? */
bool pipeline_is_idle(const struct pipeline *pipeline);

/* Waits, keeping the membership of the group: nothing is taken from the topics. False: stopped, halted or the sources are lost.
 */
bool pipeline_wait(struct pipeline *pipeline, int64_t ms);
/* Serves the group, rebalances inside, for ms: keeps the membership. */
void pipeline_serve(struct pipeline *pipeline, int64_t ms);

#endif
