/* Records of the control topic (design, section 8; schemas/control.schema.json): JSON objects with a `type`. */
#ifndef OBEK_CONTROL_RECORD_H
#define OBEK_CONTROL_RECORD_H

#include "obek/buffer.h"
#include "obek/error.h"
#include "obek/slice.h"

#include <stdint.h>

#define CONTROL_RECORD_BYTES_MAX (900 * 1024)

enum control_type { CONTROL_MODEL };

struct control_record {
    enum control_type type;
    /* CONTROL_MODEL: puts a model in force from this record's offset on */
    int64_t time;       /* T, the time reached; TIME_NONE: minus infinity */
    char sha256[65];    /* of the file */
    struct buffer file; /* the model file's bytes; owned */
};

/* Appends the record's value. False: larger than CONTROL_RECORD_BYTES_MAX even when compressed. */
bool control_record_write_model(struct buffer *out, struct slice file, const char *sha256, int64_t time, struct error *error);
/* Reads and checks a record, unpacks its file and holds it against its sha256. Bytes are hostile. */
bool control_record_read(struct control_record *record, struct slice value, struct error *error);
void control_record_free(struct control_record *record);

#endif
