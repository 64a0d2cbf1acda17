#include "saver.h"
#include "metrics.h"
#include "obek/clock.h"
#include "obek/failpoint.h"
#include "obek/log.h"

#include <assert.h>
#include <stdlib.h>

#define LOAD_KEYS_MAX 200

/* A round's calls, in the order of the pipeline. */
struct round {
    struct save_call **calls;
    size_t n, capacity;
    struct arena scratch;
};

static void round_add(struct round *round, struct save_call *call) {
    if (round->n == round->capacity) {
        round->capacity = round->capacity == 0 ? 256 : round->capacity * 2;
        round->calls = xrealloc(round->calls, round->capacity * sizeof(struct save_call *));
    }
    round->calls[round->n++] = call;
}

static void round_free(struct round *round) {
    free(round->calls);
    arena_free(&round->scratch);
}

enum save_result saver_failed(struct saver *saver, const struct error *error) {
    if (error->text[0] != '\0' && !redis_is_away(saver->store->redis))
        halt_raise(saver->halt, EXIT_FAILED, "redis_error", "%s", error->text);
    return SAVE_STOPPED;
}

/* ---- load: states that the cache does not know ---- */

struct load {
    struct cached_customer **customers;
    size_t n, hits; /* customers to be loaded, and those who are known */
};

static void append_mget(struct saver *saver, struct arena *scratch, struct cached_customer *const *customers, size_t n) {
    const char **call = arena_alloc(scratch, (n + 1) * sizeof *call);
    size_t *lengths = arena_alloc(scratch, (n + 1) * sizeof *lengths);
    call[0] = "MGET";
    lengths[0] = 4;
    for (size_t i = 0; i < n; i++) {
        struct slice key = store_customer_key(saver->store, scratch, customers[i]->bucket, customers[i]->id);
        call[i + 1] = key.data;
        lengths[i + 1] = key.len;
    }
    redis_append(saver->store->redis, (int)n + 1, call, lengths);
    arena_reset(scratch);
}

/* One MGET a bucket (all of its keys share a slot), of at most LOAD_KEYS_MAX keys. */
static void append_loads(struct saver *saver, const struct batch *batch, struct load *load, struct arena *scratch) {
    uint64_t stamp = ++saver->stepper.stamp;
    for (size_t s = 0; s < batch->n_shares; s++) {
        const struct share *share = &batch->shares[s];
        size_t begin = load->n;
        for (uint32_t i = share->saved; i < share->n; i++) {
            struct cached_customer *customer = batch->records[share->records[i]].customer;
            if (customer == NULL || customer->call == stamp)
                continue;
            customer->call = stamp;
            if (customer->known)
                load->hits++;
            else
                load->customers[load->n++] = customer;
        }
        if (load->n > begin)
            redis_push(saver->store->redis); /* the bucket before */
        for (size_t at = begin; at < load->n; at += LOAD_KEYS_MAX)
            append_mget(saver, scratch, load->customers + at, load->n - at < LOAD_KEYS_MAX ? load->n - at : LOAD_KEYS_MAX);
    }
}

/* False: halted at a state that cannot be read, before anything of the batch is saved (design, section 6). */
static bool take_loads(struct saver *saver, const struct load *load) {
    size_t next = 0;
    for (size_t a = 0; a < redis_answers(saver->store->redis); a++) {
        const redisReply *answer = redis_answer(saver->store->redis, a);
        for (size_t i = 0; i < answer->elements; i++) {
            const redisReply *record = answer->element[i];
            struct slice bytes = { "", 0 };
            if (record->type == REDIS_REPLY_STRING)
                bytes = (struct slice){ record->str, record->len };
            cached_customer_set(load->customers[next], bytes);
            if (!stepper_can_read(&saver->stepper, load->customers[next++]))
                return false;
        }
    }
    return true;
}

