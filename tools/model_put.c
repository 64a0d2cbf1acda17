/* obek model put: proposes a model and waits until it is in force (design, section 8). */
#include "../consumer/models.h"
#include "../consumer/propose.h"
#include "../consumer/topics.h"
#include "../lookup/reading.h"
#include "controlling.h"
#include "model_commands.h"
#include "obek/clock.h"
#include "obek/command.h"
#include "obek/progress.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_EVERY_MS 200
#define ASK_EVERY_MS 2000

struct putting {
    const struct model_arguments *arguments;
    struct config *config;
    struct candidate candidate;
    struct kafka_look *look;
    struct reading reading;
    struct store_meta meta;
    int64_t limit_ms;
    int64_t number;   /* of the record, or of the one that put this content in force before */
    bool was;         /* it was in force already: no record was written */
    bool runs;        /* the group has members */
    bool in_force;    /* in all buckets */
    int64_t overtook; /* the number of a later model that is in force; -1 */
};

/* How far the buckets are with the control topic. */
struct taken_up {
    int64_t past;    /* buckets that have lived through the record at `number` */
    int64_t holding; /* buckets in which this content is in force */
    int64_t lowest;  /* the lowest mark of the control topic; 0: some bucket has none */
    int64_t newest;  /* the newest number in force; -1 */
};

static bool look_at_buckets(struct putting *p, struct taken_up *taken, struct error *error) {
    struct store *store = p->reading.store;
    struct arena arena = { 0 };
    struct slice name = arena_printf(&arena, "%s/0", p->config->control_topic);
    struct source control = { .name = (char *)(uintptr_t)name.data }; /* only read */
    struct sources sources = { &control, 1 };
    struct bucket_marks *marks = arena_alloc(&arena, (size_t)store->buckets * sizeof *marks);
    bool ok = store_look(store, &sources, &arena, marks, error);
    *taken = (struct taken_up){ .lowest = INT64_MAX, .newest = -1 };
    for (int64_t b = 0; ok && b < store->buckets; b++) {
        struct model_note note;
        int64_t next = marks[b].marks[0].next == OFFSET_NONE ? 0 : marks[b].marks[0].next;
        taken->past += next > p->number;
        taken->lowest = next < taken->lowest ? next : taken->lowest;
        if (!model_note_parse(&note, marks[b].model))
            continue;
        taken->holding += strcmp(note.sha256, p->candidate.model->sha256) == 0;
        taken->newest = note.number > taken->newest ? note.number : taken->newest;
    }
    arena_free(&arena);
    return ok;
}

/* In force everywhere, and nothing else is on its way. */
static bool is_settled(struct putting *p, bool *settled, struct error *error) {
    struct taken_up taken;
    struct proposals ahead;
    *settled = false;
    p->number = INT64_MAX;
    if (!p->meta.ready)
        return true;
    if (!look_at_buckets(p, &taken, error))
        return false;
    if (taken.holding < p->reading.store->buckets)
        return true;
    if (!propose_look(p->look, p->config, taken.lowest, p->candidate.model->sha256, &ahead, error))
        return false;
    *settled = ahead.none || ahead.is_last;
    p->number = taken.newest;
    return true;
}

static bool write_record(struct putting *p, struct error *error) {
    struct buffer record = { 0 };
    int64_t time = TIME_NONE;
    bool ok = (!p->meta.ready || propose_time(p->look, p->reading.store, p->config, &time, error)) &&
              propose_record(&record, &p->candidate, time, error) &&
              propose_send(p->config, buffer_slice(&record), &p->number, error);
    buffer_free(&record);
    return ok;
}

static bool wait_until_taken_up(struct putting *p, struct error *error) {
    int64_t until = monotonic_ms() + p->limit_ms;
    struct progress progress;
    struct taken_up taken;
    int64_t buckets = p->reading.store->buckets;
    progress_begin(&progress, NULL, (uint64_t)buckets, progress_wanted());
    int64_t asked_ms = monotonic_ms();
    bool ok;
    while ((ok = look_at_buckets(p, &taken, error)) && taken.past < buckets && p->runs && monotonic_ms() < until) {
        progress_at(&progress, (uint64_t)taken.past);
        struct timespec pause = { .tv_nsec = LOOK_EVERY_MS * 1000000L };
        nanosleep(&pause, NULL);
        if (monotonic_ms() - asked_ms < ASK_EVERY_MS)
            continue;
        asked_ms = monotonic_ms();
        if (!(ok = controlling_members(p->look, p->config, &p->runs, error)))
            break;
    }
    progress_end(&progress, ok ? (uint64_t)taken.past : 0);
    p->in_force = ok && taken.past == buckets && taken.holding == buckets;
    if (ok && taken.past == buckets && !p->in_force)
        p->overtook = taken.newest;
    return ok;
}

