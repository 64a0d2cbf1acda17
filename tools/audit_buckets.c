/* One bucket: all its customers, as they were at one instant. */
#include "../consumer/save_call.h"
#include "audit_run.h"
#include "obek/bucket.h"
#include "obek/interrupt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CUSTOMERS_A_CALL 200
#define SCAN_COUNT "1000"
#define ATTEMPTS 3 /* to find a bucket unchanged by some calls; then one call reads all of it */

struct look {
    int64_t bucket;
    struct slice *ids;
    size_t n, capacity;
    size_t a_call;      /* customers in one call */
    struct arena arena; /* of ids and keys */
};

static void add_id(struct look *look, struct slice id) {
    if (look->n == look->capacity) {
        look->capacity = look->capacity == 0 ? 256 : 2 * look->capacity;
        look->ids = xrealloc(look->ids, look->capacity * sizeof *look->ids);
    }
    look->ids[look->n++] = id;
}

static int by_bytes(const void *left, const void *right) {
    const struct slice *a = left, *b = right;
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* Whoever is in the index without being known otherwise. */
static bool add_indexed(struct audit *audit, struct look *look, struct error *error) {
    char cursor[24] = "0";
    struct redis *redis = audit->reading.store->redis;
    struct slice key = store_key(audit->reading.store, &look->arena, look->bucket, "due");
    do {
        const char *call[] = { "ZSCAN", key.data, cursor, "COUNT", SCAN_COUNT };
        redis_append_text(redis, 5, call);
        if (!redis_execute(redis, error) || !interrupt_check(error))
            return false;
        const redisReply *reply = redis_answer(redis, 0), *members = reply->element[1];
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        for (size_t i = 0; i + 1 < members->elements; i += 2) {
            struct slice id = { members->element[i]->str, members->element[i]->len };
            if (bucket_of(id, audit->fold.buckets) != look->bucket)
                audit_tell_bucket(audit, look->bucket, "index", NULL, id);
            else if (book_find(&audit->fold.book, id) == NULL)
                add_id(look, arena_copy(&look->arena, id));
        }
    } while (strcmp(cursor, "0") != 0);
    return true;
}

/* Strangers first, each once; then those whom the book knows. */
static bool gather(struct audit *audit, struct look *look, struct error *error) {
    const struct strangers *strangers = &audit->strangers;
    for (; audit->next_stranger < strangers->n && strangers->items[audit->next_stranger].bucket == look->bucket;)
        add_id(look, strangers->items[audit->next_stranger++].id);
    if (!add_indexed(audit, look, error))
        return false;
    size_t n = look->n < 2 ? look->n : 1;
    if (look->n > 1)
        qsort(look->ids, look->n, sizeof *look->ids, by_bytes);
    for (size_t i = 1; i < look->n; i++)
        if (!slice_equal(look->ids[i], look->ids[n - 1]))
            look->ids[n++] = look->ids[i];
    look->n = n;
    for (; audit->next_audited < audit->n_audited && audit->audited[audit->next_audited]->bucket == look->bucket;)
        add_id(look, audited_id(audit->audited[audit->next_audited++]));
    return true;
}

/* Customers [from, to); the last call takes sizes and outbox along. */
static void append_call(struct audit *audit, struct look *look, size_t from, size_t to) {
    static const char *const kinds[] = { "marks", "due", "sizes", "outbox" };
    struct store *store = audit->reading.store;
    struct arena arena = { 0 };
    size_t n = 0, customers = to - from;
    struct slice *arguments = arena_alloc(&arena, (5 + 3 * customers) * sizeof *arguments);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        arguments[n++] = store_key(store, &arena, look->bucket, kinds[i]);
    for (size_t i = from; i < to; i++)
        arguments[n++] = store_customer_key(store, &arena, look->bucket, look->ids[i]);
    for (size_t i = from; i < to; i++)
        arguments[n++] = store_profile_key(store, &arena, look->bucket, look->ids[i]);
    size_t keys = n;
    arguments[n++] = slice_of(to == look->n ? "1" : "0");
    for (size_t i = from; i < to; i++)
        arguments[n++] = look->ids[i];
    redis_append_script(store->redis, audit->script, (int)keys, n, arguments);
    arena_free(&arena);
}

static bool same_texts(const redisReply *a, const redisReply *b) {
    bool same = a->elements == b->elements;
    for (size_t i = 0; same && i < a->elements; i++)
        same = slice_equal(audit_text(a->element[i]), audit_text(b->element[i]));
    return same;
}

/* Every save writes marks: where those are the same in all calls, nothing was saved between them. */
static bool read_once(struct audit *audit, struct look *look, bool *unchanged, struct error *error) {
    struct redis *redis = audit->reading.store->redis;
    size_t from = 0;
    do {
        size_t to = look->n - from < look->a_call ? look->n : from + look->a_call;
        append_call(audit, look, from, to);
        from = to;
    } while (from < look->n);
    if (!redis_execute(redis, error))
        return false;
    *unchanged = true;
    for (size_t i = 1; i < redis_answers(redis); i++)
        *unchanged = *unchanged && same_texts(redis_answer(redis, 0)->element[0], redis_answer(redis, i)->element[0]);
    return true;
}

static bool read_bucket(struct audit *audit, struct look *look, struct error *error) {
    bool unchanged = false, ok = true;
    look->a_call = CUSTOMERS_A_CALL;
    for (int i = 0; ok && !unchanged && i < ATTEMPTS; i++)
        ok = read_once(audit, look, &unchanged, error);
    if (!ok || unchanged)
        return ok;
    look->a_call = look->n + 1;
    return read_once(audit, look, &unchanged, error);
}

/* ---- holding ---- */

static struct slice copy(struct arena *arena, struct slice text) {
    return text.data == NULL ? text : arena_copy(arena, text);
}

static struct pairs pairs_in(struct arena *arena, const redisReply *hash) {
    struct pairs pairs = { .n = hash->elements / 2, .texts = arena_alloc(arena, (hash->elements + 1) * sizeof(struct slice)) };
    for (size_t i = 0; i < 2 * pairs.n; i++)
        pairs.texts[i] = audit_text(hash->element[i]);
    return pairs;
}

static void keep(struct arena *arena, struct snapshot **list, size_t *n, const struct snapshot *snapshot) {
    struct snapshot kept = *snapshot;
    kept.id = copy(arena, snapshot->id);
    kept.state = copy(arena, snapshot->state);
    kept.score = copy(arena, snapshot->score);
    kept.profile.texts = arena_alloc(arena, (2 * kept.profile.n + 1) * sizeof(struct slice));
    for (size_t i = 0; i < 2 * kept.profile.n; i++)
        kept.profile.texts[i] = copy(arena, snapshot->profile.texts[i]);
    if ((*n & (*n - 1)) == 0)
        *list = xrealloc(*list, (*n == 0 ? 1 : 2 * *n) * sizeof **list);
    (*list)[(*n)++] = kept;
}

void audit_keep_undecided(void *context, const struct snapshot *snapshot) {
    struct audit *audit = context;
    if (audit->are_suspects)
        audit->holder.findings->undecided++;
    else
        keep(&audit->arena, &audit->undecided, &audit->n_undecided, snapshot);
}

/* Whether the bucket is where the fold is. If it has gone on, whoever differs is a suspect only. */
static bool is_at_the_fold(struct audit *audit, int64_t bucket, const redisReply *marks) {
    bool there = true;
    for (size_t s = 0; s < audit->logs.n; s++) {
        struct mark_seen *seen = &audit->seen[(size_t)bucket * audit->logs.n + s];
        *seen = marks_of(audit, marks, s);
        there = there && seen->next == fold_mark(&audit->fold, bucket, s)->next;
    }
    return there;
}

static const struct customer *hold_one(struct audit *audit, const struct snapshot *snapshot, bool told) {
    struct findings first = { .silent = true };
    audit->customers++;
    if (told)
        return hold_customer(&audit->holder, snapshot);
    audit->holder.findings = &first;
    audit->are_suspects = true;
    const struct customer *found = hold_customer(&audit->holder, snapshot);
    audit->holder.findings = &audit->findings;
    audit->are_suspects = false;
    if (first.differences + first.undecided > 0)
        keep(&audit->arena, &audit->suspects, &audit->n_suspects, snapshot);
    return found;
}

static void add_worth(struct save_call *sizes, struct arena *arena, const struct customer *customer) {
    struct worth worth = worth_of(customer, sizes->model == NULL ? NULL : sizes->model->model);
    save_call_sizes(sizes, arena, customer->schemes, customer->n_schemes, &worth, 1);
}

static void hold_all(struct audit *audit, const struct look *look) {
    struct redis *redis = audit->reading.store->redis;
    size_t calls = redis_answers(redis);
    const redisReply *marks = redis_answer(redis, 0)->element[0], *last = redis_answer(redis, calls - 1);
    bool told = is_at_the_fold(audit, look->bucket, marks), readable = true;
    struct arena arena = { 0 };
    int64_t control = audit->seen[(size_t)look->bucket * audit->logs.n + audit->fold.control].next;
    const struct model_in_force *model = fold_model_at(&audit->fold, control);
    bool known = model != NULL && slice_is(audit_field(marks, slice_of("model")), model->text);
    struct save_call sizes = { .model = known ? model : NULL };
    for (size_t i = 0; i < look->n; i++) {
        const redisReply *call = redis_answer(redis, i / look->a_call);
        size_t at = i % look->a_call;
        struct snapshot snapshot = { .id = look->ids[i],
                                     .bucket = look->bucket,
                                     .state = audit_text(call->element[1]->element[at]),
                                     .score = audit_text(call->element[2]->element[at]),
                                     .profile = pairs_in(&arena, call->element[3]->element[at]),
                                     .model = model };
        const struct customer *found = hold_one(audit, &snapshot, told);
        readable = readable && (found != NULL || snapshot.state.data == NULL);
        if (found != NULL)
            add_worth(&sizes, &arena, found);
    }
    if (readable) /* else they cannot be told, and that has been said */
        sizes_hold(audit, look->bucket, &sizes, last->element[4]);
    outbox_hold(audit, look->bucket, last->element[5], marks);
    arena_free(&arena);
}

bool bucket_hold(struct audit *audit, int64_t bucket, struct error *error) {
    struct look look = { .bucket = bucket };
    bool ok = gather(audit, &look, error) && read_bucket(audit, &look, error);
    if (ok)
        hold_all(audit, &look);
    free(look.ids);
    arena_free(&look.arena);
    return ok;
}
