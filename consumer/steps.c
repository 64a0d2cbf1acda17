#include "steps.h"
#include "obek/state_record.h"
#include "profile.h"
#include "store_due.h"
#include "worth.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define NO_RECORD UINT32_MAX

void stepper_init(struct stepper *stepper, const struct config *config, struct store *store, struct models *models,
                  struct event_maker *events, struct halt *halt) {
    *stepper = (struct stepper){ .config = config, .store = store, .models = models, .events = events, .halt = halt };
    if (getrandom(&stepper->revision, sizeof stepper->revision, 0) != (ssize_t)sizeof stepper->revision) {
        perror("obek: getrandom");
        abort();
    }
}

void stepper_free(struct stepper *stepper) {
    transitions_free(&stepper->transitions);
    buffer_free(&stepper->record);
}

/* What is remembered of a customer from before the call's records. */
struct before {
    bool existed, tombstone;
    int64_t due;
    struct worth worth;
    uint8_t n_schemes;
    struct scheme_state schemes[MODEL_SCHEMES_MAX];
};

static void remember(struct before *before, const struct customer *customer, bool existed, const struct model *model) {
    before->existed = existed;
    before->tombstone = customer_is_tombstone(customer);
    before->due = customer->due;
    before->worth = worth_of(customer, model);
    before->n_schemes = customer->n_schemes;
    memcpy(before->schemes, customer->schemes, customer->n_schemes * sizeof customer->schemes[0]);
}

bool stepper_can_read(struct stepper *stepper, const struct cached_customer *cached) {
    struct customer *customer = &stepper->customer;
    customer_init(customer, (uint16_t)stepper->store->ledger_orders);
    if (cached->record_len == 0)
        return true;
    struct error error;
    enum state_status status = state_record_read(customer, (struct slice){ cached->record, cached->record_len },
                                                 (uint16_t)stepper->store->ledger_orders, &error);
    if (status == STATE_OK)
        return true;
    return halt_raise(stepper->halt, EXIT_HALTED, status == STATE_NEWER ? "newer_state" : "damaged_state",
                      "bucket %u: the state of customer '%.*s': %s", cached->bucket, (int)cached->id.len, cached->id.data,
                      error.text);
}

static bool same_segments(const struct before *before, const struct customer *after) {
    if (before->n_schemes != after->n_schemes)
        return false;
    for (uint8_t i = 0; i < after->n_schemes; i++)
        if (!name_equal(&before->schemes[i].scheme, &after->schemes[i].scheme) ||
            !name_equal(&before->schemes[i].segment, &after->schemes[i].segment) ||
            before->schemes[i].since != after->schemes[i].since)
            return false;
    return true;
}

/* What people and other programs read (design, section 5 "profile"). */
static void fill_profile(const struct stepper *stepper, struct call_customer *item, struct arena *arena,
                         const struct before *before) {
    const struct customer *customer = &stepper->customer;
    enum redis_readable readable = stepper->config->redis_readable;
    bool tombstone = customer_is_tombstone(customer); /* nothing of it may stay, whatever is to be readable now */
    item->profile_changed =
        tombstone ? !before->tombstone
                  : readable == READABLE_FULL || (readable == READABLE_SEGMENTS && !same_segments(before, customer));
    if (!item->profile_changed || tombstone)
        return;
    item->profile = arena_alloc(arena, PROFILE_TEXTS_MAX * sizeof *item->profile);
    item->n_profile = profile_fields(item->profile, arena, customer, stepper->config);
}

static void refuse(struct stepper *stepper, struct batch *batch, struct batch_record *record, enum ledger_verdict verdict) {
    static const char *const reasons[] = { [LEDGER_UNKNOWN_ORDER] = "unknown_order",
                                           [LEDGER_TOO_MANY_WAITING] = "too_many_waiting",
                                           [LEDGER_TOO_MANY_RETURNS] = "too_many_returns",
                                           [LEDGER_OVERFLOW] = "overflow" };
    record->refused = true;
    record->reason = reasons[verdict];
    record->message_text = arena_printf(&batch->arena, "%s", ledger_verdict_text(verdict));
    event_maker_dead(stepper->events, &batch->arena, record);
}

