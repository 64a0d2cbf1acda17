/* obek redrive: tries the dead letters with today's configuration (docs/operations.md).

   Two passes. The first reads from what the group <group>-redrive has committed to the present end, judges and counts; a dry run
   and a dump end there. The second reads again, up to the last one that goes: those that go are sent to their topic, those before
   it that stay are put to the end of the dead-letter topic byte for byte, and the offsets are committed past both, all in one
   transaction a batch. So nothing is lost, and what stays is found again by the next redrive. */
#include "obek/buffer.h"
#include "obek/command.h"
#include "obek/instant.h"
#include "obek/options.h"
#include "obek/printing.h"
#include "redrive_report.h"
#include "redrive_send.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

static const struct command_usage usage = {
    .name = "redrive",
    .about = "Tries the dead letters again with today's configuration: those that decode go back to the topic and\n"
             "partition they came from, with key, own headers and timestamp; the rest stay dead letters. Offsets are\n"
             "kept for the group <group.id>-redrive, in the same transactions, so each goes back once. (Mind the retention\n"
             "of the order topic: it goes by the record's own, perhaps old timestamp.) A dead letter that decoded already\n"
             "and was refused for what obek knows of the customer (\"order not in the ledger\") goes back too: choose by\n"
             "--reason, which is what the header __connect.errors.class.name says, e.g. unknown_schema. Of several filters\n"
             "all must hold; what they leave out stays a dead letter.\n"
             "\n"
             "To repair by hand: --dump writes each as <topic>-<partition>-<offset>.json, .value and .key into DIR and\n"
             "leaves them where they are; change .value, .key or the headers in .json; --load sends each file in place of\n"
             "its dead letter, if it decodes now, and then moves the file to DIR/sent.",
    .examples = "obek redrive -c obek.properties --dry-run\n"
                "obek redrive -c obek.properties --reason unknown_schema\n"
                "obek redrive -c obek.properties --feed web --since 2024-05-01 --limit 10\n"
                "obek redrive -c obek.properties --reason bad_amount --dump letters\n"
                "obek redrive -c obek.properties --load letters",
    .exits = "1  Kafka, the registry or a file failed (what was done before is done, run it again), or a file of --load\n"
             "   could not be sent",
};

struct request {
    struct common_options common;
    const char *reason, *feed, *customer, *order, *since, *until, *limit, *dump, *load;
    int64_t goes_max;
    bool dry_run, as_json;
};

static int64_t wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Lists what goes back, and from where on nothing does: that part of a partition is left alone. */
struct first_pass {
    const struct request *request;
    struct judge *judge;
    struct report report;
    int64_t *last; /* by partition: the last one that goes; -1: none */
    int64_t *goes; /* by partition */
    int64_t written, there;
};

static bool dump(struct first_pass *pass, const struct dead_letter *dead, enum fate fate, struct error *error) {
    if (pass->request->dump == NULL || fate == FATE_SKIPPED || dead->origin.topic == NULL)
        return true;
    bool written;
    if (!dead_file_write(pass->request->dump, dead, &written, error))
        return false;
    *(written ? &pass->written : &pass->there) += 1;
    return true;
}

static bool look_at(struct first_pass *pass, const rd_kafka_message_t *message, struct error *error) {
    struct arena arena = { 0 };
    struct dead_letter dead;
    dead_letter_read(&dead, message, &arena);
    struct verdict verdict = judge_dead_letter(pass->judge, &dead, wall_ms());
    bool ok = verdict.fate != FATE_UNKNOWN;
    if (ok) {
        if (verdict.fate == FATE_GOES && pass->report.goes == pass->request->goes_max)
            judge_spare(&verdict);
        report_add(&pass->report, &dead, &verdict);
        if (verdict.fate == FATE_GOES) {
            pass->last[message->partition] = message->offset;
            pass->goes[message->partition]++;
        }
        ok = dump(pass, &dead, verdict.fate, error);
    } else
        *error = verdict.error;
    arena_free(&arena);
    return ok;
}

static bool look_at_all(struct first_pass *pass, struct dead_topic *topic, struct error *error) {
    if (topic->n == 0)
        return true;
    if (!dead_topic_begin(topic, error))
        return false;
    for (;;) {
        rd_kafka_message_t *message = NULL;
        enum look_result result = dead_topic_next(topic, &message, error);
        if (result != LOOK_RECORD)
            return result == LOOK_END;
        bool ok = look_at(pass, message, error);
        rd_kafka_message_destroy(message);
        if (!ok)
            return false;
    }
}

/* Files whose dead letter is not there, or which do not decode. */
static int64_t tell_unsent(const struct dead_files *files) {
    int64_t unsent = 0;
    for (size_t i = 0; i < files->n; i++)
        if (!files->items[i].taken) {
            fprintf(stderr,
                    "obek redrive: %s/%s was not sent: it does not decode, or its dead letter is gone (sent before, or "
                    "deleted by the topic's retention)\n",
                    files->folder, files->items[i].name);
            unsent++;
        }
    return unsent;
}

static bool second_pass(const struct config *config, struct first_pass *pass, struct dead_topic *topic, struct error *error) {
    struct redrive_sent sent = { 0 };
    for (int i = 0; i < topic->n; i++)
        topic->partitions[i].end = pass->last[i] + 1;
    bool ok = pass->report.goes == 0 || redrive_send(config, topic, pass->judge, pass->goes, &sent, error);
    if (sent.went > 0 || sent.moved > 0)
        fprintf(stderr, "obek redrive: %" PRId64 " went back, %" PRId64 " were put to the end of %s\n", sent.went, sent.moved,
                topic->name);
    return ok;
}

