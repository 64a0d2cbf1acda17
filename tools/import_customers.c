#include "import_customers.h"
#include "../codec/json_node.h"
#include "../codec/table_header.h"
#include "../trainer/customers.h"
#include "obek/interrupt.h"
#include "obek/model_file.h"

#include <inttypes.h>
#include <stdlib.h>

/* The columns of a table of customers, where neither recipe nor model says otherwise. */
static const struct {
    const char *header;
    enum role role;
    bool needed;
} documented[] = {
    { "customer_id", ROLE_CUSTOMER_ID, true },
    { "first_order_at", ROLE_FIRST_AT, true },
    { "last_order_at", ROLE_LAST_AT, true },
    { "last_order_at_online", ROLE_LAST_ONLINE_AT, false },
    { "last_order_at_offline", ROLE_LAST_OFFLINE_AT, false },
    { "orders_online", ROLE_ORDERS_ONLINE, true },
    { "orders_offline", ROLE_ORDERS_OFFLINE, true },
    { "value_online", ROLE_VALUE_ONLINE, true },
    { "value_offline", ROLE_VALUE_OFFLINE, true },
};
#define DOCUMENTED (sizeof documented / sizeof documented[0])

/* ---- which table it is ---- */

struct header {
    const struct recipe_input *input; /* whose columns are looked for; NULL: the documented ones */
    bool has[DOCUMENTED];
    size_t fits; /* of the input's columns */
};

static void take_header(void *context, const struct slice *cells, size_t n) {
    struct header *header = context;
    for (size_t i = 0; i < n; i++) {
        for (size_t d = 0; d < DOCUMENTED; d++)
            header->has[d] |= slice_is(cells[i], documented[d].header);
        for (size_t c = 0; header->input != NULL && c < header->input->n_columns; c++)
            header->fits += slice_is(cells[i], header->input->columns[c].header);
    }
}

static bool read_header(struct header *header, const char *path, const struct recipe_input *input, struct error *error) {
    *header = (struct header){ .input = input };
    return table_read_header(path, input != NULL ? input->format.separator : ',', input != NULL ? input->format.encoding : NULL,
                             take_header, header, error);
}

static bool has_documented(const struct header *header) {
    for (size_t d = 0; d < DOCUMENTED; d++)
        if (documented[d].needed && !header->has[d])
            return false;
    return true;
}

static void take_documented(struct recipe *recipe, const struct header *header) {
    struct recipe_input *input = &recipe->input;
    *input = (struct recipe_input){ .rows = ROWS_CUSTOMERS,
                                    .format = { .separator = ',', .decimal = '.', .encoding = xstrdup("UTF-8") } };
    input->columns = xcalloc(DOCUMENTED, sizeof *input->columns);
    for (size_t d = 0; d < DOCUMENTED; d++)
        if (header->has[d])
            input->columns[input->n_columns++] =
                (struct recipe_column){ documented[d].role, xstrdup(role_name(documented[d].role)),
                                        xstrdup(documented[d].header) };
}

/* The model's `input`, where it is one of customers and its columns are there. */
static bool take_model(struct recipe *recipe, bool *taken, const struct import_input *input, struct error *error) {
    json_t *json = json_document_load(input->model, MODEL_FILE_BYTES_MAX, error);
    json_t *member = json_object_get(json, "input");
    struct header header;
    *taken = false;
    bool good = json != NULL && (member == NULL || recipe_input_from_model(&recipe->input, member, error));
    if (good && member != NULL && recipe->input.rows == ROWS_CUSTOMERS) {
        good = read_header(&header, input->path, &recipe->input, error);
        *taken = good && (recipe->input.format.n_header > 0 || header.fits == recipe->input.n_columns);
    }
    json_decref(json);
    return good;
}

/* As of its columns: nothing is cleaned or capped, that is the model's business. */
static void leave_cleaning_out(struct recipe *recipe) {
    for (size_t i = 0; i < recipe->n_cleaning; i++) {
        for (size_t c = 0; c < recipe->cleaning[i].n_columns; c++)
            free(recipe->cleaning[i].columns[c]);
        free(recipe->cleaning[i].columns);
    }
    recipe->n_cleaning = 0;
}