/* The transitions leave with the record, unless they left before Redis lost its tail. False: halted. */
static bool make_events(struct stepper *stepper, struct batch *batch, struct batch_record *record, const struct model *model,
                        int64_t now) {
    struct error error;
    return !record->publishes ||
           event_maker_add(stepper->events, &batch->arena, record, model, &stepper->transitions, 0, now, &error) ||
           halt_raise(stepper->halt, EXIT_FAILED, "internal", "%s", error.text);
}

/* Time reaches the customer. True: that changed something. */
static bool live_until(struct stepper *stepper, const struct model *model, int64_t up_to) {
    struct customer *customer = &stepper->customer;
    int64_t due = customer->due, number = customer->model;
    customer_live_until(customer, model, up_to, &stepper->transitions);
    return customer->due != due || customer->model != number;
}

static enum ledger_verdict set_ledger(struct stepper *stepper, const struct model *model, const struct import_terms *terms,
                                      const struct import_customer *said) {
    struct ledger *ledger = &stepper->imported;
    struct import import = { .ledger = ledger,
                             .until = terms->until,
                             .time = terms->time,
                             .publish = terms->publish,
                             .n_came_to = said->n_came_to,
                             .came_to = said->came_to };
    import_customer_ledger(ledger, said);
    return customer_import(&stepper->customer, model, &import, &stepper->transitions);
}

/* A control record reaches the customer. True: that changed something. */
static bool reach_record(struct stepper *stepper, struct batch *batch, struct batch_record *record, const struct model *model,
                         int64_t now, bool *failed) {
    const struct control_record *by = batch->reached_by;
    assert(by != NULL);
    bool changed;
    transitions_clear(&stepper->transitions);
    if (by->type == CONTROL_TICK) {
        changed = live_until(stepper, model, by->tick.up_to);
    } else {
        record->verdict = by->type == CONTROL_IMPORT ? set_ledger(stepper, model, &by->import, record->import)
                                                     : customer_erase(&stepper->customer, model, by->time, &stepper->transitions);
        changed = record->verdict == LEDGER_APPLIED;
    }
    *failed |= !make_events(stepper, batch, record, model, now);
    return changed;
}

/* One order through the core. True: the customer was changed. */
static bool step_record(struct stepper *stepper, struct batch *batch, struct batch_record *record, const struct model *model,
                        int64_t now, bool *failed) {
    if (record->reached)
        return reach_record(stepper, batch, record, model, now, failed);
    transitions_clear(&stepper->transitions);
    enum ledger_verdict verdict =
        customer_step(&stepper->customer, model, &record->order, record->watermark, &stepper->transitions);
    if (verdict == LEDGER_DUPLICATE)
        return false;
    if (verdict != LEDGER_APPLIED) {
        refuse(stepper, batch, record, verdict);
        return false;
    }
    *failed |= !make_events(stepper, batch, record, model, now);
    return true;
}

/* Every customer is in the index, with their due time; tombstones are not: nothing ever becomes of them by itself. */
static void index_customer(struct call_customer *item, struct arena *arena, const struct before *before,
                           const struct customer *after, bool changed, bool by_tick) {
    bool tombstone = customer_is_tombstone(after), new = !before->existed || before->tombstone;
    /* a tick also mends an entry that is not the state's due time */
    item->gone = tombstone && (by_tick || !new);
    item->due_changed = !tombstone && (by_tick || (new &&changed) || before->due != after->due);
    if (item->due_changed)
        item->score = arena_number(arena, due_score(after, item->cached->id));
}

static bool step_customer(struct stepper *stepper, struct batch *batch, struct save_call *call, struct call_customer *item,
                          int64_t now) {
    struct before before;
    struct cached_customer *cached = item->cached;
    struct customer *customer = &stepper->customer;
    bool by_tick = batch->reached_by != NULL && batch->reached_by->type == CONTROL_TICK;
    if (!stepper_can_read(stepper, cached))
        return false;
    if (by_tick && cached->record_len == 0)
        return item->absent =
                   true; /* it is in the index but has no state: the script tells whether Redis lost its tail meanwhile */
    remember(&before, customer, cached->record_len > 0, call->model->model);
    if (before.existed)
        item->expected = arena_copy(&batch->arena, (struct slice){ cached->record, REVISION_BYTES });
    bool changed = false, failed = false;
    for (uint32_t i = item->first; i != NO_RECORD; i = call->next[i])
        changed |=
            step_record(stepper, batch, &batch->records[call->share->records[call->from + i]], call->model->model, now, &failed);
    if (failed)
        return false;
    index_customer(item, &batch->arena, &before, customer, changed, by_tick);
    if (!changed)
        return true;
    customer->revision = ++stepper->revision;
    buffer_clear(&stepper->record);
    state_record_write(&stepper->record, customer);
    item->record = arena_copy(&batch->arena, buffer_slice(&stepper->record));
    cached_customer_set(cached, item->record);
    fill_profile(stepper, item, &batch->arena, &before);
    struct worth worth = worth_of(customer, call->model->model);
    save_call_sizes(call, &batch->arena, before.schemes, before.n_schemes, &before.worth, -1);
    save_call_sizes(call, &batch->arena, customer->schemes, customer->n_schemes, &worth, 1);
    return true;
}

