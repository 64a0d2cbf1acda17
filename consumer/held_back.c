#include "held_back.h"
#include "advice.h"
#include "obek/instant.h"
#include "obek/log.h"

#define FIELDS_MAX 7

enum held_word held_back_step(struct held_back *held_back, bool held, int64_t now_ms) {
    if (!held) {
        bool said = held_back->said;
        *held_back = (struct held_back){ .since_ms = held_back->since_ms };
        return said ? HELD_OVER : HELD_QUIET;
    }
    if (!held_back->held) {
        *held_back = (struct held_back){ .held = true, .since_ms = now_ms };
        return HELD_QUIET;
    }
    bool due =
        held_back->said ? now_ms - held_back->said_ms >= HELD_BACK_AGAIN_MS : now_ms - held_back->since_ms >= HELD_BACK_AFTER_MS;
    if (!due)
        return HELD_QUIET;
    held_back->said = true;
    held_back->said_ms = now_ms;
    return HELD_WARN;
}

static const char *why(const struct reach_source *source) {
    if (!source->seen)
        return "never_seen";
    if (source->end == OFFSET_NONE)
        return "no_answer";
    return reach_at_end(source) ? "at_its_end" : "backlog";
}

static void say_held(const struct ends_answer *answer, const struct reach_source *source, int64_t for_ms) {
    struct log_field fields[FIELDS_MAX];
    char watermark[32];
    int n = 0;
    fields[n++] = (struct log_field){ "source", LOG_S(source == NULL ? "" : source->name) };
    const char *reason = source == NULL ? "no_partitions" : why(source);
    fields[n++] = (struct log_field){ "why", LOG_S(reason) };
    if (source != NULL && source->seen && source->end != OFFSET_NONE)
        fields[n++] =
            (struct log_field){ "lag_records", LOG_I(source->end > source->position ? source->end - source->position : 0) };
    if (source != NULL && source->seen && source->watermark != TIME_NONE) {
        instant_text(source->watermark, watermark);
        fields[n++] = (struct log_field){ "watermark", LOG_S(watermark) };
    }
    fields[n++] = (struct log_field){ "since_ms", LOG_I(for_ms) };
    if (*answer->error.text != '\0')
        fields[n++] = (struct log_field){ "error", LOG_S(answer->error.text) };
    fields[n++] = (struct log_field){ "do", LOG_S(advice_of_held_back(reason)) };
    log_write(LOG_LEVEL_WARN, "time_held_back", fields, n);
}

void held_back_look(struct held_back *held_back, const struct ends_answer *answer, const struct reached *reached, int64_t due,
                    int64_t now_ms) {
    bool held = !answer->whole || is_held_back(reached, due);
    enum held_word word = held_back_step(held_back, held, now_ms);
    int64_t for_ms = now_ms - held_back->since_ms;
    if (word == HELD_WARN)
        say_held(answer, answer->whole ? reached->slowest : NULL, for_ms);
    else if (word == HELD_OVER)
        log_event(LOG_LEVEL_INFO, "time_goes_on", { "after_ms", LOG_I(for_ms) });
}