static bool do_it(const struct config *config, const struct request *request, struct judge *judge, int *status,
                  struct error *error) {
    struct first_pass pass = { .request = request, .judge = judge };
    struct dead_topic topic;
    bool sends = !request->dry_run && request->dump == NULL;
    if (!dead_topic_open(&topic, config, sends, error))
        return false;
    pass.last = xcalloc((size_t)topic.n + 1, sizeof *pass.last);
    pass.goes = xcalloc((size_t)topic.n + 1, sizeof *pass.goes);
    for (int i = 0; i < topic.n; i++)
        pass.last[i] = -1;
    bool ok = look_at_all(&pass, &topic, error);
    if (ok)
        report_print(&pass.report, request->as_json);
    if (request->dump != NULL)
        fprintf(stderr, "obek redrive: %" PRId64 " written to %s, %" PRId64 " were there already\n", pass.written, request->dump,
                pass.there);
    if (ok && sends)
        ok = second_pass(config, &pass, &topic, error);
    if (ok && sends && judge->files != NULL && tell_unsent(judge->files) > 0)
        *status = EXIT_FAILED;
    report_free(&pass.report);
    free(pass.last);
    free(pass.goes);
    dead_topic_close(&topic);
    return ok;
}

/* Its own group, and so its own transactional.id: beside obek run, never against it. */
static void become_redrive(struct config *config) {
    struct buffer id = { 0 };
    buffer_printf(&id, "%s-redrive", config->group_id);
    free(config->group_id);
    config->group_id = xstrndup(id.data, id.len);
    buffer_free(&id);
}

static bool instant_of(const char *name, const char *text, int64_t *ms, struct error *error) {
    return text == NULL || instant_parse(ms, slice_of(text), error) || error_context(error, "--%s", name);
}

static bool limit_of(struct request *request, struct error *error) {
    char *end = NULL;
    errno = 0;
    request->goes_max = request->limit == NULL ? INT64_MAX : strtoll(request->limit, &end, 10);
    bool good = request->limit == NULL || (errno == 0 && end != request->limit && *end == '\0' && request->goes_max >= 1);
    return good || error_set(error, "--limit %s: not a number from 1", request->limit);
}

static bool filter_of(struct request *request, const struct config *config, struct redrive_filter *filter, struct error *error) {
    *filter = REDRIVE_FILTER_ALL;
    filter->reason = request->reason;
    filter->customer = request->customer;
    filter->order = request->order;
    for (size_t i = 0; request->feed != NULL && i < config->n_feeds; i++)
        if (strcmp(config->feeds[i]->name, request->feed) == 0)
            filter->topic = config->feeds[i]->topic;
    if (request->feed != NULL && filter->topic == NULL)
        return error_set(error, "--feed %s: there is no such feed in the configuration", request->feed);
    return instant_of("since", request->since, &filter->since, error) &&
           instant_of("until", request->until, &filter->until, error) && limit_of(request, error);
}

static int redrive(struct request *request) {
    struct config *config = options_config(&request->common, &usage);
    if (config == NULL)
        return EXIT_USAGE;
    struct error error;
    struct redrive_filter filter;
    if (!filter_of(request, config, &filter, &error)) {
        config_free(config);
        return options_wrong(&usage, "%s", error.text);
    }
    become_redrive(config);
    struct judge judge = { 0 };
    struct dead_files files = { 0 };
    int status = EXIT_DONE;
    bool ok = judge_init(&judge, config, &error);
    judge.filter = filter;
    if (ok && request->load != NULL) {
        ok = dead_files_load(&files, request->load, &error);
        judge.files = &files;
    }
    if (ok && request->dump != NULL)
        ok = dead_files_folder(request->dump, &error);
    if (!ok || !do_it(config, request, &judge, &status, &error)) {
        fprintf(stderr, "obek redrive: %s\n", error.text);
        status = EXIT_FAILED;
    }
    judge_free(&judge);
    dead_files_free(&files);
    config_free(config);
    return status;
}

int command_redrive(int argc, char **argv) {
    struct request request = { 0 };
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(request.common),
        OPTION_OVERRIDE(request.common),
        OPTION_OUTPUT(request.common),
        { .name = "reason", .argument = "REASON", .help = "only those that died of it", .text = &request.reason },
        { .name = "feed", .argument = "NAME", .help = "only those of its topic", .text = &request.feed },
        { .name = "since", .argument = "TIME", .help = "only records of that Kafka timestamp or later", .text = &request.since },
        { .name = "until", .argument = "TIME", .help = "only records before that Kafka timestamp", .text = &request.until },
        { .name = "customer",
          .argument = "ID",
          .help = "only theirs; of what does not decode, by its key",
          .text = &request.customer },
        { .name = "order", .argument = "ID", .help = "only what is about that order", .text = &request.order },
        { .name = "limit", .argument = "N", .help = "at most so many go back", .text = &request.limit },
        { .name = "dry-run", .help = "says what would become of each; sends nothing", .flag = &request.dry_run },
        { .name = "dump", .argument = "DIR", .help = "writes them as files; sends nothing", .text = &request.dump },
        { .name = "load", .argument = "DIR", .help = "sends the repaired files of DIR", .text = &request.load },
    };
    int first, status;
    if (!options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status) ||
        !options_output(&request.common, &usage, &request.as_json, &status))
        ;
    else if (first < argc)
        status = options_wrong(&usage, "what is '%s'?", argv[first]);
    else if (request.dump != NULL && request.load != NULL)
        status = options_wrong(&usage, "--dump or --load, not both");
    else if (request.dump != NULL && request.limit != NULL)
        status = options_wrong(&usage, "--limit is about what goes back, and with --dump nothing does");
    else
        status = redrive(&request);
    option_values_free(&request.common.overrides);
    return status;
}
