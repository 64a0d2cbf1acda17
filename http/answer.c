#include "answer.h"
#include "listeners.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>

void answer_free(struct answer *answer) {
    buffer_free(&answer->body);
    if (answer->stream.free != NULL)
        answer->stream.free(answer->stream.context);
    answer->stream = (struct stream){ 0 };
    listener_free(answer->listener);
    answer->listener = NULL;
}

static void begin(struct answer *answer, unsigned status, const char *type) {
    buffer_clear(&answer->body);
    answer->status = status;
    answer->type = type;
}

void answer_text(struct answer *answer, unsigned status, const char *type, const char *text) {
    begin(answer, status, type);
    buffer_append_text(&answer->body, text);
}

static int append(const char *text, size_t len, void *buffer) {
    buffer_append(buffer, text, len);
    return 0;
}

void answer_json(struct answer *answer, json_t *json) {
    begin(answer, MHD_HTTP_OK, "application/json");
    json_dump_callback(json, append, &answer->body, JSON_INDENT(2));
    json_decref(json);
    buffer_append_text(&answer->body, "\n");
}

void answer_problem(struct answer *answer, unsigned status, const char *format, ...) {
    char detail[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    begin(answer, status, "application/problem+json");
    json_t *text = json_string(detail); /* NULL: what was quoted is cut within a character */
    json_t *problem = json_pack("{s:s, s:s, s:i, s:o*}", "type", "about:blank", "title", MHD_get_reason_phrase_for(status),
                                "status", (int)status, "detail", text);
    json_dump_callback(problem, append, &answer->body, JSON_COMPACT);
    json_decref(problem);
}
