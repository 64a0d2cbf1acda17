/* obek audit: the logs, read again from their beginning, held against Redis (docs/operations.md). */
#include "audit_run.h"
#include "obek/command.h"
#include "obek/interrupt.h"
#include "obek/options.h"
#include "obek/progress.h"

#include "audit_lua.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

static const struct command_usage usage = {
    .name = "audit",
    .about = "Reads the logs again from their beginning, into memory, and holds the result against Redis, customer by customer:\n"
             "ledgers, imports and erasures; whether each saved segment is stable under its model, with the right due time;\n"
             "whether index, sizes and profiles say what the states say; marks, outboxes, and keys that should not be there.\n"
             "Every difference is a line with place, field, what was expected and what was found; what obek has not applied\n"
             "yet is none. Only reads, and may be used while obek runs, with the configuration that obek runs with (feeds,\n"
             "rates, channels: the orders are decoded by it). Memory: about 225 bytes a customer with 5 orders.",
    .examples = "obek audit -c obek.properties --from-beginning\n"
                "obek audit -c obek.properties --from-beginning -o json | jq 'select(.type == \"difference\")'",
    .exits = "1  there is a difference, or Kafka, Redis or the registry failed (the message says which)\n"
             "3  a log no longer begins at 0: it cannot tell what all of its records were",
};

/* ---- what was held against what ---- */

static int64_t lowest(const struct audit *audit, size_t source) {
    int64_t low = INT64_MAX;
    for (int64_t b = 0; b < audit->fold.buckets; b++) {
        int64_t next = audit->fold.from[(size_t)b * audit->logs.n + source];
        low = next < low ? next : low;
    }
    return low;
}

static int64_t highest(const struct audit *audit, size_t source) {
    int64_t high = 0;
    for (int64_t b = 0; b < audit->fold.buckets; b++) {
        int64_t next = audit->fold.from[(size_t)b * audit->logs.n + source];
        high = next > high ? next : high;
    }
    return high;
}