/* All sources of the calls before it, at the marks where those leave them: a call whose own records are of other sources must be
   refused, too, when one before it was. */
static void follow_sources(struct save_call *call) {
    for (size_t i = 0; call->before != NULL && i < call->before->n_sources; i++) {
        call->sources[i] = call->before->sources[i];
        call->sources[i].expected = call->sources[i].next;
        call->n_sources++;
    }
}

static void note_source(struct save_call *call, const struct batch_record *record) {
    struct call_source *at = call->sources;
    while (at < call->sources + call->n_sources && at->source != record->source)
        at++;
    if (at == call->sources + call->n_sources) {
        *at = (struct call_source){ .source = record->source, .expected = record->source->marks[call->bucket] };
        call->n_sources++;
    }
    at->next = record->offset + 1;
    at->watermark = record->watermark_after;
}

static void chain_customer(struct save_call *call, struct cached_customer *cached, uint32_t place) {
    call->next[place] = NO_RECORD;
    if (cached->call == call->stamp) {
        struct call_customer *item = &call->customers[cached->index];
        call->next[item->last] = place;
        item->last = place;
        return;
    }
    cached->call = call->stamp;
    cached->index = (uint32_t)call->n_customers;
    call->customers[call->n_customers++] = (struct call_customer){ .cached = cached, .first = place, .last = place };
}

/* Takes records into the call until it is full: "cut by offset". All that a control record reaches has one. */
static void take_records(struct save_call *call, struct batch *batch) {
    const struct share *share = call->share;
    bool whole = batch->reached_by != NULL;
    for (call->to = call->from; call->to < share->n && (whole || call->to - call->from < CALL_RECORDS_MAX); call->to++) {
        struct batch_record *record = &batch->records[share->records[call->to]];
        bool full = !whole && call->n_customers == CALL_CUSTOMERS_MAX;
        if (full && record->customer != NULL && record->customer->call != call->stamp)
            break;
        if (record->customer != NULL) {
            record->refused = false;
            record->n_outgoing = 0;
            chain_customer(call, record->customer, call->to - call->from);
        }
        note_source(call, record);
    }
}

struct save_call *stepper_call(struct stepper *stepper, struct batch *batch, struct share *share, const struct save_call *before,
                               int64_t now) {
    uint32_t from = before == NULL ? share->saved : before->to;
    struct arena *arena = &batch->arena;
    uint32_t rest = share->n - from;
    const struct control_record *by = batch->reached_by;
    uint32_t records = by != NULL || rest < CALL_RECORDS_MAX ? rest : CALL_RECORDS_MAX;
    uint32_t customers = by != NULL || rest < CALL_CUSTOMERS_MAX ? rest : CALL_CUSTOMERS_MAX;
    struct save_call *call = arena_alloc(arena, sizeof *call);
    *call = (struct save_call){ .share = share,
                                .before = before,
                                .bucket = share->bucket,
                                .from = from,
                                .stamp = ++stepper->stamp,
                                .tick = by != NULL && by->type == CONTROL_TICK ? &by->tick : NULL,
                                .model = stepper->models->by_bucket[share->bucket] };
    call->next = arena_alloc(arena, records * sizeof *call->next);
    call->customers = arena_alloc(arena, customers * sizeof *call->customers);
    call->sources = arena_alloc(arena, batch->n_ends * sizeof *call->sources);
    follow_sources(call);
    take_records(call, batch);
    for (size_t i = 0; i < call->n_customers; i++)
        if (!step_customer(stepper, batch, call, &call->customers[i], now))
            return NULL;
    return call;
}