static bool load_missing(struct saver *saver, const struct batch *batch, struct arena *scratch, struct error *error) {
    struct load load = { .customers = xcalloc(batch->n, sizeof(struct cached_customer *)) };
    int64_t since = monotonic_ns();
    append_loads(saver, batch, &load, scratch);
    bool ok = load.n == 0 || (redis_execute(saver->store->redis, error) && take_loads(saver, &load));
    counter_add(SERIES(METRIC_CACHE_LOOKUPS, "hit"), load.hits);
    counter_add(SERIES(METRIC_CACHE_LOOKUPS, "miss"), load.n);
    if (load.n > 0)
        histogram_add_since(SERIES(METRIC_STAGE_SECONDS, "load"), since);
    free(load.customers);
    return ok;
}

/* ---- judging answers ---- */

static struct slice element(const redisReply *answer, size_t i) {
    if (i >= answer->elements || answer->element[i]->type != REDIS_REPLY_STRING)
        return (struct slice){ "", 0 };
    return (struct slice){ answer->element[i]->str, answer->element[i]->len };
}

static void accept_call(struct saver *saver, struct save_call *call) {
    for (size_t i = 0; i < call->n_sources; i++)
        call->sources[i].source->marks[call->bucket] = call->sources[i].next;
    if (call->share != NULL) {
        assert(call->share->saved == call->from); /* a call is taken only where the one before it was */
        call->share->saved = call->to;
    }
    if (call->new_model != NULL)
        saver->models->by_bucket[call->bucket] = (struct model_in_force *)(uintptr_t)call->new_model;
    drops_done(&saver->drops, call->bucket, call->n_drops);
}

enum marks_verdict { MARKS_DONE, MARKS_STALE, MARKS_FOREIGN };

/* Design, section 5: the owners and marks found, and what they mean. */
static enum marks_verdict judge_marks(const struct save_call *call, const redisReply *answer, bool refused_before) {
    bool done = true, untouched = true;
    for (size_t i = 0; i < call->n_sources; i++) {
        const struct call_source *source = &call->sources[i];
        struct mark mark;
        if (!mark_parse(&mark, element(answer, i + 1)) || strcmp(mark.owner, source->source->owner) != 0)
            return MARKS_FOREIGN;
        done &= mark.next >= source->next;
        untouched &= mark.next == source->source->marks[call->bucket];
    }
    if (done)
        return MARKS_DONE;
    return untouched && refused_before ? MARKS_STALE : MARKS_FOREIGN;
}

/* A refusal drops all cached states of the bucket that are newer than its last `ok`. */
static void forget_customers(const struct save_call *call) {
    for (size_t i = 0; i < call->n_customers; i++)
        call->customers[i].cached->known = false;
}

static enum save_result adopt_model(struct saver *saver, const struct save_call *call) {
    struct error error = { "" };
    struct model_in_force *model = models_get(saver->models, call->found_model, &error);
    if (model == NULL && redis_is_away(saver->store->redis))
        return SAVE_STOPPED;
    if (model == NULL) {
        halt_raise(saver->halt, EXIT_HALTED, "model", "bucket %u: %s", call->bucket, error.text);
        return SAVE_STOPPED;
    }
    saver->models->by_bucket[call->bucket] = model;
    return SAVE_DONE;
}

/* Another model is in force. None at all, although one was: Redis lost its tail. */
static enum save_result note_model(struct save_call *call, struct arena *scratch, struct slice found) {
    call->found_model = arena_copy(scratch, found);
    return found.len == 0 ? SAVE_FOREIGN : SAVE_DONE;
}

