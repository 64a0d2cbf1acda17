/* What is to become of a dead letter, by today's configuration. */
#ifndef OBEK_REDRIVE_JUDGE_H
#define OBEK_REDRIVE_JUDGE_H

#include "../consumer/schemas.h"
#include "dead_files.h"
#include "redrive_filter.h"

struct judge {
    const struct config *config;
    struct redrive_filter filter; /* only these */
    struct dead_files *files;     /* only these, as repaired; NULL: all, as they are */
    struct schemas *schemas;
    struct decoder *decoder;
};

enum fate {
    FATE_GOES,    /* decodes: back to its topic */
    FATE_STAYS,   /* does not */
    FATE_SKIPPED, /* stays because it was not asked for */
    FATE_UNKNOWN, /* its schema cannot be had now */
};

struct verdict {
    enum fate fate;
    struct raw_record record; /* what goes back */
    struct dead_file *file;   /* that it comes from; NULL */
    const char *why;          /* FATE_STAYS: a reason's class; static */
    struct error error;       /* and in words; also with FATE_UNKNOWN */
};

bool judge_init(struct judge *judge, const struct config *config, struct error *error);
void judge_free(struct judge *judge);
struct verdict judge_dead_letter(struct judge *judge, const struct dead_letter *dead, int64_t wall_now);
/* It would go, but does not: as if it had not been asked for. */
void judge_spare(struct verdict *verdict);

#endif
