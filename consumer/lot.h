/* A record's lot: it is decoded, and offset, mark, commit and outbox decide what becomes of it (design, section 6, the table). */
#ifndef OBEK_LOT_H
#define OBEK_LOT_H

#include "pipeline.h"

enum lot {
    LOT_ORDER,
    LOT_DEAD,    /* undecodable: to the dead letters */
    LOT_SAVED,   /* it was found undecodable before, and that verdict is saved */
    LOT_STOPPED, /* told to stop while the registry was waited for */
};

/* Decodes the record and finds what W is behind it (watermark_after). Nothing but the record and the batch's memory is changed:
   it may be left where it is, and looked at again later. LOT_DEAD: the failure says why. */
enum lot lot_find(struct pipeline *pipeline, struct batch *batch, struct batch_record *record, int64_t now,
                  struct decode_failure *failure);
/* The record is part of the batch: its lot is drawn, and W moves. */
void lot_take(struct pipeline *pipeline, struct batch *batch, struct batch_record *record, enum lot lot,
              const struct decode_failure *failure);

#endif