/* One answer. *refused: is a call of this bucket refused already; set when this one is. */
static enum save_result judge(struct saver *saver, struct save_call *call, const redisReply *answer, struct arena *scratch,
                              bool *refused) {
    struct slice word = element(answer, 0);
    if (slice_is(word, "ok")) {
        accept_call(saver, call);
        return SAVE_DONE;
    }
    if (slice_is(word, "marks")) {
        enum marks_verdict verdict = judge_marks(call, answer, *refused);
        if (verdict == MARKS_DONE)
            accept_call(saver, call);
        else
            forget_customers(call);
        return verdict == MARKS_FOREIGN ? SAVE_FOREIGN : SAVE_DONE;
    }
    *refused = true;
    forget_customers(call);
    counter_add(SERIES(METRIC_SAVES_REFUSED, NULL), 1);
    if (slice_is(word, "wait"))
        return SAVE_WAIT;
    if (slice_is(word, "model"))
        return note_model(call, scratch, element(answer, 1));
    if (slice_is(word, "moved"))
        return SAVE_DONE;
    if (slice_is(word, "index")) {
        halt_raise(saver->halt, EXIT_HALTED, "damaged_state", "bucket %u: customer '%.*s' is in the index but has no state",
                   call->bucket, (int)element(answer, 1).len, element(answer, 1).data);
        return SAVE_STOPPED;
    }
    halt_raise(saver->halt, EXIT_HALTED, "incarnation",
               "bucket %u has incarnation '%.*s', not %s: Redis was emptied or is another one (see docs/operations.md)",
               call->bucket, (int)element(answer, 1).len, element(answer, 1).data, saver->store->incarnation);
    return SAVE_STOPPED;
}

static enum save_result judge_round(struct saver *saver, struct round *round) {
    enum save_result result = SAVE_DONE;
    bool refused = false, waits = false;
    for (size_t i = 0; i < round->n && result == SAVE_DONE; i++) {
        if (i == 0 || round->calls[i]->bucket != round->calls[i - 1]->bucket)
            refused = false;
        result = judge(saver, round->calls[i], redis_answer(saver->store->redis, i), &round->scratch, &refused);
        waits |= result == SAVE_WAIT;
        result = result == SAVE_WAIT ? SAVE_DONE : result; /* the other buckets need not wait */
    }
    /* only now: looking for a model asks Redis, and that ends the answers */
    for (size_t i = 0; i < round->n && result == SAVE_DONE; i++)
        if (round->calls[i]->found_model.data != NULL)
            result = adopt_model(saver, round->calls[i]);
    if (result == SAVE_FOREIGN)
        log_event(LOG_LEVEL_WARN, "not_the_owner", { "what", LOG_S("another owner or a lost tail; joining the group again") });
    return result == SAVE_DONE && waits ? SAVE_WAIT : result;
}

/* ---- save ---- */

static bool step_share(struct saver *saver, struct batch *batch, struct share *share, struct round *round, int64_t now) {
    struct save_call *call = NULL;
    while ((call == NULL ? share->saved : call->to) < share->n) {
        call = stepper_call(&saver->stepper, batch, share, call, now);
        if (call == NULL)
            return false;
        round_add(round, call);
    }
    return true;
}

static void append_calls(struct saver *saver, const struct batch *batch, struct round *round, size_t from) {
    struct error error = { "" };
    (void)error; /* of a failpoint */
    for (size_t i = from; i < round->n; i++) {
        /* between the calls of a share that was cut */
        if (round->calls[i]->before != NULL)
            FAILPOINT_AFTER("between-calls", redis_execute(saver->store->redis, &error));
        save_call_append(round->calls[i], saver->store, batch, &saver->drops, &round->scratch);
    }
}

/* Steps everything before anything is sent: what the steps find may forbid the save. */
static bool step_first(struct saver *saver, struct batch *batch, struct round *round, int64_t now) {
    for (size_t s = 0; s < batch->n_shares; s++)
        if (!step_share(saver, batch, &batch->shares[s], round, now))
            return false;
    FAILPOINT("after-step");
    if (!saver->admit(saver->admit_context, batch))
        return false;
    append_calls(saver, batch, round, 0);
    FAILPOINT("before-save");
    return true;
}

/* Sends each share as soon as it is stepped: Redis saves it while the next one is stepped. */
static bool step_and_push(struct saver *saver, struct batch *batch, struct round *round, int64_t now) {
    struct error error = { "" };
    (void)error; /* of a failpoint */
    for (size_t s = 0; s < batch->n_shares; s++) {
        size_t from = round->n;
        if (!step_share(saver, batch, &batch->shares[s], round, now))
            return false;
        append_calls(saver, batch, round, from);
        if (s == 0)
            FAILPOINT("before-save");
        redis_push(saver->store->redis);
        if (s == batch->n_shares / 2)
            FAILPOINT_AFTER("mid-save", redis_execute(saver->store->redis, &error));
    }
    FAILPOINT("after-step");
    return true;
}

