#include "obek/feed.h"
#include "obek/buffer.h"

#include <stdlib.h>

static const char *const field_names[FIELD_COUNT] = {
    [FIELD_ORDER_ID] = "order_id",   [FIELD_CUSTOMER_ID] = "customer_id", [FIELD_KIND] = "kind",
    [FIELD_RETURN_ID] = "return_id", [FIELD_OCCURRED_AT] = "occurred_at", [FIELD_CHANNEL] = "channel",
    [FIELD_AMOUNT] = "amount",       [FIELD_CURRENCY] = "currency",       [FIELD_CATEGORIES] = "categories",
};

/* more steps than any real path has; bounds the work of compiling a plan */
#define STEPS_MAX 32

const char *feed_field_name(enum feed_field field) {
    return field_names[field];
}

enum feed_field feed_field_from_name(struct slice name) {
    for (int field = 0; field < FIELD_COUNT; field++)
        if (slice_is(name, field_names[field]))
            return (enum feed_field)field;
    return FIELD_COUNT;
}

static struct path_step *step_add(struct field_path *path) {
    path->steps = xrealloc(path->steps, (path->n_steps + 1) * sizeof *path->steps);
    path->steps[path->n_steps] = (struct path_step){ 0 };
    return &path->steps[path->n_steps++];
}

/* a name up to the next '.' or '['; a backslash takes away the meaning of one of . [ ] \ $ */
static bool parse_name(struct field_path *path, const char *text, size_t *at, struct error *error) {
    struct buffer name = { 0 };
    size_t start = *at;
    for (; text[*at] != '\0' && text[*at] != '.' && text[*at] != '['; ++*at) {
        if (text[*at] == ']' || (text[*at] == '\\' && (text[*at + 1] == '\0' || strchr(".[]\\$", text[*at + 1]) == NULL))) {
            buffer_free(&name);
            return error_set(error, "path \"%.200s\": position %zu: unexpected '%c'", text, *at + 1, text[*at]);
        }
        *at += text[*at] == '\\';
        buffer_append(&name, &text[*at], 1);
    }
    if (*at == start)
        return error_set(error, "path \"%.200s\": position %zu: a name is missing", text, start + 1);
    struct path_step *step = step_add(path);
    step->kind = STEP_NAME;
    step->name = xstrndup(name.data, name.len);
    buffer_free(&name);
    return true;
}

/* "[]" or "[n]" */
static bool parse_brackets(struct field_path *path, const char *text, size_t *at, struct error *error) {
    size_t open = (*at)++, index = 0, digits = 0;
    for (; text[*at] >= '0' && text[*at] <= '9' && digits < 9; ++*at, digits++)
        index = index * 10 + (size_t)(text[*at] - '0');
    if (text[*at] != ']')
        return error_set(error, "path \"%.200s\": position %zu: \"[\" wants an index of at most 9 digits or nothing, then \"]\"",
                         text, open + 1);
    ++*at;
    struct path_step *step = step_add(path);
    step->kind = digits > 0 ? STEP_INDEX : STEP_EVERY;
    step->index = index;
    return true;
}

static bool parse_steps(struct field_path *path, const char *text, struct error *error) {
    size_t at = 0;
    bool name_next = text[0] != '[';
    while (name_next || text[at] != '\0') {
        if (path->n_steps == STEPS_MAX)
            return error_set(error, "path \"%.200s\": position %zu: more than %d steps", text, at + 1, STEPS_MAX);
        if (name_next && !parse_name(path, text, &at, error))
            return false;
        if (!name_next && text[at] != '[')
            return error_set(error, "path \"%.200s\": position %zu: a \".\" or \"[\" is missing", text, at + 1);
        if (!name_next && !parse_brackets(path, text, &at, error))
            return false;
        name_next = text[at] == '.';
        at += name_next;
    }
    return true;
}

static bool parse_root(struct field_path *path, const char *text, struct error *error) {
    static const char header[] = "$header.";
    if (strcmp(text, "$key") == 0) {
        path->root = PATH_KEY;
    } else if (strcmp(text, "$timestamp") == 0) {
        path->root = PATH_TIMESTAMP;
    } else if (strncmp(text, header, sizeof header - 1) == 0 && text[sizeof header - 1] != '\0') {
        path->root = PATH_HEADER;
        path->header = xstrdup(text + sizeof header - 1);
    } else {
        return error_set(error, "path \"%.200s\": position 1: \"$\" begins $key, $header.NAME or $timestamp (a name: \"\\$\")",
                         text);
    }
    return true;
}

bool field_path_parse(struct field_path *path, const char *text, struct error *error) {
    *path = (struct field_path){ .root = PATH_VALUE };
    bool parsed = text[0] == '$' ? parse_root(path, text, error) : parse_steps(path, text, error);
    if (!parsed)
        field_path_free(path);
    return parsed;
}

void field_path_free(struct field_path *path) {
    for (size_t i = 0; i < path->n_steps; i++)
        free(path->steps[i].name);
    free(path->steps);
    free(path->header);
    *path = (struct field_path){ 0 };
}

struct feed *feed_new(const char *name, const char *topic) {
    struct feed *feed = xcalloc(1, sizeof *feed);
    feed->name = xstrdup(name);
    feed->topic = xstrdup(topic);
    for (int field = 0; field < FIELD_COUNT; field++) {
        struct path_step *step = step_add(&feed->paths[field]);
        step->kind = STEP_NAME;
        step->name = xstrdup(field_names[field]);
    }
    return feed;
}

void feed_free(struct feed *feed) {
    if (feed == NULL)
        return;
    for (int field = 0; field < FIELD_COUNT; field++)
        field_path_free(&feed->paths[field]);
    for (size_t i = 0; i < feed->n_kinds; i++)
        free(feed->kinds[i].text);
    free(feed->kinds);
    free(feed->name);
    free(feed->topic);
    free(feed->channel);
    free(feed->schema_file);
    free(feed);
}
