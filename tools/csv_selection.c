#include "csv_orders.h"
#include "obek/buffer.h"
#include "obek/fields.h"
#include "obek/words.h"

#include <ctype.h>
#include <stdlib.h>

void csv_selection_init(struct csv_selection *selection) {
    *selection = (struct csv_selection){ 0 };
    for (int field = 0; field < FIELD_COUNT; field++)
        selection->columns[field] = xstrdup(feed_field_name((enum feed_field)field));
}

void csv_selection_free(struct csv_selection *selection) {
    for (int field = 0; field < FIELD_COUNT; field++)
        free(selection->columns[field]);
    for (size_t i = 0; i < selection->n_conditions; i++) {
        free(selection->conditions[i].column);
        free(selection->conditions[i].value);
    }
    free(selection->conditions);
    *selection = (struct csv_selection){ 0 };
}

static bool unknown_field(struct slice name, struct error *error) {
    const char *names[FIELD_COUNT];
    for (int field = 0; field < FIELD_COUNT; field++)
        names[field] = feed_field_name((enum feed_field)field);
    char *word = xstrndup(name.data, name.len);
    const char *nearest = nearest_word(word, names, FIELD_COUNT);
    if (nearest == NULL)
        error_set(error, "--map: an order has no field '%s'", word);
    else
        error_set(error, "--map: an order has no field '%s' (did you mean '%s'?)", word, nearest);
    free(word);
    return false;
}

bool csv_selection_map(struct csv_selection *selection, const char *text, struct error *error) {
    for (;;) {
        size_t len = strcspn(text, ","), equals = strcspn(text, "=");
        struct slice name = slice_trim(text, equals < len ? equals : len);
        struct slice column = equals < len ? slice_trim(text + equals + 1, len - equals - 1) : (struct slice){ "", 0 };
        if (name.len == 0 || column.len == 0)
            return error_set(error, "--map %.*s: not field=column", (int)len, text);
        enum feed_field field = feed_field_from_name(name);
        if (field == FIELD_COUNT)
            return unknown_field(name, error);
        free(selection->columns[field]);
        selection->columns[field] = xstrndup(column.data, column.len);
        if (text[len] == '\0')
            return true;
        text += len + 1;
    }
}

bool csv_selection_where(struct csv_selection *selection, const char *text, struct error *error) {
    const char *equals = strchr(text, '=');
    if (equals == NULL)
        return error_set(error, "--where %s: not column=value or column!=value", text);
    bool equal = equals == text || equals[-1] != '!';
    struct slice column = slice_trim(text, (size_t)(equals - text) - !equal), value = slice_trim(equals + 1, strlen(equals + 1));
    if (column.len == 0)
        return error_set(error, "--where %s: not column=value or column!=value", text);
    selection->conditions = xrealloc(selection->conditions, (selection->n_conditions + 1) * sizeof *selection->conditions);
    selection->conditions[selection->n_conditions++] =
        (struct csv_condition){ xstrndup(column.data, column.len), xstrndup(value.data, value.len), equal };
    return true;
}