static enum save_result finish_round(struct saver *saver, struct round *round) {
    struct error error = { "" };
    if (round->n == 0)
        return SAVE_DONE;
    if (!redis_execute(saver->store->redis, &error))
        return saver_failed(saver, &error);
    FAILPOINT("after-save");
    return judge_round(saver, round);
}

static bool is_saved(const struct batch *batch) {
    for (size_t s = 0; s < batch->n_shares; s++)
        if (batch->shares[s].saved < batch->shares[s].n)
            return false;
    return true;
}

/* Steps the batch and has its calls on their way. False: halted. Only the first round's records are counted: `admitted`. */
static bool step_round(struct saver *saver, struct batch *batch, struct round *round, int64_t now, bool *admitted) {
    round->n = 0;
    bool counted = *admitted;
    *admitted = true;
    if (!counted && !saver->is_safe(saver->admit_context, batch))
        return step_first(saver, batch, round, now);
    return step_and_push(saver, batch, round, now) && (counted || saver->admit(saver->admit_context, batch));
}

enum save_result saver_save(struct saver *saver, struct batch *batch, int64_t now) {
    struct round round = { 0 };
    enum save_result result = SAVE_DONE;
    bool admitted = false;
    while (result == SAVE_DONE && (!admitted || !is_saved(batch))) {
        struct error error = { "" };
        if (!load_missing(saver, batch, &round.scratch, &error)) {
            result = saver_failed(saver, &error);
            break;
        }
        FAILPOINT("after-load");
        int64_t since = monotonic_ns();
        if (step_round(saver, batch, &round, now, &admitted)) {
            result = finish_round(saver, &round);
            histogram_add_since(SERIES(METRIC_STAGE_SECONDS, "step_save"), since);
        } else {
            redis_discard(saver->store->redis);
            result = SAVE_STOPPED;
        }
    }
    round_free(&round);
    return result;
}

/* ---- advance ---- */

static struct save_call *advance_call(struct saver *saver, struct sources *sources, struct arena *arena, uint16_t bucket,
                                      const struct control_effect *effect) {
    struct save_call *call = arena_alloc(arena, sizeof *call);
    *call = (struct save_call){ .bucket = bucket };
    if (effect != NULL && effect->by->marks[bucket] < effect->by->position) {
        call->new_model = effect->model;
        call->tick = effect->tick;
    }
    call->sources = arena_alloc(arena, (sources->n + 1) * sizeof *call->sources);
    for (size_t i = 0; i < sources->n; i++) {
        struct source *source = &sources->items[i];
        if (source->marks[bucket] < source->position)
            call->sources[call->n_sources++] = (struct call_source){
                .source = source, .expected = source->marks[bucket], .next = source->position, .watermark = source->watermark
            };
    }
    return call->n_sources > 0 || saver->drops.lists[bucket].n > 0 ? call : NULL;
}

static enum save_result advance_once(struct saver *saver, struct sources *sources, const struct control_effect *effect) {
    struct round round = { 0 };
    struct arena arena = { 0 };
    for (int64_t b = 0; b < saver->store->buckets; b++) {
        struct save_call *call = advance_call(saver, sources, &arena, (uint16_t)b, effect);
        if (call != NULL)
            round_add(&round, call);
    }
    append_calls(saver, NULL, &round, 0);
    enum save_result result = finish_round(saver, &round);
    round_free(&round);
    arena_free(&arena);
    return result;
}

enum save_result saver_advance(struct saver *saver, struct sources *sources, const struct control_effect *effect) {
    enum save_result result;
    do
        result = advance_once(saver, sources, effect);
    while (result == SAVE_DONE && !drops_empty(&saver->drops)); /* a bucket may have more of them than one call takes */
    return result;
}
