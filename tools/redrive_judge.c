#include "redrive_judge.h"

bool judge_init(struct judge *judge, const struct config *config, struct error *error) {
    *judge = (struct judge){ .config = config, .filter = REDRIVE_FILTER_ALL };
    judge->schemas = schemas_new(config, error);
    if (judge->schemas == NULL)
        return false;
    struct schema_source source = schemas_source(judge->schemas);
    judge->decoder = decoder_new(config->currencies, config->channels_offline, config->n_channels_offline, &source);
    return true;
}

void judge_free(struct judge *judge) {
    decoder_free(judge->decoder);
    schemas_free(judge->schemas);
}

static const struct feed *feed_of(const struct config *config, const char *topic) {
    for (size_t i = 0; i < config->n_feeds; i++)
        if (strcmp(config->feeds[i]->topic, topic) == 0)
            return config->feeds[i];
    return NULL;
}

void judge_spare(struct verdict *verdict) {
    verdict->fate = FATE_SKIPPED;
    verdict->why = NULL;
}

static void try_to_decode(struct judge *judge, const struct feed *feed, int64_t wall_now, struct verdict *verdict) {
    struct order order;
    struct decode_failure failure;
    enum decode_status status = decode_order(judge->decoder, feed, &verdict->record, wall_now, &order, &failure);
    verdict->fate = status == DECODE_OK ? FATE_GOES : status == DECODE_BAD ? FATE_STAYS : FATE_UNKNOWN;
    if (status != DECODE_OK)
        verdict->error = failure.error;
    if (status == DECODE_BAD)
        verdict->why = failure.reason;
    bool known = status == DECODE_OK || status == DECODE_BAD; /* whose it is, as far as that can be known at all */
    if (known && !redrive_filter_takes_order(&judge->filter, verdict->record.key, status == DECODE_OK ? &order : NULL))
        judge_spare(verdict);
    decoder_reset(judge->decoder);
}

struct verdict judge_dead_letter(struct judge *judge, const struct dead_letter *dead, int64_t wall_now) {
    struct verdict verdict = { .fate = FATE_SKIPPED, .record = dead->record };
    if (!redrive_filter_takes(&judge->filter, dead))
        return verdict;
    if (judge->files != NULL) {
        verdict.file = dead_files_find(judge->files, &dead->origin);
        if (verdict.file == NULL || verdict.file->taken)
            return verdict;
        verdict.record = verdict.file->record;
    }
    const struct feed *feed = dead->origin.topic == NULL ? NULL : feed_of(judge->config, dead->origin.topic);
    if (feed != NULL) {
        try_to_decode(judge, feed, wall_now, &verdict);
        return verdict;
    }
    if (!redrive_filter_takes_order(&judge->filter, dead->record.key, NULL))
        return verdict;
    verdict.fate = FATE_STAYS;
    verdict.why = dead->origin.topic == NULL ? "no_origin" : "no_feed";
    if (dead->origin.topic == NULL)
        error_set(&verdict.error, "its headers do not say where it comes from");
    else
        error_set(&verdict.error, "no feed of this configuration reads %s", dead->origin.topic);
    return verdict;
}
