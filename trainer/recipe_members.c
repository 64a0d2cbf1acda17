/* What reading a recipe needs again and again. */
#include "recipe_internal.h"

#include "obek/buffer.h"
#include "obek/words.h"

#include <math.h>
#include <stdlib.h>

bool node_word(const struct node *node, const char *const *words, size_t n, int *index, struct error *error) {
    const char *text;
    if (!node_text(node, &text, error))
        return false;
    struct buffer list = { 0 };
    for (size_t i = 0; i < n; i++) {
        if (strcmp(text, words[i]) == 0) {
            buffer_free(&list);
            *index = (int)i;
            return true;
        }
        buffer_printf(&list, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    const char *nearest = nearest_word(text, words, n);
    if (nearest != NULL)
        node_error(node, error, "\"%.64s\" is unknown (did you mean \"%s\"?)", text, nearest);
    else
        node_error(node, error, "\"%.64s\" is none of %.300s", text, list.data);
    buffer_free(&list);
    return false;
}

bool member_word(const struct node *parent, const char *key, const char *const *words, size_t n, int *index,
                 struct error *error) {
    struct node node = node_member(parent, key);
    return node.json == NULL || node_word(&node, words, n, index, error);
}

bool member_flag(const struct node *parent, const char *key, bool *flag, struct error *error) {
    struct node node = node_member(parent, key);
    return node.json == NULL || node_flag(&node, flag, error);
}

bool member_number(const struct node *parent, const char *key, double low, double high, double *number, struct error *error) {
    struct node node = node_member(parent, key);
    if (node.json == NULL)
        return true;
    if (!node_number(&node, number, error))
        return false;
    return *number >= low && *number <= high ? true : node_error(&node, error, "%g is not in [%g, %g]", *number, low, high);
}

bool member_whole(const struct node *parent, const char *key, int low, int high, int *number, struct error *error) {
    double real = *number;
    struct node node = node_member(parent, key);
    if (!member_number(parent, key, low, high, &real, error))
        return false;
    if (real != floor(real))
        return node_error(&node, error, "%g is no whole number", real);
    *number = (int)real;
    return true;
}

bool member_copy(const struct node *parent, const char *key, char **text, struct error *error) {
    struct node node = node_member(parent, key);
    const char *value;
    if (node.json == NULL)
        return true;
    if (!node_text(&node, &value, error))
        return false;
    free(*text);
    *text = xstrdup(value);
    return true;
}

bool member_texts(const struct node *parent, const char *key, bool empty, char ***texts, size_t *n, struct error *error) {
    struct node node = node_member(parent, key);
    if (node.json == NULL)
        return true;
    if (!node_is_array(&node, empty ? 0 : 1, 1000, error))
        return false;
    texts_free(*texts, *n);
    *n = 0;
    *texts = xcalloc(json_array_size(node.json) + 1, sizeof **texts);
    for (size_t i = 0; i < json_array_size(node.json); i++) {
        struct node item = node_item(&node, i);
        const char *text;
        if (!node_text(&item, &text, error))
            return false;
        (*texts)[(*n)++] = xstrdup(text);
    }
    return true;
}

void texts_free(char **texts, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}