bool import_customers_choose(struct import_rows *rows, const struct import_input *input, struct error *error) {
    const char *currency = rows->config->currency_base;
    struct header header;
    if (input->recipe != NULL) {
        rows->recipe = recipe_load(input->recipe, error);
        if (rows->recipe == NULL)
            return false;
        leave_cleaning_out(rows->recipe);
        return rows->recipe->input.rows == ROWS_CUSTOMERS ||
               error_set(error, "%s reads rows of orders: --map says which of their columns are which fields", input->recipe);
    }
    struct recipe *recipe = xcalloc(1, sizeof *recipe);
    bool taken = false, good = read_header(&header, input->path, NULL, error);
    if (good && has_documented(&header)) {
        take_documented(recipe, &header);
        taken = true;
    } else if (good) {
        good = take_model(recipe, &taken, input, error);
    }
    if (!good || !taken) {
        recipe_free(recipe);
        return good;
    }
    snprintf(recipe->currency, sizeof recipe->currency, "%s", currency);
    recipe->decimals = currency_decimals(slice_of(currency));
    recipe->as_of = TIME_NONE;
    rows->recipe = recipe;
    return true;
}

/* ---- its rows ---- */

static int64_t latest(const struct ledger_summary *summary) {
    int64_t at = summary->last_at;
    at = summary->online.last_at > at ? summary->online.last_at : at;
    return summary->offline.last_at > at ? summary->offline.last_at : at;
}

bool import_customers_read(struct import_rows *rows, const struct import_input *input, struct error *error) {
    struct rejects rejects = { .path = input->path, .skip = rows->recipe->input.skip };
    rows->customers = xcalloc(1, sizeof *rows->customers);
    bool good = customers_read(rows->customers, rows->recipe, input->path, TIME_NONE, &rejects, error);
    rejects_tell(&rejects, stderr);
    if (!good) {
        free(rows->customers);
        rows->customers = NULL;
        return false;
    }
    rows->n = rows->customers->frame.n;
    for (size_t i = 0; i < rows->n; i++) {
        struct ledger_summary summary = customers_summary(rows->customers, i);
        int64_t at = latest(&summary);
        rows->last = at > rows->last ? at : rows->last;
    }
    return true;
}

/* A side's own first instant is not in such a table: it is told with the customer's, which alone counts. Its last one is the
   customer's where it is missing. */
static bool side_of(struct ledger_side *side, const struct ledger_summary *summary, struct error *error) {
    if (side->orders == 0 && side->value == 0) {
        *side = (struct ledger_side){ 0, 0, TIME_NONE, TIME_NONE };
        return true;
    }
    if (side->last_at == TIME_NONE)
        side->last_at = summary->last_at;
    side->first_at = summary->first_at != TIME_NONE && summary->first_at < side->last_at ? summary->first_at : side->last_at;
    if (side->orders < 1 || side->value < 0)
        return error_set(error, "%" PRId64 " orders worth %" PRId64 " minor units", side->orders, side->value);
    return side->last_at != TIME_NONE || error_set(error, "orders, but no instant of the last one");
}

static bool ledger_of(struct ledger *ledger, const struct ledger_summary *summary, uint16_t capacity, struct error *error) {
    ledger_init(ledger, capacity);
    ledger->base.online = summary->online;
    ledger->base.offline = summary->offline;
    if (!side_of(&ledger->base.online, summary, error) || !side_of(&ledger->base.offline, summary, error))
        return false;
    ledger->base.fallen = ledger->base.online.orders + ledger->base.offline.orders;
    return true;
}

bool import_customers_each(struct import_rows *rows, int64_t until, import_visit *visit, void *context, struct error *error) {
    struct ledger *ledger = xcalloc(1, sizeof *ledger);
    const struct import_history history = { .ledger = ledger };
    bool good = true;
    for (size_t i = 0; good && i < rows->n; i++) {
        struct slice id = customers_id(rows->customers, i);
        struct ledger_summary summary = customers_summary(rows->customers, i);
        uint32_t line = rows->customers->frame.lines[i];
        good = interrupt_check(error);
        if (good && latest(&summary) > until)
            good = error_set(error, "line %" PRIu32 ": a last order later than --until", line);
        else if (good && !ledger_of(ledger, &summary, rows->capacity, error))
            good = error_context(error, "line %" PRIu32, line);
        good = good && (ledger_is_empty(ledger) || visit(context, id, &history, error));
    }
    free(ledger);
    return good;
}

void import_customers_free(struct import_rows *rows) {
    if (rows->customers != NULL)
        customers_free(rows->customers);
    free(rows->customers);
    recipe_free(rows->recipe);
}
