#include "proposal.h"
#include "advice.h"
#include "obek/log.h"
#include "propose.h"

#include <inttypes.h>

#define RETRY_MS 500

static void kafka_is_down(const char *during, const struct error *error) {
    log_event(LOG_LEVEL_WARN, "kafka_down", { "while", LOG_S(during) }, { "error", LOG_S(error->text) });
}

static void say_proposed(const struct model *model, int64_t number) {
    log_event(LOG_LEVEL_INFO, "model_proposed", { "number", LOG_I(number) }, { "name", LOG_S(model->name) },
              { "version", LOG_S(model->version) }, { "sha256", LOG_S(model->sha256) });
}

static bool was_in_force(struct pipeline *pipeline, const char *sha256, bool *was) {
    struct proposals proposals;
    struct error error;
    while (!propose_look(pipeline->look, pipeline->config, 0, sha256, &proposals, &error)) {
        kafka_is_down("reading the control topic", &error);
        if (!pipeline_wait(pipeline, RETRY_MS))
            return false;
    }
    *was = proposals.any;
    return true;
}

static void say_waiting(const struct error *error) {
    log_event(LOG_LEVEL_WARN, "waiting", { "for", LOG_S("the time reached, to propose a model") },
              { "error", LOG_S(error->text) });
}

static bool time_of(struct pipeline *pipeline, int64_t *time) {
    struct error error;
    while (!propose_time(pipeline->look, pipeline->store, pipeline->config, time, &error)) {
        say_waiting(&error);
        if (!pipeline_wait(pipeline, RETRY_MS))
            return false;
    }
    return true;
}

static bool propose(struct pipeline *pipeline, const struct candidate *candidate) {
    struct error error = { "" };
    bool was = false;
    if (!was_in_force(pipeline, candidate->model->sha256, &was))
        return false;
    if (was)
        return true;
    struct buffer record = { 0 };
    int64_t number = -1, time;
    if (!time_of(pipeline, &time))
        return false;
    bool ok = propose_record(&record, candidate, time, &error);
    if (!ok)
        halt_raise(&pipeline->halt, EXIT_USAGE, "model", "%s: %s", pipeline->config->model_file, error.text);
    while (ok && !propose_send(pipeline->config, buffer_slice(&record), &number, &error)) {
        kafka_is_down("proposing the model", &error);
        ok = pipeline_wait(pipeline, RETRY_MS);
    }
    if (ok)
        say_proposed(candidate->model, number);
    buffer_free(&record);
    return ok;
}

static bool load(struct pipeline *pipeline, struct candidate *candidate) {
    struct error error = { "" };
    return candidate_load(candidate, pipeline->config->model_file, pipeline->config, &error) ||
           halt_raise(&pipeline->halt, EXIT_USAGE, "model", "%s", error.text);
}

bool proposal_check(struct pipeline *pipeline) {
    struct candidate candidate;
    bool ok = load(pipeline, &candidate);
    if (ok)
        candidate_free(&candidate);
    return ok;
}

bool proposal_make(struct pipeline *pipeline) {
    struct candidate candidate;
    if (!load(pipeline, &candidate))
        return false;
    bool ok = propose(pipeline, &candidate);
    candidate_free(&candidate);
    return ok;
}

/* False: Kafka did not take it; worth another try. */
static bool propose_again(struct pipeline *pipeline, const struct candidate *candidate) {
    struct error error = { "" };
    struct buffer record = { 0 };
    int64_t number = -1, time;
    bool taken = propose_time(pipeline->look, pipeline->store, pipeline->config, &time, &error);
    if (!taken)
        say_waiting(&error);
    else if (!propose_record(&record, candidate, time, &error))
        log_event(LOG_LEVEL_ERROR, "model_refused", { "file", LOG_S(pipeline->config->model_file) },
                  { "error", LOG_S(error.text) }, { "do", LOG_S(ADVICE_MODEL) });
    else if ((taken = propose_send(pipeline->config, buffer_slice(&record), &number, &error)))
        say_proposed(candidate->model, number);
    else
        kafka_is_down("proposing the model", &error);
    buffer_free(&record);
    return taken;
}

void proposal_reload(struct pipeline *pipeline) {
    if (pipeline->reload == NULL || *pipeline->reload == 0)
        return;
    *pipeline->reload = 0; /* before the file is read: a signal that comes now is about what it will be */
    struct candidate candidate;
    struct error error = { "" };
    if (!candidate_load(&candidate, pipeline->config->model_file, pipeline->config, &error)) {
        log_event(LOG_LEVEL_ERROR, "model_refused", { "file", LOG_S(pipeline->config->model_file) },
                  { "error", LOG_S(error.text) }, { "do", LOG_S(ADVICE_MODEL) });
        return;
    }
    if (!propose_again(pipeline, &candidate))
        *pipeline->reload = 1;
    candidate_free(&candidate);
}
