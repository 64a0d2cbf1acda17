/* The parts of `obek assign`. Private to trainer/assign*.c. */
#ifndef OBEK_TRAINER_ASSIGNING_H
#define OBEK_TRAINER_ASSIGNING_H

#include "assign.h"
#include "customers.h"
#include "obek/customer.h"
#include "obek/progress.h"

struct assigning {
    const struct assign_options *options;
    const struct model *model;
    struct recipe *recipe; /* how the table is read: of its own, or made of the model's input */
    struct rejects rejects;
    bool skipped[MODEL_SCHEMES_MAX];
    FILE *out;
};

/* Which table it is: --recipe's, the model's, or orders. NULL with the error. */
struct recipe *assign_recipe(const struct assign_options *options, const struct model *model, struct error *error);

void assign_header(const struct assigning *assigning);
/* segments: an index for each scheme; -1: in none. */
void assign_row(const struct assigning *assigning, struct slice id, const struct ledger_summary *summary, const int *segments);
/* A bar, unless the answers go to the same terminal. */
void assign_progress(const struct assigning *assigning, struct progress *progress, size_t customers);
/* Now and then, at a number of a customer: draws it. False: interrupted. */
bool assign_look(struct progress *progress, size_t number, struct error *error);
/* Skips a scheme, and says why. */
void assign_skip(struct assigning *assigning, int scheme, const char *why);

bool assign_orders(struct assigning *assigning, struct error *error);
bool assign_customers(struct assigning *assigning, struct error *error);

#endif
