#include "audit_fold.h"
#include "../consumer/decoding.h"
#include "obek/bucket.h"
#include "obek/clock.h"
#include "obek/interrupt.h"
#include "obek/state_record.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#define REGISTRY_PATIENCE_MS 15000
#define REGISTRY_PAUSE_MS 200

/* A source's buckets in the order of their marks, and how many of those are passed. */
struct mark_order {
    uint16_t *buckets;
    size_t n, passed;
};

bool fold_init(struct fold *fold, struct logs *logs, struct store *store, struct error *error) {
    *fold =
        (struct fold){ .config = logs->config, .logs = logs, .buckets = store->buckets, .ledger_orders = store->ledger_orders };
    size_t places = (size_t)fold->buckets * logs->n;
    book_init(&fold->book);
    models_init(&fold->models, logs->config, store, NULL);
    fold->control = logs->n - 1;
    fold->from = xcalloc(places, sizeof *fold->from);
    fold->marks = xcalloc(places, sizeof *fold->marks);
    fold->order = xcalloc(logs->n, sizeof *fold->order);
    fold->accepted_until = xcalloc(logs->n, sizeof *fold->accepted_until);
    fold->customer = xcalloc(1, sizeof *fold->customer);
    fold->schemas = schemas_new(logs->config, error);
    if (fold->schemas == NULL)
        return false;
    struct schema_source source = schemas_source(fold->schemas);
    fold->decoder =
        decoder_new(logs->config->currencies, logs->config->channels_offline, logs->config->n_channels_offline, &source);
    return true;
}

void fold_free(struct fold *fold) {
    for (size_t s = 0; fold->order != NULL && s < fold->logs->n; s++)
        free(fold->order[s].buckets);
    book_free(&fold->book);
    models_free(&fold->models);
    if (fold->decoder != NULL)
        decoder_free(fold->decoder);
    schemas_free(fold->schemas);
    buffer_free(&fold->record);
    free(fold->from);
    free(fold->marks);
    free(fold->order);
    free(fold->accepted_until);
    free(fold->in_force);
    free(fold->customer);
}

/* ---- one customer ---- */

bool fold_customer(const struct fold *fold, struct slice id, struct customer *customer, const struct audited **audited) {
    struct error error;
    customer_init(customer, (uint16_t)fold->ledger_orders);
    *audited = book_find(&fold->book, id);
    if (*audited == NULL)
        return false;
    enum state_status status = state_record_read(customer, audited_record(*audited), (uint16_t)fold->ledger_orders, &error);
    assert(status == STATE_OK); /* our own writing */
    (void)status;
    return true;
}

/* Beyond the orders themselves, what does the ledger depend on? */
static void note_told(struct audited *audited, const struct told *told, enum ledger_verdict verdict) {
    bool refused = verdict != LEDGER_APPLIED && verdict != LEDGER_DUPLICATE;
    bool new_order = told->kind == TOLD_ORDER && told->order.kind == KIND_ORDER && verdict == LEDGER_APPLIED;
    audited->several |= audited->source != told->source;
    audited->set |= told->kind != TOLD_ORDER || refused;
    audited->mixed |= !new_order;
}

/* The customer's slot, with fold->customer as it is there. */
static struct audited **take_customer(struct fold *fold, struct slice id, uint16_t bucket, size_t source) {
    const struct audited *audited;
    fold_customer(fold, id, fold->customer, &audited);
    return book_take(&fold->book, id, bucket, (uint16_t)source);
}

static void put_customer(struct fold *fold, struct audited **slot) {
    fold->customer->revision = 0;
    buffer_clear(&fold->record);
    state_record_write(&fold->record, fold->customer);
    book_set(slot, buffer_slice(&fold->record));
}

static void note_behind(struct fold *fold, uint16_t bucket, size_t source, int64_t offset) {
    struct audit_mark *mark = fold_mark(fold, bucket, source);
    if (offset >= mark->next && offset < fold->logs->sources[source].committed && mark->behind == OFFSET_NONE)
        mark->behind = offset;
}

static bool is_to_be_folded(struct fold *fold, uint16_t bucket, size_t source, int64_t offset) {
    note_behind(fold, bucket, source, offset);
    return offset >= fold->from[bucket * fold->logs->n + source] && offset < fold_mark(fold, bucket, source)->next;
}

