/* What watchers ask: is it alive, is it ready, what does it count? Answered from memory. */
#include "../consumer/health.h"
#include "metrics_text.h"
#include "routes.h"

#define JSON_TYPE "application/json"

void answer_live(struct answer *answer, const struct question *question) {
    (void)question;
    answer_text(answer, 200, JSON_TYPE, "{\"live\":true}\n");
}

void answer_ready(struct answer *answer, const struct question *question) {
    (void)question;
    const char *first = NULL;
    struct buffer others = { 0 };
    for (int i = 0; i < HEALTH_REASONS; i++) {
        if (!health_holds((enum health_reason)i))
            continue;
        const char *text = health_text((enum health_reason)i);
        buffer_printf(&others, "%s\"%s\"", first == NULL ? "" : ",", text);
        first = first == NULL ? text : first;
    }
    answer_text(answer, first == NULL ? 200 : 503, JSON_TYPE, "");
    if (first == NULL)
        buffer_append_text(&answer->body, "{\"ready\":true}\n");
    else
        buffer_printf(&answer->body, "{\"ready\":false,\"reason\":\"%s\",\"reasons\":[%.*s]}\n", first, (int)others.len,
                      others.data);
    buffer_free(&others);
}

void answer_metrics(struct answer *answer, const struct question *question) {
    (void)question;
    answer_text(answer, 200, "text/plain; version=0.0.4; charset=utf-8", "");
    metrics_text(&answer->body);
}
