/* The customers to learn from, and their features by the same code as online. */
#ifndef OBEK_TRAINER_CUSTOMERS_H
#define OBEK_TRAINER_CUSTOMERS_H

#include "aggregate.h"
#include "cleaning.h"
#include "obek/features.h"

struct customers {
    struct frame frame;
    struct order_lists purchases; /* of rows of orders, by the code of the id; n 0 else */
    struct cleaning cleaning;
    int64_t as_of;
    double minor_per_major;
    bool has[FEATURE_COUNT];         /* whether the columns give the feature */
    const double *cells[ROLE_COUNT]; /* columns of numbers and times; NULL: none */
    struct aggregation counted;      /* of rows of orders */
    size_t rows;                     /* of the file, without rejected ones */
    json_t *raw;                     /* what the columns looked like before cleaning */
};

/* Reads, cleans and, where rows are orders, adds them up. as_of: TIME_NONE takes the recipe's, else the midnight after the last
   date. The rejects count. */
bool customers_read(struct customers *customers, const struct recipe *recipe, const char *path, int64_t as_of,
                    struct rejects *rejects, struct error *error);
void customers_free(struct customers *customers);

struct slice customers_id(const struct customers *customers, size_t i);
/* What obek run would keep of the customer. */
struct ledger_summary customers_summary(const struct customers *customers, size_t i);
/* A feature, or with FEATURE_COUNT the attribute of that name. */
double customers_value(const struct customers *customers, size_t i, enum feature feature, const char *name);
/* All of them; owned by the caller. */
double *customers_values(const struct customers *customers, enum feature feature, const char *name);
/* Whether the columns give what is asked for; else the error says what is missing. */
bool customers_have(const struct customers *customers, enum feature feature, const char *name, struct error *error);

#endif
