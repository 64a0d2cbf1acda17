/* What a request is answered with. */
#ifndef OBEK_ANSWER_H
#define OBEK_ANSWER_H

#include "obek/buffer.h"

#include <jansson.h>

struct listener;
struct reading;
enum stream_state { STREAM_GOES_ON, STREAM_ENDS, STREAM_FAILS };

/* What comes piece by piece: made by the thread of look-ups, one piece each time the client has taken the one before. */
struct stream {
    void *context;
    /* Appends the next piece, possibly empty. Fails: the client finds the answer cut off. */
    enum stream_state (*next)(void *context, struct reading *reading, struct buffer *piece);
    void (*free)(void *context);
};

struct answer {
    unsigned status;
    const char *type;          /* of the content; static */
    struct buffer body;        /* owned; without a stream */
    struct stream stream;      /* next NULL: there is none */
    struct listener *listener; /* owned; NULL: it is no live answer */
};

void answer_free(struct answer *answer);
void answer_text(struct answer *answer, unsigned status, const char *type, const char *text);
/* Gives the JSON away; indented as the tools print it. */
void answer_json(struct answer *answer, json_t *json);
/* Problem details (RFC 9457): about:blank, the status's own title, and what is the matter here. */
void answer_problem(struct answer *answer, unsigned status, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
