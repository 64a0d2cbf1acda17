/* The models that are or were in force (design, section 8). Which one is in force is a bucket's matter: its marks say. */
#ifndef OBEK_MODELS_H
#define OBEK_MODELS_H

#include "kafka_look.h"
#include "obek/model.h"
#include "store.h"

/* "<number> <T> <sha256>", as it stands in a bucket's marks. */
struct model_note {
    int64_t number, time;
    char sha256[65];
};
bool model_note_parse(struct model_note *note, struct slice text);
struct slice model_note_text(struct arena *arena, const struct model_note *note);

struct model_in_force {
    struct model_note note;
    char *text;
    struct model *model;
    struct model_in_force *next;
};

struct models {
    const struct config *config;
    struct store *store;
    struct kafka_look *look;
    struct redis_waiter waiter; /* while Kafka is away and a model must be read from the log */
    struct model_in_force *known;
    struct model_in_force **by_bucket; /* NULL: none yet */
};

void models_init(struct models *models, const struct config *config, struct store *store, struct kafka_look *look);
void models_free(struct models *models);
/* The model a bucket's marks name: known, from Redis, or from the control topic. NULL with the error. */
struct model_in_force *models_get(struct models *models, struct slice text, struct error *error);
/* One from a control record that was just read. NULL: the file is no valid model. */
struct model_in_force *models_add(struct models *models, const struct model_note *note, struct slice file, struct error *error);

#endif
