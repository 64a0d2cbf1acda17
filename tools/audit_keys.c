#include "audit_keys.h"
#include "obek/bucket.h"
#include "obek/fields.h"
#include "obek/interrupt.h"
#include "obek/model_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SCAN_COUNT "2000"

void strangers_add(struct strangers *strangers, uint16_t bucket, struct slice id) {
    if (strangers->n == strangers->capacity) {
        strangers->capacity = strangers->capacity == 0 ? 64 : 2 * strangers->capacity;
        strangers->items = xrealloc(strangers->items, strangers->capacity * sizeof *strangers->items);
    }
    strangers->items[strangers->n++] = (struct stranger){ bucket, arena_copy(&strangers->memory, id) };
}

void strangers_free(struct strangers *strangers) {
    free(strangers->items);
    arena_free(&strangers->memory);
    *strangers = (struct strangers){ 0 };
}

struct scan {
    struct store *store;
    const struct book *book;
    struct strangers *strangers;
    struct findings *findings;
    struct buffer models; /* the hashes of the cache, 64 bytes each */
};

static bool take_prefix(struct slice *text, const char *prefix) {
    size_t len = strlen(prefix);
    if (text->len < len || memcmp(text->data, prefix, len) != 0)
        return false;
    *text = (struct slice){ text->data + len, text->len - len };
    return true;
}

/* "{7}:" as obek writes it. */
static bool take_bucket(const struct scan *scan, struct slice *text, int64_t *bucket) {
    const char *end = memchr(text->data, '}', text->len);
    if (text->len == 0 || text->data[0] != '{' || end == NULL)
        return false;
    struct slice digits = { text->data + 1, (size_t)(end - text->data - 1) };
    bool canonical = digits.len > 0 && digits.data[0] != '+' && (digits.data[0] != '0' || digits.len == 1);
    *text = (struct slice){ end + 1, text->len - digits.len - 2 };
    return canonical && field_int64(digits, bucket) && *bucket >= 0 && *bucket < scan->store->buckets && take_prefix(text, ":");
}

/* A state or a profile; the one of a customer whom the book knows is held when their bucket is. */
static void see_customer(struct scan *scan, int64_t bucket, struct slice id, const char *field) {
    uint16_t right = bucket_of(id, scan->store->buckets);
    if (right == bucket) {
        if (book_find(scan->book, id) == NULL)
            strangers_add(scan->strangers, right, id);
        return;
    }
    char wanted[40], found[40];
    snprintf(wanted, sizeof wanted, "in bucket %u", right);
    snprintf(found, sizeof found, "in bucket %" PRId64, bucket);
    finding_tell(
        scan->findings,
        &(struct finding){ .kind = "customer", .place = id, .field = field, .wanted = wanted, .found = slice_of(found) });
}

static bool is_of_bucket(struct scan *scan, int64_t bucket, struct slice rest) {
    static const char *const kinds[] = { "marks", "outbox", "due", "sizes" };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (slice_is(rest, kinds[i]))
            return true;
    const char *field = take_prefix(&rest, "customer:") ? "state" : take_prefix(&rest, "profile:") ? "profile" : NULL;
    if (field == NULL || rest.len == 0 || rest.len > ORDER_ID_LENGTH_MAX)
        return false;
    see_customer(scan, bucket, rest, field);
    return true;
}

static bool is_ours(struct scan *scan, struct slice rest) {
    int64_t bucket;
    if (slice_is(rest, "meta") || slice_is(rest, "watermarks"))
        return true;
    struct slice model = rest;
    if (take_prefix(&model, "model:") && model.len == 64) {
        buffer_append_slice(&scan->models, model);
        return true;
    }
    return take_bucket(scan, &rest, &bucket) && is_of_bucket(scan, bucket, rest);
}

static void see_key(struct scan *scan, struct slice key) {
    struct slice rest = key;
    if (!take_prefix(&rest, scan->store->prefix) || !take_prefix(&rest, ":"))
        return; /* the pattern's escapes let it through */
    if (!is_ours(scan, rest))
        finding_tell(
            scan->findings,
            &(struct finding){ .kind = "key", .place = key, .field = "key", .found = slice_of("a key that obek does not make") });
}

static char *pattern_of(const char *prefix) {
    struct buffer pattern = { 0 };
    for (const char *at = prefix; *at != '\0'; at++) {
        if (strchr("*?[]^-\\", *at) != NULL)
            buffer_append(&pattern, "\\", 1);
        buffer_append(&pattern, at, 1);
    }
    buffer_append(&pattern, ":*", 3);
    return pattern.data;
}

static bool scan_all(struct scan *scan, struct error *error) {
    char cursor[24] = "0";
    char *pattern = pattern_of(scan->store->prefix);
    bool ok = true;
    do {
        const char *call[] = { "SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT };
        redis_append_text(scan->store->redis, 6, call);
        ok = redis_execute(scan->store->redis, error) && interrupt_check(error);
        if (!ok)
            break;
        const redisReply *reply = redis_answer(scan->store->redis, 0), *keys = reply->element[1];
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        for (size_t i = 0; i < keys->elements; i++)
            see_key(scan, (struct slice){ keys->element[i]->str, keys->element[i]->len });
    } while (strcmp(cursor, "0") != 0);
    free(pattern);
    return ok;
}

static bool hold_model(struct scan *scan, const char *sha256, struct error *error) {
    struct buffer file = { 0 };
    bool there;
    if (!store_model_read(scan->store, sha256, &file, &there, error))
        return false;
    struct error wrong = { "another content" };
    struct model *model = there ? model_parse(buffer_slice(&file), "the model", &wrong) : NULL;
    if (there && (model == NULL || strcmp(model->sha256, sha256) != 0))
        finding_tell(scan->findings, &(struct finding){ .kind = "model",
                                                        .place = slice_of(sha256),
                                                        .field = "file",
                                                        .wanted = "the file of this sha256",
                                                        .found = slice_of(wrong.text) });
    model_free(model);
    buffer_free(&file);
    return true;
}

static int by_bucket_and_id(const void *left, const void *right) {
    const struct stranger *a = left, *b = right;
    if (a->bucket != b->bucket)
        return a->bucket < b->bucket ? -1 : 1;
    int order = memcmp(a->id.data, b->id.data, a->id.len < b->id.len ? a->id.len : b->id.len);
    return order != 0 ? order : (a->id.len > b->id.len) - (a->id.len < b->id.len);
}

bool keys_scan(struct store *store, const struct book *book, struct strangers *strangers, struct findings *findings,
               struct error *error) {
    struct scan scan = { .store = store, .book = book, .strangers = strangers, .findings = findings };
    bool ok = scan_all(&scan, error);
    for (size_t at = 0; ok && at < scan.models.len; at += 64) {
        char sha256[65] = "";
        memcpy(sha256, scan.models.data + at, 64);
        ok = hold_model(&scan, sha256, error);
    }
    buffer_free(&scan.models);
    if (strangers->n > 0)
        qsort(strangers->items, strangers->n, sizeof *strangers->items, by_bucket_and_id);
    return ok;
}
