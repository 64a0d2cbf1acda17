/* /api/v1/flows and /api/v1/events: what the campaign topic tells, all instances' changes alike. Answered from memory. */
#include "../consumer/config_parts.h"
#include "listeners.h"
#include "routes.h"

#include <microhttpd.h>

#define WINDOW_DEFAULT_MINUTES 60

/* Begun minutes count. False: it is none, or too long. */
static bool read_window(const struct question *question, int *minutes) {
    const struct slice *text = target_parameter(question->target, "window");
    struct error error;
    int64_t ms;
    *minutes = WINDOW_DEFAULT_MINUTES;
    if (text == NULL)
        return true;
    if (!duration_parse(&ms, text->data, &error) || ms <= 0 || ms > (int64_t)WINDOW_MINUTES * MINUTE_MS)
        return false;
    *minutes = (int)((ms + MINUTE_MS - 1) / MINUTE_MS);
    return true;
}

/* False: answered with what is the matter. */
static bool begin(struct answer *answer, const struct question *question) {
    if (changes_begin(question->changes))
        return true;
    answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "there is no thread to be had to read the campaign topic");
    return false;
}

void answer_flows(struct answer *answer, const struct question *question) {
    int minutes;
    if (!read_window(question, &minutes))
        answer_problem(answer, MHD_HTTP_BAD_REQUEST, "window is no duration up to 24h, such as 15m");
    else if (begin(answer, question))
        answer_json(answer, changes_flows(question->changes, minutes));
}

void answer_events(struct answer *answer, const struct question *question) {
    if (!begin(answer, question))
        return;
    answer->listener = listener_new(question->changes, question->last_event_id);
    if (answer->listener == NULL) {
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "%d are listening already", LISTENERS_MAX);
        return;
    }
    answer->status = MHD_HTTP_OK;
    answer->type = "text/event-stream";
}
