/* Rows of orders: each customer lives through their history. */
#include "assigning.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct lives {
    struct assigning *assigning;
    struct frame orders;
    struct aggregation rules; /* how a row becomes an order */
    struct customer *customer;
    struct transitions unused;
    size_t later, refused, duplicates;
    struct error *error;
};

static bool reject(struct lives *lives, size_t row, const char *why) {
    return rejects_add_later(&lives->assigning->rejects, lives->orders.lines[row], NULL, why, lives->error);
}

static bool step(struct lives *lives, size_t row) {
    struct order order;
    struct error why;
    if (!order_of_row(&lives->orders, &lives->rules, row, &order, &why))
        return reject(lives, row, why.text);
    if (order.occurred_at > lives->rules.as_of) {
        lives->later++;
        return true;
    }
    /* in time order no earlier record of the partition is later than this one: W does not matter */
    enum ledger_verdict verdict = customer_step(lives->customer, lives->assigning->model, &order, TIME_NONE, &lives->unused);
    lives->duplicates += verdict == LEDGER_DUPLICATE;
    lives->refused += verdict != LEDGER_APPLIED && verdict != LEDGER_DUPLICATE;
    transitions_clear(&lives->unused);
    return true;
}

static int segment_index(const struct assigning *assigning, const struct customer *customer, int scheme) {
    for (int i = 0; i < customer->n_schemes; i++)
        if (name_equal(&customer->schemes[i].scheme, &assigning->model->schemes[scheme].name))
            return customer->schemes[i].segment.len == 0
                       ? -1
                       : scheme_segment(&assigning->model->schemes[scheme], &customer->schemes[i].segment);
    return -1;
}

static bool live(struct lives *lives, struct slice id, const size_t *rows, size_t n) {
    const struct assigning *assigning = lives->assigning;
    int segments[MODEL_SCHEMES_MAX];
    customer_init(lives->customer, LEDGER_ORDERS_DEFAULT);
    for (size_t i = 0; i < n; i++)
        if (!step(lives, rows[i]))
            return false;
    customer_live_until(lives->customer, assigning->model, lives->rules.as_of, &lives->unused);
    transitions_clear(&lives->unused);
    struct ledger_summary summary = ledger_summarise(&lives->customer->ledger);
    if (summary.first_at == TIME_NONE)
        return true;
    for (int s = 0; s < assigning->model->n_schemes; s++)
        segments[s] = segment_index(assigning, lives->customer, s);
    assign_row(assigning, id, &summary, segments);
    return true;
}

static bool live_all(struct lives *lives) {
    const struct words *ids = &frame_role(&lives->orders, ROLE_CUSTOMER_ID)->words;
    size_t *starts, *rows = orders_by_customer(&lives->orders, &starts);
    bool good = true;
    struct progress progress;
    assign_progress(lives->assigning, &progress, ids->n);
    for (uint32_t c = 0; good && c < ids->n; c++)
        good = assign_look(&progress, c, lives->error) &&
               live(lives, words_text(ids, c), rows + starts[c], starts[c + 1] - starts[c]);
    progress_end(&progress, ids->n);
    free(rows);
    free(starts);
    return good;
}

static void tell(const struct lives *lives) {
    const struct {
        size_t n;
        const char *what;
    } counts[] = { { lives->later, "are later than --as-of and left out" },
                   { lives->duplicates, "have an id of the same customer a second time and count once" },
                   { lives->refused, "would be dead letters of obek run (a cancellation or return that fits no order, ...)" } };
    for (int i = 0; i < 3; i++)
        if (counts[i].n > 0)
            fprintf(stderr, "obek assign: %zu orders %s\n", counts[i].n, counts[i].what);
}

bool assign_orders(struct assigning *assigning, struct error *error) {
    const struct recipe *recipe = assigning->recipe;
    const struct frame_reading reading = { .input = &recipe->input,
                                           .currency = recipe->currency,
                                           .rejects = &assigning->rejects };
    struct lives lives = { .assigning = assigning,
                           .rules = { .as_of = assigning->options->as_of,
                                      .minor_per_major = assigning->model->minor_per_major,
                                      .offline = recipe->input.offline,
                                      .n_offline = recipe->input.n_offline },
                           .error = error };
    for (int s = 0; s < assigning->model->n_schemes; s++)
        if (scheme_has_attributes(&assigning->model->schemes[s]))
            return error_set(error, "scheme %s needs columns that orders do not have", assigning->model->schemes[s].name.text);
    if (!frame_read(&lives.orders, assigning->options->input, &reading, error))
        return false;
    lives.customer = xcalloc(1, sizeof *lives.customer);
    assign_header(assigning);
    bool good = live_all(&lives);
    tell(&lives);
    free(lives.customer);
    transitions_free(&lives.unused);
    frame_free(&lives.orders);
    return good;
}
