/* Which kind of table obek assign has before it. */
#include "../codec/json_node.h"
#include "../codec/table_header.h"
#include "assigning.h"
#include "obek/feed.h"
#include "obek/fields.h"
#include "obek/model_file.h"
#include "obek/money.h"
#include "obek/words.h"

#include <stdio.h>
#include <stdlib.h>

/* What the column of an order's time is often called. */
static const char *const time_names[] = { "occurred_at", "timestamp", "time", "order_date", "date", "created_at" };

struct header {
    size_t n;
    char **names;
};

static void take_header(void *context, const struct slice *cells, size_t n) {
    struct header *header = context;
    header->names = xcalloc(n + 1, sizeof *header->names);
    for (size_t i = 0; i < n; i++)
        header->names[header->n++] = xstrndup(cells[i].data, cells[i].len);
}

static bool read_header(struct header *header, const char *path, const struct input_format *input, struct error *error) {
    *header = (struct header){ 0 };
    return table_read_header(path, input != NULL ? input->separator : ',', input != NULL ? input->encoding : NULL, take_header,
                             header, error);
}

static void header_free(struct header *header) {
    for (size_t i = 0; i < header->n; i++)
        free(header->names[i]);
    free(header->names);
}

static bool has(const struct header *header, const char *name) {
    for (size_t i = 0; i < header->n; i++)
        if (strcmp(header->names[i], name) == 0)
            return true;
    return false;
}

static bool fits(const struct recipe_input *input, const struct header *header) {
    for (size_t c = 0; c < input->n_columns; c++)
        if (!has(header, input->columns[c].header))
            return false;
    return true;
}

static void set_column(struct recipe_input *input, enum role role, const char *header) {
    for (size_t c = 0; c < input->n_columns; c++)
        if (input->columns[c].role == role) {
            free(input->columns[c].header);
            input->columns[c].header = xstrdup(header);
            return;
        }
    input->columns = xrealloc(input->columns, (input->n_columns + 1) * sizeof *input->columns);
    input->columns[input->n_columns++] = (struct recipe_column){ role, xstrdup(role_name(role)), xstrdup(header) };
}

static bool role_of_field(struct slice name, enum role *role, struct error *error) {
    static const enum role fields[] = { ROLE_ORDER_ID, ROLE_CUSTOMER_ID, ROLE_KIND,     ROLE_RETURN_ID, ROLE_OCCURRED_AT,
                                        ROLE_CHANNEL,  ROLE_AMOUNT,      ROLE_CURRENCY, ROLE_CATEGORIES };
    const char *names[sizeof fields / sizeof *fields];
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        names[i] = role_name(fields[i]);
        *role = fields[i];
        if (slice_is(name, names[i]))
            return true;
    }
    char *word = xstrndup(name.data, name.len);
    const char *nearest = nearest_word(word, names, sizeof names / sizeof *names);
    error_set(error, "--map: an order has no field '%.80s'%s%s%s", word, nearest != NULL ? " (did you mean '" : "",
              nearest != NULL ? nearest : "", nearest != NULL ? "'?)" : "");
    free(word);
    return false;
}

/* "occurred_at=timestamp,order_id=id" */
static bool take_map(struct recipe_input *input, const char *text, struct error *error) {
    for (;;) {
        size_t len = strcspn(text, ","), equals = strcspn(text, "=");
        if (equals >= len || equals == 0 || equals + 1 == len)
            return error_set(error, "--map %.*s: not field=column", (int)len, text);
        enum role role;
        char *column = xstrndup(text + equals + 1, len - equals - 1);
        bool good = role_of_field(slice_trim(text, equals), &role, error);
        if (good)
            set_column(input, role, column);
        free(column);
        if (!good)
            return false;
        if (text[len] == '\0')
            return true;
        text += len + 1;
    }
}

