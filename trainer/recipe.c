#include "recipe_internal.h"

#include "obek/buffer.h"
#include "obek/catalogue.h"
#include "obek/instant.h"
#include "obek/ledger.h"
#include "obek/money.h"
#include "obek/words.h"

#include <stdio.h>
#include <stdlib.h>

#define FORMAT_VERSION 1

/* What orders become, customer by customer (trainer/aggregate.c). */
static const char *const order_results[] = { "orders_online", "orders_offline", "value_online",   "value_offline",
                                             "first_at",      "last_at",        "last_online_at", "last_offline_at" };
#define ORDER_RESULTS (sizeof order_results / sizeof *order_results)

static size_t column_names(const struct recipe *recipe, const char **names) {
    size_t n = 0;
    for (size_t i = 0; i < recipe->input.n_columns; i++)
        names[n++] = recipe->input.columns[i].name;
    for (size_t i = 0; recipe->input.rows == ROWS_ORDERS && i < ORDER_RESULTS; i++)
        names[n++] = order_results[i];
    return n;
}

bool recipe_has_column(const struct recipe *recipe, const char *name) {
    const char **names = xcalloc(recipe->input.n_columns + ORDER_RESULTS, sizeof *names);
    size_t n = column_names(recipe, names);
    bool found = false;
    for (size_t i = 0; i < n; i++)
        found = found || strcmp(names[i], name) == 0;
    free(names);
    return found;
}

bool recipe_no_column(const struct node *node, const struct recipe *recipe, const char *name, struct error *error) {
    const char **names = xcalloc(recipe->input.n_columns + ORDER_RESULTS, sizeof *names);
    const char *nearest = nearest_word(name, names, column_names(recipe, names));
    if (nearest != NULL)
        node_error(node, error, "there is no column \"%.64s\" (did you mean \"%s\"?)", name, nearest);
    else
        node_error(node, error, "there is no column \"%.64s\" in \"columns\" or \"attributes\"", name);
    free(names);
    return false;
}

static bool check_format(const struct node *root, struct error *error) {
    struct node node = node_member(root, "obek_recipe");
    double version;
    if (node.json == NULL)
        return node_error(&node, error, "missing: this is no recipe of obek");
    if (!node_number(&node, &version, error))
        return false;
    return version == FORMAT_VERSION || node_error(&node, error, "this obek reads recipes of format %d", FORMAT_VERSION);
}

static bool check_keys(const struct node *root, struct error *error) {
    static const char *const own[] = { "$schema", "obek_recipe", "name",      "description", "currency",
                                       "as_of",   "cleaning",    "campaigns", "schemes" };
    const char *known[32];
    size_t n = 0;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        known[n++] = own[i];
    for (size_t i = 0; recipe_input_keys[i] != NULL; i++)
        known[n++] = recipe_input_keys[i];
    known[n] = NULL;
    return node_is_object(root, known, error);
}

static bool read_currency(const struct node *root, struct recipe *recipe, struct error *error) {
    struct node node = node_member(root, "currency");
    const char *text;
    if (!node_text(&node, &text, error))
        return false;
    recipe->decimals = currency_decimals(slice_of(text));
    if (recipe->decimals < 0)
        return node_error(&node, error, "\"%s\" is no currency of ISO 4217", text);
    snprintf(recipe->currency, sizeof recipe->currency, "%s", text);
    return true;
}

static bool read_as_of(const struct node *root, struct recipe *recipe, struct error *error) {
    struct node node = node_member(root, "as_of");
    const char *text;
    struct error why;
    recipe->as_of = TIME_NONE;
    if (node.json == NULL)
        return true;
    if (!node_text(&node, &text, error))
        return false;
    return instant_parse(&recipe->as_of, slice_of(text), &why) ? true : node_error(&node, error, "%s", why.text);
}

/* The recipe's own campaign catalogue; read here so that a slip is told before anything is learned. */
static bool check_campaigns(const struct node *root, struct error *error) {
    struct node node = node_member(root, "campaigns");
    struct catalogue *catalogue = catalogue_new();
    bool good = node.json == NULL || catalogue_add(catalogue, node.json, "campaigns", error);
    catalogue_free(catalogue);
    return good;
}

static bool read_recipe(struct recipe *recipe, struct error *error) {
    struct node root = { .json = recipe->json };
    struct node name = node_member(&root, "name"), cleaning = node_member(&root, "cleaning");
    struct node schemes = node_member(&root, "schemes");
    const char *text;
    if (!json_is_object(recipe->json))
        return error_set(error, "an object is needed");
    if (!check_format(&root, error) || !check_keys(&root, error) || !node_text(&name, &text, error))
        return false;
    recipe->name = xstrdup(text);
    return member_copy(&root, "description", &recipe->description, error) && read_currency(&root, recipe, error) &&
           read_as_of(&root, recipe, error) && check_campaigns(&root, error) && recipe_read_input(&root, &recipe->input, error) &&
           recipe_read_cleaning(&cleaning, recipe, error) && recipe_read_schemes(&schemes, recipe, error);
}

static struct recipe *recipe_of(json_t *json, const char *source, struct error *error) {
    if (json == NULL)
        return NULL;
    struct recipe *recipe = xcalloc(1, sizeof *recipe);
    recipe->json = json;
    if (!read_recipe(recipe, error)) {
        error_context(error, "%s", source);
        recipe_free(recipe);
        return NULL;
    }
    return recipe;
}

struct recipe *recipe_parse(struct slice bytes, const char *source, struct error *error) {
    json_t *json = json_document(bytes, error);
    if (json == NULL)
        error_context(error, "%s", source);
    return recipe_of(json, source, error);
}

struct recipe *recipe_load(const char *path, struct error *error) {
    return recipe_of(json_document_load(path, RECIPE_BYTES_MAX, error), path, error);
}

void recipe_free(struct recipe *recipe) {
    if (recipe == NULL)
        return;
    for (size_t i = 0; i < recipe->n_schemes; i++)
        recipe_scheme_free(&recipe->schemes[i]);
    for (size_t i = 0; i < recipe->n_cleaning; i++)
        texts_free(recipe->cleaning[i].columns, recipe->cleaning[i].n_columns);
    free(recipe->cleaning);
    recipe_input_free(&recipe->input);
    free(recipe->name);
    free(recipe->description);
    json_decref(recipe->json);
    free(recipe);
}