static void write_summary(const struct audit *audit) {
    json_t *sources = json_array();
    for (size_t s = 0; s < audit->logs.n; s++)
        json_array_append_new(sources, json_pack("{s:s, s:I, s:I}", "source", audit->logs.sources[s].name, "lowest_mark",
                                                 (json_int_t)lowest(audit, s), "highest_mark", (json_int_t)highest(audit, s)));
    json_t *line = json_pack("{s:s, s:I, s:I, s:I, s:o}", "type", "summary", "customers", (json_int_t)audit->customers,
                             "differences", (json_int_t)audit->findings.differences, "undecided",
                             (json_int_t)audit->findings.undecided, "sources", sources);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static void say_summary(const struct audit *audit) {
    for (size_t s = 0; s < audit->logs.n; s++) {
        int64_t low = lowest(audit, s), high = highest(audit, s);
        fprintf(stderr, "obek audit: %s read up to %" PRId64, audit->logs.sources[s].name, high);
        if (low < high)
            fprintf(stderr, " (the lowest mark: %" PRId64 ")", low);
        fputs("\n", stderr);
    }
    fprintf(stderr, "obek audit: %" PRIu64 " customers held, %" PRId64 " differences", audit->customers,
            audit->findings.differences);
    if (audit->findings.undecided > 0)
        fprintf(stderr, ", %" PRId64 " ledgers undecided (they depend on the order in which several sources were read)",
                audit->findings.undecided);
    fputs("\n", stderr);
}

/* ---- the run ---- */

static bool hold_buckets(struct audit *audit, struct error *error) {
    struct progress progress;
    audit->audited = book_by_bucket(&audit->fold.book, &audit->n_audited);
    progress_begin(&progress, "buckets", (uint64_t)audit->fold.buckets, progress_wanted());
    bool ok = true;
    for (int64_t b = 0; ok && b < audit->fold.buckets; b++) {
        ok = bucket_hold(audit, b, error);
        progress_at(&progress, (uint64_t)b + 1);
    }
    progress_end(&progress, (uint64_t)audit->fold.buckets);
    return ok;
}

/* Customers who differed where obek had gone on: the fold goes on to the marks that they were read with. */
static bool hold_suspects(struct audit *audit, struct error *error) {
    if (audit->n_suspects == 0)
        return true;
    size_t n = audit->logs.n;
    for (size_t i = 0; i < audit->n_suspects; i++)
        for (size_t s = 0; s < n; s++) {
            int64_t bucket = audit->suspects[i].bucket;
            const struct mark_seen *seen = &audit->seen[(size_t)bucket * n + s];
            struct audit_mark *mark = fold_mark(&audit->fold, bucket, s);
            mark->next = seen->next;
            mark->watermark = seen->watermark;
        }
    if (!logs_look(&audit->logs, error) || !fold_read(&audit->fold, "what came meanwhile", error))
        return false;
    for (size_t i = 0; i < audit->n_suspects; i++) {
        struct snapshot *suspect = &audit->suspects[i];
        suspect->model = fold_model_at(&audit->fold, fold_mark(&audit->fold, suspect->bucket, audit->fold.control)->next);
        hold_customer(&audit->holder, suspect);
    }
    return true;
}

/* Their records once more, one by one, to try the orders in which they may have been read. */
static bool settle_undecided(struct audit *audit, struct error *error) {
    struct telling telling = { 0 };
    for (size_t i = 0; i < audit->n_undecided; i++)
        telling_ask(&telling, audit->undecided[i].id);
    bool ok = telling.n == 0 || fold_tell(&audit->fold, &telling, error);
    for (size_t i = 0; ok && i < audit->n_undecided; i++) {
        hold_told(&audit->holder, &audit->undecided[i], telling_find(&telling, audit->undecided[i].id));
        ok = interrupt_check(error);
    }
    telling_free(&telling);
    return ok;
}

/* False with *halted: a log of which something was applied has lost its beginning. */
static bool begin_at_0(const struct audit *audit, bool *halted, struct error *error) {
    for (size_t s = 0; s < audit->logs.n; s++) {
        const struct log_source *source = &audit->logs.sources[s];
        int64_t next = source->committed;
        for (int64_t b = 0; b < audit->fold.buckets; b++)
            next = fold_mark(&audit->fold, b, s)->next > next ? fold_mark(&audit->fold, b, s)->next : next;
        *halted = source->low > 0 && next > 0;
        if (*halted)
            return error_set(error, "the log of %s begins at offset %" PRId64 ": what was before it cannot be held against Redis",
                             source->name, source->low);
    }
    return true;
}

static bool open_redis(struct audit *audit, struct error *error) {
    struct store_meta meta;
    if (!reading_connect(&audit->reading, audit->config, error))
        return false;
    struct store *store = audit->reading.store;
    audit->script = redis_script(store->redis, audit_lua);
    if (!store_meta_read(store, &meta, error))
        return false;
    if (!meta.present)
        return error_set(error, "there is nothing of obek under the prefix '%s' in this Redis", audit->config->redis_prefix);
    if (meta.version > STORE_FORMAT_VERSION)
        return error_set(error, "%s:meta was written by a newer obek (format %" PRId64 ")", audit->config->redis_prefix,
                         meta.version);
    store_adopt(store, &meta);
    return true;
}

/* The group's offsets before the marks: what is committed stands in Redis. The logs' ends after them. */
static bool open_all(struct audit *audit, bool *halted, struct error *error) {
    if (!open_redis(audit, error) || !logs_open(&audit->logs, audit->config, error) ||
        !fold_init(&audit->fold, &audit->logs, audit->reading.store, error))
        return false;
    int64_t buckets = audit->fold.buckets;
    audit->models = xcalloc((size_t)buckets, sizeof *audit->models);
    audit->seen = xcalloc((size_t)buckets * audit->logs.n, sizeof *audit->seen);
    holder_init(&audit->holder, audit->config, &audit->fold, &audit->findings);
    audit->holder.undecided = audit_keep_undecided;
    audit->holder.context = audit;
    return marks_read(audit, error) && logs_look(&audit->logs, error) && begin_at_0(audit, halted, error);
}

static bool run(struct audit *audit, bool *halted, struct error *error) {
    if (!open_all(audit, halted, error) || !fold_read(&audit->fold, "the logs", error))
        return false;
    marks_hold(audit);
    return keys_scan(audit->reading.store, &audit->fold.book, &audit->strangers, &audit->findings, error) &&
           hold_buckets(audit, error) && hold_suspects(audit, error) && settle_undecided(audit, error) &&
           leftovers_hold(audit, error);
}

static void close_all(struct audit *audit) {
    holder_free(&audit->holder);
    fold_free(&audit->fold);
    logs_close(&audit->logs);
    reading_close(&audit->reading);
    strangers_free(&audit->strangers);
    free(audit->audited);
    free(audit->models);
    free(audit->seen);
    free(audit->suspects);
    free(audit->undecided);
    free(audit->leftovers);
    arena_free(&audit->arena);
}

static int audit_all(const struct common_options *common, bool as_json) {
    struct config *config = options_config(common, &usage);
    if (config == NULL)
        return EXIT_USAGE;
    struct audit audit = { .config = config, .findings = { .as_json = as_json } };
    struct error error;
    bool halted = false;
    int status = EXIT_DONE;
    interrupt_catch();
    if (!run(&audit, &halted, &error)) {
        fprintf(stderr, "obek audit: %s\n", error.text);
        status = halted ? EXIT_HALTED : EXIT_FAILED;
    } else {
        if (as_json)
            write_summary(&audit);
        say_summary(&audit);
        status = audit.findings.differences == 0 ? EXIT_DONE : EXIT_FAILED;
    }
    close_all(&audit);
    config_free(config);
    return status;
}

int command_audit(int argc, char **argv) {
    struct common_options common = { 0 };
    bool from_beginning = false, as_json;
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(common),
        OPTION_OVERRIDE(common),
        OPTION_OUTPUT(common),
        { .name = "from-beginning", .help = "reads all of the logs: the only audit there is", .flag = &from_beginning },
    };
    int first, status;
    if (!options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status) ||
        !options_output(&common, &usage, &as_json, &status))
        ;
    else if (first < argc)
        status = options_wrong(&usage, "what is '%s'?", argv[first]);
    else if (!from_beginning)
        status = options_wrong(&usage, "an audit reads all of the logs: say --from-beginning");
    else
        status = audit_all(&common, as_json);
    option_values_free(&common.overrides);
    return status;
}
