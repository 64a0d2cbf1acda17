#include "sending.h"
#include "listeners.h"

#include <stdlib.h>

#define BLOCK_BYTES (16 * 1024)

/* What is being sent piece by piece; the response's. While a piece is made the connection is suspended, so this outlives it. */
struct sending {
    struct stream stream;
    enum stream_state state;
    struct buffer piece;
    size_t sent; /* of the piece */
    struct lookups *lookups;
    struct lookup lookup;
};

static void make_piece(void *context, struct reading *reading, const struct error *why) {
    (void)why;
    struct sending *sending = context;
    buffer_clear(&sending->piece);
    sending->sent = 0;
    sending->state = reading == NULL ? STREAM_FAILS : sending->stream.next(sending->stream.context, reading, &sending->piece);
}

static ssize_t read_piece(void *context, uint64_t position, char *out, size_t max) {
    (void)position;
    struct sending *sending = context;
    size_t left = sending->piece.len - sending->sent;
    if (left > 0 && sending->state != STREAM_FAILS) {
        size_t n = left < max ? left : max;
        memcpy(out, sending->piece.data + sending->sent, n);
        sending->sent += n;
        return (ssize_t)n;
    }
    if (sending->state == STREAM_ENDS)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (sending->state == STREAM_FAILS || !lookups_ask(sending->lookups, &sending->lookup))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    return 0; /* suspended */
}

static void free_sending(void *context) {
    struct sending *sending = context;
    sending->stream.free(sending->stream.context);
    buffer_free(&sending->piece);
    free(sending);
}

static struct MHD_Response *stream_response(struct answer *answer, struct MHD_Connection *connection, struct lookups *lookups) {
    struct sending *sending = xcalloc(1, sizeof *sending);
    sending->stream = answer->stream;
    sending->lookups = lookups;
    sending->lookup = (struct lookup){ .connection = connection, .context = sending, .work = make_piece };
    answer->stream = (struct stream){ 0 };
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_piece, sending, free_sending);
    if (response == NULL)
        free_sending(sending);
    return response;
}

static struct MHD_Response *live_response(struct answer *answer, struct MHD_Connection *connection) {
    struct listener *listener = answer->listener;
    answer->listener = NULL;
    listener_begin(listener, connection);
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, listener_read, listener, listener_free);
    if (response == NULL)
        listener_free(listener);
    return response;
}

struct MHD_Response *response_of(struct answer *answer, struct MHD_Connection *connection, struct lookups *lookups) {
    if (answer->listener != NULL)
        return live_response(answer, connection);
    if (answer->stream.next != NULL)
        return stream_response(answer, connection, lookups);
    if (answer->body.len == 0)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *response = MHD_create_response_from_buffer(answer->body.len, answer->body.data, MHD_RESPMEM_MUST_FREE);
    if (response != NULL)
        answer->body = (struct buffer){ 0 };
    return response;
}