/* A record about a customer: into the book, or kept as it is told. */
static void fold_told(struct fold *fold, struct slice id, int64_t offset, const struct told *told) {
    uint16_t bucket = bucket_of(id, fold->buckets);
    if (!is_to_be_folded(fold, bucket, told->source, offset))
        return;
    if (fold->telling != NULL) {
        telling_add(fold->telling, id, told);
        return;
    }
    struct audited **slot = take_customer(fold, id, bucket, told->source);
    enum ledger_verdict verdict = told_apply(told, fold->customer, fold->logs->sources[told->source].watermark);
    note_told(*slot, told, verdict);
    if (verdict == LEDGER_APPLIED)
        put_customer(fold, slot);
}

/* ---- orders ---- */

/* A registry that is down says nothing of the record. */
static bool decode_patiently(struct fold *fold, size_t source, const rd_kafka_message_t *message, struct order *order,
                             bool *decoded, struct error *error) {
    struct decode_failure failure;
    const struct timespec pause = { .tv_nsec = REGISTRY_PAUSE_MS * 1000000 };
    int64_t since_ms = monotonic_ms();
    enum decode_status status;
    while ((status = decode_message(fold->decoder, fold->logs->sources[source].feed, message, wall_ms(), order, &failure)) ==
           DECODE_WAIT) {
        if (monotonic_ms() - since_ms > REGISTRY_PATIENCE_MS)
            return error_set(error, "%s", failure.error.text);
        nanosleep(&pause, NULL);
        if (!interrupt_check(error))
            return false;
    }
    *decoded = status == DECODE_OK;
    return true;
}

/* A record beyond every W that the marks know was refused when it came, as too far ahead of the clock: accepted, it would have
   been in them (as consumer/lot.c has it below the committed offset). */
static bool read_order(struct fold *fold, size_t source, const rd_kafka_message_t *message, struct error *error) {
    struct order order;
    bool decoded = false;
    bool ok = decode_patiently(fold, source, message, &order, &decoded, error);
    if (ok && decoded && order.occurred_at <= fold->accepted_until[source]) {
        fold_told(fold, order.customer_id, message->offset,
                  &(struct told){ .kind = TOLD_ORDER, .source = (uint16_t)source, .order = order });
        if (order.occurred_at > fold->logs->sources[source].watermark)
            fold->logs->sources[source].watermark = order.occurred_at;
    }
    decoder_reset(fold->decoder);
    return ok;
}

/* ---- control records ---- */

const struct model_in_force *fold_model_at(const struct fold *fold, int64_t next) {
    size_t n = fold->n_in_force;
    while (n > 0 && fold->in_force[n - 1]->note.number >= next)
        n--;
    return n == 0 ? NULL : fold->in_force[n - 1];
}

const struct model_in_force *fold_model(const struct fold *fold, int64_t number) {
    const struct model_in_force *found = fold_model_at(fold, number + 1);
    return found != NULL && found->note.number == number ? found : NULL;
}

/* One proposed twice changes nothing; one that is no valid model does not either (consumer/control.c). */
static void fold_model_record(struct fold *fold, int64_t offset, const struct control_record *control) {
    const struct model_in_force *last = fold->n_in_force == 0 ? NULL : fold->in_force[fold->n_in_force - 1];
    for (int64_t b = 0; b < fold->buckets; b++)
        note_behind(fold, (uint16_t)b, fold->control, offset);
    if (last != NULL && (last->note.number >= offset || strcmp(last->note.sha256, control->sha256) == 0))
        return;
    struct error refused;
    struct model_note note = { .number = offset, .time = control->time };
    memcpy(note.sha256, control->sha256, sizeof note.sha256);
    struct model_in_force *model = models_add(&fold->models, &note, buffer_slice(&control->file), &refused);
    if (model == NULL)
        return;
    fold->in_force = xrealloc(fold->in_force, (fold->n_in_force + 1) * sizeof(struct model_in_force *));
    fold->in_force[fold->n_in_force++] = model;
}

static void read_control(struct fold *fold, const rd_kafka_message_t *message) {
    struct control_record control;
    struct error refused;
    if (!control_record_read(&control, (struct slice){ message->payload, message->len }, &refused))
        return; /* a dead letter, which changes nobody */
    if (control.type == CONTROL_MODEL)
        fold_model_record(fold, message->offset, &control);
    bool in_force = fold_model_at(fold, message->offset) != NULL; /* without a model they are refused */
    struct told told = { .kind = TOLD_IMPORT, .source = (uint16_t)fold->control, .terms = control.import };
    for (size_t i = 0; in_force && i < control.n_customers; i++) {
        told.said = &control.customers[i];
        fold_told(fold, told.said->id, message->offset, &told);
    }
    told = (struct told){ .kind = TOLD_ERASURE, .source = (uint16_t)fold->control, .erased_at = control.time };
    if (in_force && control.type == CONTROL_ERASE)
        fold_told(fold, control.erased, message->offset, &told);
    control_record_free(&control);
}

