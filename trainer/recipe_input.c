/* How a table is read: rows, format, columns. */
#include "recipe_internal.h"

#include "obek/buffer.h"
#include "obek/words.h"

#include <iconv.h>
#include <stdlib.h>

const char *const recipe_input_keys[] = { "rows", "format", "columns", "attributes", "channels_offline", "on_error", NULL };

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_CUSTOMER_ID] = "customer_id",
    [ROLE_CHANNEL] = "channel",
    [ROLE_CATEGORIES] = "categories",
    [ROLE_ORDERS] = "orders",
    [ROLE_ORDERS_ONLINE] = "orders_online",
    [ROLE_ORDERS_OFFLINE] = "orders_offline",
    [ROLE_VALUE] = "value",
    [ROLE_VALUE_ONLINE] = "value_online",
    [ROLE_VALUE_OFFLINE] = "value_offline",
    [ROLE_FIRST_AT] = "first_at",
    [ROLE_LAST_AT] = "last_at",
    [ROLE_LAST_ONLINE_AT] = "last_online_at",
    [ROLE_LAST_OFFLINE_AT] = "last_offline_at",
    [ROLE_ORDER_ID] = "order_id",
    [ROLE_KIND] = "kind",
    [ROLE_RETURN_ID] = "return_id",
    [ROLE_OCCURRED_AT] = "occurred_at",
    [ROLE_AMOUNT] = "amount",
    [ROLE_CURRENCY] = "currency",
};

const char *role_name(enum role role) {
    return role_names[role];
}

static const enum role customer_roles[] = { ROLE_CUSTOMER_ID,    ROLE_CHANNEL,        ROLE_CATEGORIES, ROLE_ORDERS,
                                            ROLE_ORDERS_ONLINE,  ROLE_ORDERS_OFFLINE, ROLE_VALUE,      ROLE_VALUE_ONLINE,
                                            ROLE_VALUE_OFFLINE,  ROLE_FIRST_AT,       ROLE_LAST_AT,    ROLE_LAST_ONLINE_AT,
                                            ROLE_LAST_OFFLINE_AT };
static const enum role order_roles[] = { ROLE_CUSTOMER_ID, ROLE_CHANNEL,     ROLE_CATEGORIES, ROLE_ORDER_ID, ROLE_KIND,
                                         ROLE_RETURN_ID,   ROLE_OCCURRED_AT, ROLE_AMOUNT,     ROLE_CURRENCY };

static const struct node *find_role(const struct node *member, const enum role *roles, size_t n, enum role *role,
                                    struct error *error) {
    const char *names[ROLE_COUNT];
    for (size_t i = 0; i < n; i++) {
        names[i] = role_names[roles[i]];
        if (strcmp(member->key, names[i]) == 0) {
            *role = roles[i];
            return member;
        }
    }
    const char *nearest = nearest_word(member->key, names, n);
    if (nearest != NULL)
        node_error(member, error, "such rows have nothing of that name (did you mean \"%s\"?)", nearest);
    else
        node_error(member, error, "such rows have nothing of that name; a number of another kind belongs into \"attributes\"");
    return NULL;
}

static bool add_column(const struct node *member, enum role role, struct recipe_input *input, struct error *error) {
    const char *header;
    if (!node_text(member, &header, error))
        return false;
    for (size_t i = 0; i < input->n_columns; i++)
        if (strcmp(input->columns[i].name, member->key) == 0)
            return node_error(member, error, "is in \"columns\" already");
    input->columns = xrealloc(input->columns, (input->n_columns + 1) * sizeof *input->columns);
    input->columns[input->n_columns++] = (struct recipe_column){ role, xstrdup(member->key), xstrdup(header) };
    return true;
}

