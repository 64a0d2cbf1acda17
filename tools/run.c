/* `obek run`: options, signals, and the exit status that an operator reads (contract: "Commands"). */
#include "../consumer/advice.h"
#include "../consumer/event_campaigns.h"
#include "../consumer/health.h"
#include "../consumer/pipeline.h"
#include "../http/server.h"
#include "obek/command.h"
#include "obek/log.h"
#include "obek/model_file.h"
#include "obek/options.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t stop, reload;

static void on_signal(int number) {
    (void)number;
    stop = 1;
    health_set(HEALTH_DRAINING, true);
}

static void on_hangup(int number) {
    (void)number;
    reload = 1;
}

static void catch_signals(void) {
    struct sigaction action = { .sa_handler = on_signal };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    struct sigaction hangup = { .sa_handler = on_hangup, .sa_flags = SA_RESTART };
    sigaction(SIGHUP, &hangup, NULL);
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGPIPE, &ignore, NULL);
}

static const struct command_usage usage = {
    .name = "run",
    .about = "Reads the order topics, keeps the state of every customer in Redis and publishes segment\n"
             "changes, exactly once. SIGTERM finishes the batch, commits and ends. SIGHUP reads model.file again\n"
             "and puts it in force, also when it was in force before.",
    .examples = "obek run -c obek.properties\n"
                "obek run -c obek.properties -X log.level=debug --exit-at-end\n"
                "obek run -c obek.properties --print-config",
    .exits = "1  a failure (the message says which)\n"
             "3  halted: an operator must decide; see docs/operations.md",
};

/* What a run would refuse before it touches anything. */
static enum exit_status check_config(const struct config *config) {
    struct error error = { "" };
    struct store *store = store_new(config, &error);
    struct schemas *schemas = store == NULL ? NULL : schemas_new(config, &error);
    struct event_campaigns *campaigns = schemas == NULL ? NULL : event_campaigns_new(config->campaign_catalogue, &error);
    struct model *model = campaigns == NULL ? NULL : model_load(config->model_file, &error);
    bool ok = model != NULL;
    if (ok && strcmp(model->currency, config->currency_base) != 0)
        ok = error_set(&error, "%s: its currency is %s, and currency.base is %s", config->model_file, model->currency,
                       config->currency_base);
    fprintf(stderr, "obek run: %s\n", ok ? "the configuration and the model file are in order" : error.text);
    model_free(model);
    event_campaigns_free(campaigns);
    schemas_free(schemas);
    store_free(store);
    return ok ? EXIT_DONE : EXIT_USAGE;
}

/* Before anything else: watchers see the start, too. False: failed, and said. */
static bool start_server(const struct config *config, struct server **server) {
    struct error error = { "" };
    if (config->http_listen[0] == '\0')
        return true;
    *server = server_start(config, &error);
    if (*server == NULL)
        log_event(LOG_LEVEL_ERROR, "failed", { "reason", LOG_S("http") }, { "error", LOG_S(error.text) },
                  { "exit", LOG_I(EXIT_FAILED) }, { "do", LOG_S(advice_of_end("http")) });
    return *server != NULL;
}

static enum exit_status run(const struct config *config, const struct pipeline_options *options) {
    static struct pipeline pipeline; /* large */
    catch_signals();
    log_configure(config->log_level, config->log_json);
    log_event(LOG_LEVEL_INFO, "start", { "group", LOG_S(config->group_id) }, { "instance", LOG_S(config->instance_id) },
              { "pid", LOG_I(getpid()) });
    enum exit_status status = EXIT_DONE;
    struct server *server = NULL;
    if (!start_server(config, &server))
        return EXIT_FAILED;
    if (pipeline_open(&pipeline, config, options, &stop))
        status = pipeline_run(&pipeline);
    if (pipeline.halt.raised) {
        status = pipeline.halt.status;
        log_event(LOG_LEVEL_ERROR, status == EXIT_HALTED ? "halted" : "failed", { "reason", LOG_S(pipeline.halt.reason) },
                  { "error", LOG_S(pipeline.halt.error.text) }, { "exit", LOG_I(status) },
                  { "do", LOG_S(advice_of_end(pipeline.halt.reason)) });
    }
    health_set(HEALTH_DRAINING, true);
    pipeline_close(&pipeline);
    if (server != NULL)
        server_stop(server);
    log_event(LOG_LEVEL_INFO, "stopped", { "exit", LOG_I(status) });
    return status;
}

int command_run(int argc, char **argv) {
    struct common_options common = { 0 };
    struct pipeline_options how = { .reload = &reload };
    bool check = false, print = false;
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(common),
        OPTION_OVERRIDE(common),
        { .name = "check-config", .help = "say whether configuration and model file are in order, and leave", .flag = &check },
        { .name = "print-config", .help = "print every option with its value, secrets masked, and leave", .flag = &print },
        { .name = "exit-at-end", .help = "process what the topics hold now, commit, and leave", .flag = &how.exit_at_end },
        { .name = "rebuild", .help = "after a halt: make the state anew from logs that begin at 0", .flag = &how.rebuild },
        { .name = "from-marks", .help = "after a halt: go on from the marks in Redis, at least once", .flag = &how.from_marks },
    };
    int first, status = EXIT_DONE;
    if (!options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status)) {
        option_values_free(&common.overrides);
        return status;
    }
    if (first != argc) {
        option_values_free(&common.overrides);
        return options_wrong(&usage, "unexpected argument '%s'", argv[first]);
    }
    struct config *config = options_config(&common, &usage);
    option_values_free(&common.overrides);
    if (config == NULL)
        return EXIT_USAGE;
    if (print)
        config_print(config, stdout);
    if (check)
        status = (int)check_config(config);
    else
        status = print ? EXIT_DONE : (int)run(config, &how);
    config_free(config);
    return status;
}
