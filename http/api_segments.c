/* /api/v1/segments: what `obek segments` tells. */
#include "../lookup/member_json.h"
#include "../lookup/sizes.h"
#include "routes.h"

#include <microhttpd.h>
#include <stdlib.h>

void answer_segments(struct answer *answer, const struct question *question) {
    struct error error;
    struct sizes sizes;
    json_t *json = NULL;
    if (sizes_read(&sizes, question->reading, &error) && (json = sizes_json(question->reading, &sizes, &error)) != NULL)
        answer_json(answer, json);
    else
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", error.text);
    sizes_free(&sizes);
}

/* A segment's members on their way, one JSON object a line. */
struct members {
    struct name scheme, segment;
    int64_t left; /* of the limit; -1: there is none */
    struct reading_cursor cursor;
    /* while a piece is made: */
    const struct reading *reading;
    struct buffer *piece;
};

static int append(const char *text, size_t len, void *buffer) {
    buffer_append(buffer, text, len);
    return 0;
}

static bool add_member(void *context, struct slice id, const struct customer *customer) {
    struct members *members = context;
    const struct scheme_state *state = member_state(customer, &members->scheme, &members->segment);
    if (state == NULL)
        return true;
    json_t *json = member_json(members->reading, id, customer, state);
    json_dump_callback(json, append, members->piece, JSON_COMPACT);
    json_decref(json);
    buffer_append(members->piece, "\n", 1);
    if (members->left > 0)
        members->left--;
    return members->left != 0;
}

static enum stream_state next_piece(void *context, struct reading *reading, struct buffer *piece) {
    struct members *members = context;
    struct reading_walk walk = { .context = members, .visit = add_member, .silent = true };
    struct error error;
    bool more;
    members->reading = reading;
    members->piece = piece;
    if (members->left == 0)
        return STREAM_ENDS;
    if (!reading_some(reading, &members->cursor, &walk, &more, &error))
        return STREAM_FAILS;
    return more && members->left != 0 ? STREAM_GOES_ON : STREAM_ENDS;
}

static void free_members(void *context) {
    struct members *members = context;
    reading_cursor_free(&members->cursor);
    free(members);
}

/* 0 to 2^53; without a limit -1. */
static bool read_limit(const struct question *question, int64_t *limit) {
    const struct slice *text = target_parameter(question->target, "limit");
    *limit = -1;
    if (text == NULL)
        return true;
    if (text->len == 0 || text->len > 15 || strspn(text->data, "0123456789") != text->len)
        return false;
    *limit = strtoll(text->data, NULL, 10);
    return true;
}

static bool is_known(const struct sizes *sizes, const struct name *scheme, const struct name *segment) {
    for (size_t i = 0; i < sizes->n; i++)
        if (name_equal(&sizes->rows[i].scheme, scheme) && name_equal(&sizes->rows[i].segment, segment))
            return true;
    return false;
}

static void begin(struct answer *answer, const struct name *scheme, const struct name *segment, int64_t limit) {
    struct members *members = xcalloc(1, sizeof *members);
    members->scheme = *scheme;
    members->segment = *segment;
    members->left = limit;
    answer->status = MHD_HTTP_OK;
    answer->type = "application/x-ndjson";
    answer->stream = (struct stream){ .context = members, .next = next_piece, .free = free_members };
}

void answer_members(struct answer *answer, const struct question *question) {
    struct error error;
    struct sizes sizes = { 0 };
    struct name scheme, segment;
    int64_t limit;
    if (!read_limit(question, &limit))
        answer_problem(answer, MHD_HTTP_BAD_REQUEST, "limit is not a whole number");
    else if (!sizes_read(&sizes, question->reading, &error))
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", error.text);
    else if (!name_set(&scheme, question->given[0]) || !name_set(&segment, question->given[1]) ||
             !is_known(&sizes, &scheme, &segment))
        answer_problem(answer, MHD_HTTP_NOT_FOUND, "there is no such segment; /api/v1/segments has them all");
    else
        begin(answer, &scheme, &segment, limit);
    sizes_free(&sizes);
}