static bool read_columns(const struct node *node, struct recipe_input *input, struct error *error) {
    bool customers = input->rows == ROWS_CUSTOMERS;
    const enum role *roles = customers ? customer_roles : order_roles;
    size_t n = customers ? sizeof customer_roles / sizeof *customer_roles : sizeof order_roles / sizeof *order_roles;
    const char *key;
    json_t *value;
    if (!node_is_object(node, NULL, error))
        return false;
    json_object_foreach(node->json, key, value) {
        struct node member = { .parent = node, .key = key, .json = value };
        enum role role;
        if (find_role(&member, roles, n, &role, error) == NULL || !add_column(&member, role, input, error))
            return false;
    }
    return true;
}

static bool read_attributes(const struct node *node, struct recipe_input *input, struct error *error) {
    const char *key;
    json_t *value;
    if (node->json == NULL)
        return true;
    if (input->rows == ROWS_ORDERS)
        return node_error(node, error, "orders have none");
    if (!node_is_object(node, NULL, error))
        return false;
    json_object_foreach(node->json, key, value) {
        struct node member = { .parent = node, .key = key, .json = value };
        struct name name;
        if (!name_set(&name, slice_of(key)))
            return node_error(&member, error, "is no valid name (1 to %d of A-Z a-z 0-9 _ . -)", NAME_LENGTH_MAX);
        if (feature_from_name(slice_of(key)) != FEATURE_COUNT)
            return node_error(&member, error, "is a feature of the state: an attribute needs another name");
        if (!add_column(&member, ROLE_ATTRIBUTE, input, error))
            return false;
    }
    return true;
}

static const struct recipe_column *column_of(const struct recipe_input *input, enum role role) {
    for (size_t i = 0; i < input->n_columns; i++)
        if (input->columns[i].role == role)
            return &input->columns[i];
    return NULL;
}

static bool check_columns(const struct node *node, const struct recipe_input *input, struct error *error) {
    static const enum role needed[] = { ROLE_CUSTOMER_ID, ROLE_OCCURRED_AT, ROLE_AMOUNT };
    static const enum role apart[][3] = { { ROLE_ORDERS, ROLE_ORDERS_ONLINE, ROLE_ORDERS_OFFLINE },
                                          { ROLE_VALUE, ROLE_VALUE_ONLINE, ROLE_VALUE_OFFLINE } };
    size_t n = input->rows == ROWS_ORDERS ? 3 : 1;
    for (size_t i = 0; i < n; i++)
        if (column_of(input, needed[i]) == NULL)
            return node_error(node, error, "\"%s\" is missing", role_names[needed[i]]);
    for (int i = 0; i < 2; i++) {
        bool whole = column_of(input, apart[i][0]) != NULL;
        bool online = column_of(input, apart[i][1]) != NULL, offline = column_of(input, apart[i][2]) != NULL;
        if ((whole && (online || offline)) || online != offline)
            return node_error(node, error, "either \"%s\", or both \"%s\" and \"%s\"", role_names[apart[i][0]],
                              role_names[apart[i][1]], role_names[apart[i][2]]);
    }
    if ((column_of(input, ROLE_ORDERS) == NULL) != (column_of(input, ROLE_VALUE) == NULL) && input->rows == ROWS_CUSTOMERS &&
        (column_of(input, ROLE_ORDERS) != NULL || column_of(input, ROLE_VALUE) != NULL) &&
        (column_of(input, ROLE_ORDERS_ONLINE) != NULL || column_of(input, ROLE_VALUE_ONLINE) != NULL))
        return node_error(node, error, "orders and values must be split by channel both, or neither");
    return true;
}

static bool read_separator(const struct node *format, struct input_format *out, struct error *error) {
    static const char *const words[] = { "comma", "semicolon", "tab", "bar", "blank" };
    int index = 0;
    if (!member_word(format, "separator", words, sizeof words / sizeof *words, &index, error))
        return false;
    out->separator = ",;\t| "[index];
    return true;
}