static bool give_up(void *context, const struct error *error) {
    (void)context;
    (void)error;
    return false;
}

/* A first start may be yet to come: then there is neither a control topic nor anything in Redis. */
static bool open_servers(struct putting *p, struct error *error) {
    p->look = kafka_look_new(p->config, error);
    if (p->look == NULL || !reading_connect(&p->reading, p->config, error))
        return false;
    int partitions = kafka_look_partitions(p->look, p->config->control_topic, error);
    if (partitions < 0 || (partitions == 0 && !topics_ensure(p->look, p->config, give_up, NULL, error)) ||
        !store_meta_read(p->reading.store, &p->meta, error))
        return false;
    if (p->meta.present && p->meta.version > STORE_FORMAT_VERSION)
        return error_set(error, "Redis was written by a newer obek (format %" PRId64 ")", p->meta.version);
    if (p->meta.present)
        store_adopt(p->reading.store, &p->meta);
    p->meta.ready = p->meta.present && p->meta.ready;
    return true;
}

static bool put(struct putting *p, struct error *error) {
    if (!open_servers(p, error) || !is_settled(p, &p->was, error))
        return false;
    p->in_force = p->was;
    if (p->was)
        return controlling_members(p->look, p->config, &p->runs, error);
    if (!write_record(p, error) || !controlling_members(p->look, p->config, &p->runs, error))
        return false;
    fprintf(stderr, "proposed as number %" PRId64 "\n", p->number);
    return !p->runs || !p->meta.ready || p->arguments->no_wait || wait_until_taken_up(p, error);
}

static const char *said(const struct putting *p) {
    if (p->was)
        return "it is in force already: nothing was done";
    if (p->in_force)
        return "it is in force in all buckets; customers move on their next touch, the others as a walk comes by";
    if (p->overtook >= 0)
        return "another model has come into force after it";
    if (!p->runs)
        return "no obek of this group runs: it comes into force when one does";
    if (p->arguments->no_wait || !p->meta.ready)
        return "it comes into force as the instances read the control topic";
    return "it is not in force in all buckets yet; the record stands, and it will be when the instances get there";
}

static int tell(const struct putting *p) {
    const struct model *model = p->candidate.model;
    if (p->arguments->as_json) {
        json_t *answer =
            json_pack("{s:I, s:s, s:s, s:s, s:b, s:b}", "number", (json_int_t)p->number, "name", model->name, "version",
                      model->version, "sha256", model->sha256, "in_force", (int)p->in_force, "proposed", (int)!p->was);
        json_dumpf(answer, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(answer);
    } else {
        printf("%s, version %s: number %" PRId64 "\n", model->name, model->version, p->number);
    }
    fprintf(stderr, "%s\n", said(p));
    bool waited = p->runs && p->meta.ready && !p->arguments->no_wait;
    return waited && !p->in_force ? EXIT_FAILED : EXIT_DONE;
}

static int run(struct putting *p) {
    struct error error;
    int status = EXIT_FAILED;
    if (put(p, &error))
        status = tell(p);
    else
        fprintf(stderr, "obek model put: %s\n", error.text);
    if (p->reading.store != NULL)
        reading_close(&p->reading);
    kafka_look_free(p->look);
    return status;
}

int model_put(const struct model_arguments *arguments, const char *path) {
    struct putting p = { .arguments = arguments, .overtook = -1 };
    struct error error;
    if (!controlling_limit(arguments->limit, &p.limit_ms))
        return options_wrong(arguments->usage, "--limit %s: not a number of seconds from 1 to %d", arguments->limit,
                             CONTROLLING_LIMIT_S_MAX);
    p.config = options_config(&arguments->common, arguments->usage);
    if (p.config == NULL)
        return EXIT_USAGE;
    int status = EXIT_USAGE;
    if (candidate_load(&p.candidate, path, p.config, &error)) {
        status = run(&p);
        candidate_free(&p.candidate);
    } else {
        fprintf(stderr, "obek model put: %s\n", error.text);
    }
    config_free(p.config);
    return status;
}