static void default_columns(struct recipe_input *input, const struct header *header) {
    static const enum role optional[] = { ROLE_ORDER_ID, ROLE_KIND, ROLE_RETURN_ID, ROLE_CHANNEL, ROLE_CURRENCY };
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
        if (has(header, role_name(optional[i])))
            set_column(input, optional[i], role_name(optional[i]));
    set_column(input, ROLE_CUSTOMER_ID, role_name(ROLE_CUSTOMER_ID));
    set_column(input, ROLE_AMOUNT, role_name(ROLE_AMOUNT));
    set_column(input, ROLE_OCCURRED_AT, time_names[0]);
    for (size_t i = 0; i < sizeof time_names / sizeof *time_names; i++)
        if (has(header, time_names[i])) {
            set_column(input, ROLE_OCCURRED_AT, time_names[i]);
            if (i > 0)
                fprintf(stderr, "obek assign: occurred_at is read from the column '%s' (--map says otherwise)\n", time_names[i]);
            return;
        }
}

static void default_channels(struct recipe_input *input, const struct recipe_input *model) {
    size_t n = model != NULL ? model->n_offline : 2;
    static const char *const usual[] = { "Offline", "Store" };
    input->offline = xcalloc(n + 1, sizeof *input->offline);
    for (input->n_offline = 0; input->n_offline < n; input->n_offline++)
        input->offline[input->n_offline] = xstrdup(model != NULL ? model->offline[input->n_offline] : usual[input->n_offline]);
}

/* Rows of orders under the contract's names, or as --map says. */
static bool orders_input(struct recipe_input *input, const struct assign_options *options, const struct header *header,
                         const struct recipe_input *model, struct error *error) {
    *input = (struct recipe_input){ .rows = ROWS_ORDERS,
                                    .format = { .separator = ',', .decimal = '.', .encoding = xstrdup("UTF-8") } };
    default_columns(input, header);
    default_channels(input, model);
    for (size_t i = 0; i < options->n_maps; i++)
        if (!take_map(input, options->maps[i], error)) {
            recipe_input_free(input);
            return false;
        }
    return true;
}

static bool model_input(struct recipe_input *input, bool *found, const char *path, struct error *error) {
    json_t *json = json_document_load(path, MODEL_FILE_BYTES_MAX, error);
    json_t *member = json_object_get(json, "input");
    *found = member != NULL;
    bool good =
        json != NULL && (member == NULL || recipe_input_from_model(input, member, error) || error_context(error, "%s", path));
    json_decref(json);
    return good;
}

static bool choose(struct recipe_input *chosen, const struct assign_options *options, struct error *error) {
    struct recipe_input model = { 0 }, orders;
    struct header header;
    bool has_model;
    if (!model_input(&model, &has_model, options->model, error))
        return false;
    if (!read_header(&header, options->input, has_model ? &model.format : NULL, error)) {
        recipe_input_free(&model);
        return false;
    }
    bool by_model = has_model && options->n_maps == 0 && (model.format.n_header > 0 || fits(&model, &header));
    bool good = by_model || orders_input(&orders, options, &header, has_model ? &model : NULL, error);
    /* neither: the model's own columns are what is missed */
    if (good && !by_model && has_model && options->n_maps == 0 && !fits(&orders, &header)) {
        recipe_input_free(&orders);
        by_model = true;
    }
    if (good)
        *chosen = by_model ? model : orders;
    if (!by_model || !good)
        recipe_input_free(&model);
    header_free(&header);
    return good;
}

/* Capping is the model's business (clips, caps), not the table's. */
static void leave_caps_out(struct recipe *recipe) {
    for (size_t i = 0; i < recipe->n_cleaning; i++) {
        struct clean_step *step = &recipe->cleaning[i];
        for (size_t c = 0; step->what == CLEAN_CAP && c < step->n_columns; c++)
            free(step->columns[c]);
        if (step->what == CLEAN_CAP)
            step->n_columns = 0;
    }
}

struct recipe *assign_recipe(const struct assign_options *options, const struct model *model, struct error *error) {
    struct recipe *recipe = options->recipe != NULL ? recipe_load(options->recipe, error) : xcalloc(1, sizeof *recipe);
    if (recipe == NULL)
        return NULL;
    if (options->recipe != NULL) {
        leave_caps_out(recipe);
        return recipe;
    }
    if (!choose(&recipe->input, options, error)) {
        recipe_free(recipe);
        return NULL;
    }
    snprintf(recipe->currency, sizeof recipe->currency, "%s", model->currency);
    recipe->decimals = currency_decimals(slice_of(model->currency));
    recipe->as_of = TIME_NONE;
    return recipe;
}
