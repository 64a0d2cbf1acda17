/* What proposing a model takes (design, section 8): the file, what the control topic already says, and the record. Used by
   obek run (proposal.c) and by `obek model put`. */
#ifndef OBEK_PROPOSE_H
#define OBEK_PROPOSE_H

#include "kafka_look.h"
#include "obek/model.h"
#include "store.h"

/* A model file that may be proposed, and its bytes. */
struct candidate {
    struct model *model;
    struct buffer file;
};
/* Reads and checks it: schema, probes, currency.base. False with the error: not fit to be proposed. */
bool candidate_load(struct candidate *candidate, const char *path, const struct config *config, struct error *error);
void candidate_free(struct candidate *candidate);

/* What the control topic says of a content, from an offset (lower than what it has: from its beginning) to its present end. */
struct proposals {
    bool any;     /* one of the model records has it */
    bool is_last; /* the last of the model records has it */
    bool none;    /* there is no model record at all */
};
bool propose_look(struct kafka_look *look, const struct config *config, int64_t from, const char *sha256,
                  struct proposals *proposals, struct error *error);

/* T for the record: the time reached (design, section 4). It waits for brokers and Redis; false: one of them did not answer. */
bool propose_time(struct kafka_look *look, struct store *store, const struct config *config, int64_t *time, struct error *error);
/* The control record's value. False: the file is too large. */
bool propose_record(struct buffer *record, const struct candidate *candidate, int64_t time, struct error *error);
/* Writes it to the control topic; *offset is the model's number. */
bool propose_send(const struct config *config, struct slice record, int64_t *offset, struct error *error);

#endif
