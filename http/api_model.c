/* /api/v1/model: the model in force, with its file. */
#include "../lookup/reading.h"
#include "routes.h"

#include <inttypes.h>
#include <microhttpd.h>

static void tell(struct answer *answer, const struct reading *reading, struct slice file) {
    struct buffer *body = &answer->body;
    char from[32];
    answer_text(answer, MHD_HTTP_OK, "application/json", "");
    buffer_printf(body, "{\"number\":%" PRId64 ",\"in_force_from\":", reading->model_number);
    if (reading->model->in_force_from == TIME_NONE)
        buffer_append_text(body, "null");
    else
        buffer_printf(body, "\"%s\"", reading_instant(reading->model->in_force_from, from));
    buffer_printf(body, ",\"sha256\":\"%s\",\"model\":", reading->model_sha256);
    buffer_append_slice(body, file);
    buffer_append_text(body, "}\n");
}

void answer_model(struct answer *answer, const struct question *question) {
    struct reading *reading = question->reading;
    struct error error;
    struct buffer file = { 0 };
    bool found = false;
    if (reading->model == NULL)
        answer_problem(answer, MHD_HTTP_NOT_FOUND, "no model is in force, or its file is not in Redis");
    else if (!store_model_read(reading->store, reading->model_sha256, &file, &found, &error))
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", error.text);
    else if (!found)
        answer_problem(answer, MHD_HTTP_NOT_FOUND, "the file of the model in force is not in Redis");
    else
        tell(answer, reading, buffer_slice(&file));
    buffer_free(&file);
}