/* ---- reading ---- */

static int by_mark(const void *left, const void *right, void *context) {
    const int64_t *next = context;
    int64_t a = next[*(const uint16_t *)left], b = next[*(const uint16_t *)right];
    return (a > b) - (a < b);
}

/* The buckets that are to go on with this source, ascending by their marks. */
static void order_marks(struct fold *fold, size_t source) {
    struct mark_order *order = &fold->order[source];
    size_t n = fold->logs->n;
    int64_t *next = xcalloc((size_t)fold->buckets, sizeof *next);
    order->buckets = xrealloc(order->buckets, (size_t)fold->buckets * sizeof *order->buckets);
    order->n = order->passed = 0;
    for (int64_t b = 0; b < fold->buckets; b++) {
        struct audit_mark *mark = fold_mark(fold, b, source);
        next[b] = mark->next;
        mark->behind = OFFSET_NONE;
        if (mark->next > fold->from[(size_t)b * n + source])
            order->buckets[order->n++] = (uint16_t)b;
        else if (mark->next == 0)
            mark->reached = TIME_NONE;
    }
    if (order->n > 0)
        qsort_r(order->buckets, order->n, sizeof *order->buckets, by_mark, next);
    free(next);
}

static void pass_marks(struct fold *fold, size_t source, int64_t offset) {
    struct mark_order *order = &fold->order[source];
    while (order->passed < order->n && fold_mark(fold, order->buckets[order->passed], source)->next <= offset)
        fold_mark(fold, order->buckets[order->passed++], source)->reached = fold->logs->sources[source].watermark;
}

/* From the lowest place up to which a bucket that goes on is folded; W there stands beside that bucket's old mark. */
static void set_range(struct fold *fold, size_t s) {
    struct log_source *source = &fold->logs->sources[s];
    const struct mark_order *order = &fold->order[s];
    bool first = source->end == 0;
    int64_t low = INT64_MAX;
    source->end = first ? source->committed : 0;
    for (int64_t b = 0; b < fold->buckets; b++)
        if (fold_mark(fold, b, s)->watermark > fold->accepted_until[s])
            fold->accepted_until[s] = fold_mark(fold, b, s)->watermark;
    for (size_t i = 0; i < order->n; i++) {
        const struct audit_mark *mark = fold_mark(fold, order->buckets[i], s);
        int64_t from = fold->from[order->buckets[i] * fold->logs->n + s];
        if (from < low) {
            low = from;
            source->watermark = mark->reached;
        }
        source->end = mark->next > source->end ? mark->next : source->end;
    }
    source->position = first ? 0 : low;
    if (first)
        source->watermark = TIME_NONE;
    if (source->end > source->high)
        source->end = source->high;
}

static bool read_record(void *context, size_t source, const rd_kafka_message_t *message, struct error *error) {
    struct fold *fold = context;
    pass_marks(fold, source, message->offset);
    if (source != fold->control)
        return read_order(fold, source, message, error);
    read_control(fold, message);
    return true;
}

static void tell_progress(void *context, uint64_t n) {
    progress_at(&((struct fold *)context)->progress, n);
}

bool fold_read(struct fold *fold, const char *label, struct error *error) {
    const struct log_reader reader = { .context = fold, .read = read_record, .progress = tell_progress };
    uint64_t records = 0;
    for (size_t s = 0; s < fold->logs->n; s++) {
        const struct log_source *source = &fold->logs->sources[s];
        order_marks(fold, s);
        set_range(fold, s);
        records += source->position < source->end ? (uint64_t)(source->end - source->position) : 0;
    }
    progress_begin(&fold->progress, label, records, progress_wanted());
    bool ok = logs_read(fold->logs, &reader, error);
    progress_end(&fold->progress, records);
    if (!ok)
        return false;
    for (size_t s = 0; s < fold->logs->n; s++)
        pass_marks(fold, s, INT64_MAX);
    for (size_t i = 0; i < (size_t)fold->buckets * fold->logs->n; i++)
        fold->from[i] = fold->marks[i].next;
    return true;
}

bool fold_tell(struct fold *fold, struct telling *telling, struct error *error) {
    fold->telling = telling;
    telling_begin(telling);
    memset(fold->from, 0, (size_t)fold->buckets * fold->logs->n * sizeof *fold->from);
    for (size_t s = 0; s < fold->logs->n; s++)
        fold->logs->sources[s].end = 0;
    bool ok = fold_read(fold, "once more, for some customers", error);
    fold->telling = NULL;
    return ok;
}
