#include "sizes.h"
#include "obek/fields.h"
#include "obek/sum.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct size_row *row_of(struct sizes *sizes, const struct name *scheme, const struct name *segment) {
    for (size_t i = 0; i < sizes->n; i++)
        if (name_equal(&sizes->rows[i].scheme, scheme) && name_equal(&sizes->rows[i].segment, segment))
            return &sizes->rows[i];
    if (sizes->n == sizes->capacity) {
        sizes->capacity = sizes->capacity == 0 ? 32 : sizes->capacity * 2;
        sizes->rows = xrealloc(sizes->rows, sizes->capacity * sizeof *sizes->rows);
    }
    struct size_row *row = &sizes->rows[sizes->n++];
    *row = (struct size_row){ .scheme = *scheme, .segment = *segment };
    return row;
}

/* "<scheme>/<segment>", then "@<number>" where it is about what a model expects, then "/value" where it is a sum. */
struct size_field {
    struct name scheme, segment;
    bool is_expected, is_value;
    int64_t model;
};

static bool take_model(struct size_field *parsed, struct slice *rest) {
    const char *at = memchr(rest->data, '@', rest->len);
    parsed->is_expected = at != NULL;
    if (at == NULL)
        return true;
    struct slice number = { at + 1, rest->len - (size_t)(at + 1 - rest->data) };
    rest->len = (size_t)(at - rest->data);
    return field_int64(number, &parsed->model);
}

static bool parse_field(struct slice field, struct size_field *parsed) {
    const char *slash = memchr(field.data, '/', field.len);
    if (slash == NULL || !name_set(&parsed->scheme, (struct slice){ field.data, (size_t)(slash - field.data) }))
        return false;
    struct slice rest = { slash + 1, field.len - (size_t)(slash + 1 - field.data) };
    static const char suffix[] = "/value";
    size_t suffix_len = sizeof suffix - 1;
    parsed->is_value = rest.len > suffix_len && memcmp(rest.data + rest.len - suffix_len, suffix, suffix_len) == 0;
    if (parsed->is_value)
        rest.len -= suffix_len;
    return take_model(parsed, &rest) && name_set(&parsed->segment, rest);
}

static int64_t *sum_of(struct size_row *row, const struct size_field *field) {
    if (field->is_expected)
        return field->is_value ? &row->expected : &row->evaluated;
    return field->is_value ? &row->value : &row->customers;
}

static bool add_field(struct sizes *sizes, struct slice field, const char *number, int64_t model) {
    struct size_field parsed;
    char *end;
    errno = 0;
    long long amount = strtoll(number, &end, 10);
    if (errno != 0 || *end != '\0' || end == number || !parse_field(field, &parsed))
        return false;
    if (parsed.is_expected && parsed.model != model)
        return true; /* of a bucket in which another model is in force */
    int64_t *sum = sum_of(row_of(sizes, &parsed.scheme, &parsed.segment), &parsed);
    *sum = sum_clamped(*sum, amount);
    return true;
}

static void add_model(struct sizes *sizes, const struct model *model) {
    for (int i = 0; model != NULL && i < model->n_schemes; i++)
        for (int k = 0; k < model->schemes[i].n_segments; k++)
            row_of(sizes, &model->schemes[i].name, &model->schemes[i].segments[k].id);
}

static int by_name(const void *left, const void *right) {
    const struct size_row *a = left, *b = right;
    int order = strcmp(a->scheme.text, b->scheme.text);
    return order != 0 ? order : strcmp(a->segment.text, b->segment.text);
}

bool sizes_read(struct sizes *sizes, struct reading *reading, struct error *error) {
    *sizes = (struct sizes){ .cltv = reading->model == NULL ? NULL : model_cltv(reading->model) };
    add_model(sizes, reading->model);
    size_t of_model = sizes->n;
    struct arena arena = { 0 };
    for (int64_t b = 0; b < reading->store->buckets; b++) {
        const char *call[] = { "HGETALL", store_key(reading->store, &arena, b, "sizes").data };
        redis_append_text(reading->store->redis, 2, call);
    }
    arena_free(&arena);
    if (!redis_execute(reading->store->redis, error))
        return false;
    for (int64_t b = 0; b < reading->store->buckets; b++) {
        const redisReply *reply = redis_answer(reading->store->redis, (size_t)b);
        for (size_t i = 0; i + 1 < reply->elements; i += 2) {
            struct slice field = { reply->element[i]->str, reply->element[i]->len };
            if (!add_field(sizes, field, reply->element[i + 1]->str, reading->model_number))
                return error_set(error, "the sizes of bucket %lld are damaged at '%.*s'", (long long)b, (int)field.len,
                                 field.data);
        }
    }
    if (sizes->n > of_model)
        qsort(sizes->rows + of_model, sizes->n - of_model, sizeof *sizes->rows, by_name);
    return true;
}

void sizes_free(struct sizes *sizes) {
    free(sizes->rows);
    *sizes = (struct sizes){ 0 };
}

struct size_row sizes_total(const struct sizes *sizes, const struct name *scheme) {
    struct size_row total = { .scheme = *scheme };
    for (size_t i = 0; i < sizes->n; i++)
        if (name_equal(&sizes->rows[i].scheme, scheme)) {
            total.customers = sum_clamped(total.customers, sizes->rows[i].customers);
            total.value = sum_clamped(total.value, sizes->rows[i].value);
            total.evaluated = sum_clamped(total.evaluated, sizes->rows[i].evaluated);
            total.expected = sum_clamped(total.expected, sizes->rows[i].expected);
        }
    return total;
}

bool sizes_is_first(const struct sizes *sizes, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (name_equal(&sizes->rows[k].scheme, &sizes->rows[i].scheme))
            return false;
    return true;
}

double sizes_share(int64_t part, int64_t whole) {
    return whole > 0 ? (double)part / (double)whole : 0;
}