static bool read_encoding(const struct node *format, struct input_format *out, struct error *error) {
    struct node encoding = node_member(format, "encoding");
    out->encoding = xstrdup("UTF-8");
    if (!member_copy(format, "encoding", &out->encoding, error))
        return false;
    if (strcmp(out->encoding, "latin-5") == 0 || strcmp(out->encoding, "latin5") == 0) {
        free(out->encoding);
        out->encoding = xstrdup("ISO-8859-9");
    }
    iconv_t conversion = iconv_open("UTF-8", out->encoding);
    if (conversion == (iconv_t)-1)
        return node_error(&encoding, error, "\"%s\" is no encoding that is known here (utf-8, latin-5, windows-1254, ...)",
                          out->encoding);
    iconv_close(conversion);
    return true;
}

static bool read_decimal(const struct node *format, struct input_format *out, struct error *error) {
    static const char *const words[] = { "point", "comma" };
    int index = 0;
    if (!member_word(format, "decimal", words, 2, &index, error))
        return false;
    out->decimal = index == 1 ? ',' : '.';
    struct node node = node_member(format, "decimal");
    return out->decimal != out->separator ||
           node_error(&node, error, "commas cannot separate columns and be in numbers as well: say which \"separator\" there is");
}

static bool read_format(const struct node *format, struct input_format *out, struct error *error) {
    static const char *const keys[] = { "separator", "decimal", "encoding", "dates", "header", "missing", NULL };
    if (format->json != NULL && !node_is_object(format, keys, error))
        return false;
    return read_separator(format, out, error) && read_decimal(format, out, error) && read_encoding(format, out, error) &&
           member_copy(format, "dates", &out->dates, error) &&
           member_texts(format, "header", false, &out->header, &out->n_header, error) &&
           member_texts(format, "missing", true, &out->missing, &out->n_missing, error);
}

static void default_offline(struct recipe_input *input) {
    input->offline = xcalloc(2, sizeof *input->offline);
    input->n_offline = 2; /* the default of channels.offline */
    input->offline[0] = xstrdup("Offline");
    input->offline[1] = xstrdup("Store");
}

bool recipe_read_input(const struct node *root, struct recipe_input *input, struct error *error) {
    static const char *const rows[] = { "customers", "orders" }, *const on_error[] = { "stop", "skip" };
    struct node format = node_member(root, "format"), columns = node_member(root, "columns");
    struct node attributes = node_member(root, "attributes"), rows_node = node_member(root, "rows");
    int which = 0, skip = 0;
    if (!node_word(&rows_node, rows, 2, &which, error))
        return false;
    input->rows = (enum recipe_rows)which;
    default_offline(input);
    if (!read_format(&format, &input->format, error) || !read_columns(&columns, input, error) ||
        !read_attributes(&attributes, input, error) || !check_columns(&columns, input, error) ||
        !member_texts(root, "channels_offline", true, &input->offline, &input->n_offline, error) ||
        !member_word(root, "on_error", on_error, 2, &skip, error))
        return false;
    input->skip = skip == 1;
    return true;
}

bool recipe_input_from_model(struct recipe_input *input, json_t *json, struct error *error) {
    struct node root = { .json = json };
    *input = (struct recipe_input){ 0 };
    if (node_is_object(&root, NULL, error) && recipe_read_input(&root, input, error))
        return true;
    recipe_input_free(input);
    return error_context(error, "input");
}

json_t *recipe_input_json(const struct recipe *recipe) {
    json_t *input = json_object();
    for (size_t i = 0; recipe_input_keys[i] != NULL; i++) {
        json_t *value = json_object_get(recipe->json, recipe_input_keys[i]);
        if (value != NULL)
            json_object_set(input, recipe_input_keys[i], value);
    }
    return input;
}

void recipe_input_free(struct recipe_input *input) {
    for (size_t i = 0; i < input->n_columns; i++) {
        free(input->columns[i].name);
        free(input->columns[i].header);
    }
    free(input->columns);
    texts_free(input->offline, input->n_offline);
    texts_free(input->format.header, input->format.n_header);
    texts_free(input->format.missing, input->format.n_missing);
    free(input->format.encoding);
    free(input->format.dates);
    *input = (struct recipe_input){ 0 };
}
