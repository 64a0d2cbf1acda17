#include "save_call.h"
#include "obek/buffer.h"
#include "obek/sum.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void add_size(struct save_call *call, struct arena *arena, struct slice field, int64_t customers, int64_t value) {
    for (size_t i = 0; i < call->n_sizes; i++)
        if (slice_equal(call->sizes[i].field, field)) {
            call->sizes[i].customers += customers;
            call->sizes[i].value = sum_clamped(call->sizes[i].value, value);
            return;
        }
    if ((call->n_sizes & (call->n_sizes - 1)) == 0) { /* the room is the next power of two */
        struct call_size *sizes = arena_alloc(arena, (call->n_sizes == 0 ? 1 : 2 * call->n_sizes) * sizeof *sizes);
        if (call->n_sizes > 0)
            memcpy(sizes, call->sizes, call->n_sizes * sizeof *sizes);
        call->sizes = sizes;
    }
    call->sizes[call->n_sizes++] = (struct call_size){ arena_copy(arena, field), customers, value };
}

/* "<scheme>/<segment>", and what is expected under a model: "<scheme>/<segment>@<number of the model>". */
static void add_segment(struct save_call *call, struct arena *arena, const struct scheme_state *state, const struct worth *worth,
                        int sign) {
    char text[2 * NAME_LENGTH_MAX + 24];
    memcpy(text, state->scheme.text, state->scheme.len);
    text[state->scheme.len] = '/';
    memcpy(text + state->scheme.len + 1, state->segment.text, state->segment.len);
    size_t len = (size_t)state->scheme.len + 1 + state->segment.len;
    add_size(call, arena, (struct slice){ text, len }, sign, sign * worth->value);
    if (!worth->has_expected)
        return;
    len += (size_t)snprintf(text + len, sizeof text - len, "@%" PRId64, call->model->note.number);
    add_size(call, arena, (struct slice){ text, len }, sign, sign * worth->expected);
}

void save_call_sizes(struct save_call *call, struct arena *arena, const struct scheme_state *schemes, uint8_t n_schemes,
                     const struct worth *worth, int sign) {
    for (uint8_t i = 0; i < n_schemes; i++)
        if (schemes[i].segment.len > 0)
            add_segment(call, arena, &schemes[i], worth, sign);
}

/* The arguments of one EVALSHA, being put together. */
struct arguments {
    struct arena *arena;
    struct slice *items;
    size_t n, capacity;
};

static void add(struct arguments *arguments, struct slice item) {
    if (arguments->n == arguments->capacity) {
        size_t capacity = arguments->capacity * 2;
        struct slice *items = arena_alloc(arguments->arena, capacity * sizeof *items);
        memcpy(items, arguments->items, arguments->n * sizeof *items);
        arguments->items = items;
        arguments->capacity = capacity;
    }
    arguments->items[arguments->n++] = item;
}

static void add_number(struct arguments *arguments, int64_t number) {
    add(arguments, arena_number(arguments->arena, number));
}

static void add_keys(struct arguments *arguments, const struct save_call *call, const struct store *store) {
    struct arena *arena = arguments->arena;
    static const char *const kinds[] = { "marks", "outbox", "due", "sizes" };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        add(arguments, store_key(store, arena, call->bucket, kinds[i]));
    for (size_t i = 0; i < call->n_customers; i++)
        add(arguments, store_customer_key(store, arena, call->bucket, call->customers[i].cached->id));
    for (size_t i = 0; i < call->n_customers; i++)
        if (call->customers[i].profile_changed)
            add(arguments, store_profile_key(store, arena, call->bucket, call->customers[i].cached->id));
}

static void add_sources(struct arguments *arguments, const struct save_call *call) {
    add_number(arguments, (int64_t)call->n_sources);
    for (size_t i = 0; i < call->n_sources; i++) {
        const struct call_source *source = &call->sources[i];
        add(arguments, slice_of(source->source->name));
        add(arguments, slice_of(source->source->owner));
        add_number(arguments, source->expected);
        add(arguments, mark_text(arguments->arena, source->next, source->watermark, source->source->owner));
    }
}

static void add_after(struct arguments *arguments, const struct save_call *call) {
    size_t n = call->tick == NULL ? 0 : call->tick->n_after;
    add_number(arguments, (int64_t)n);
    for (size_t i = 0; i < n; i++) {
        add(arguments, call->tick->after[i].source);
        add_number(arguments, call->tick->after[i].position);
    }
}

static void add_absent(struct arguments *arguments, const struct save_call *call) {
    size_t count_at = arguments->n;
    int64_t n = 0;
    add_number(arguments, 0);
    for (size_t i = 0; i < call->n_customers; i++)
        if (call->customers[i].absent) {
            add(arguments, call->customers[i].cached->id);
            n++;
        }
    arguments->items[count_at] = arena_number(arguments->arena, n);
}

static void add_customers(struct arguments *arguments, const struct save_call *call) {
    add_number(arguments, (int64_t)call->n_customers);
    for (size_t i = 0; i < call->n_customers; i++) {
        add(arguments, call->customers[i].expected);
        add(arguments, call->customers[i].record);
    }
    size_t count_at = arguments->n;
    int64_t n_due = 0;
    add_number(arguments, 0);
    for (size_t i = 0; i < call->n_customers; i++)
        if (call->customers[i].due_changed) {
            add(arguments, call->customers[i].score);
            add(arguments, call->customers[i].cached->id);
            n_due++;
        }
    arguments->items[count_at] = arena_number(arguments->arena, n_due);
}

static void add_gone(struct arguments *arguments, const struct save_call *call) {
    size_t count_at = arguments->n;
    add_number(arguments, 0);
    for (size_t i = 0; i < call->n_customers; i++)
        if (call->customers[i].gone)
            add(arguments, call->customers[i].cached->id);
    arguments->items[count_at] = arena_number(arguments->arena, (int64_t)(arguments->n - count_at - 1));
}

static void add_outbox(struct arguments *arguments, const struct save_call *call, const struct batch *batch) {
    size_t count_at = arguments->n;
    int64_t n = 0;
    add_number(arguments, 0);
    for (uint32_t i = call->from; call->share != NULL && i < call->to; i++) {
        const struct batch_record *record = &batch->records[call->share->records[i]];
        for (uint32_t k = 0; record->publishes && k < record->n_outgoing; k++, n++) {
            add(arguments, record->outgoing[k].field);
            add(arguments, record->outgoing[k].packed);
        }
    }
    arguments->items[count_at] = arena_number(arguments->arena, n);
}

static void add_drops(struct arguments *arguments, struct save_call *call, const struct drop_list *drops) {
    if (call->before == NULL) /* the first of the bucket takes them along */
        call->n_drops = drops->n < DROPS_PER_CALL_MAX ? drops->n : DROPS_PER_CALL_MAX;
    add_number(arguments, (int64_t)call->n_drops);
    for (size_t i = 0; i < call->n_drops; i++)
        add(arguments, slice_of(drops->fields[i]));
}

static void add_sizes(struct arguments *arguments, const struct save_call *call) {
    size_t count_at = arguments->n;
    int64_t n = 0;
    add_number(arguments, 0);
    for (size_t i = 0; i < call->n_sizes; i++) {
        const struct call_size *size = &call->sizes[i];
        if (size->customers == 0 && size->value == 0)
            continue;
        add(arguments, size->field);
        add_number(arguments, size->customers);
        add_number(arguments, size->value);
        n++;
    }
    arguments->items[count_at] = arena_number(arguments->arena, n);
}

static void add_profiles(struct arguments *arguments, const struct save_call *call) {
    add_number(arguments, (int64_t)call->n_profiles);
    for (size_t i = 0; i < call->n_customers; i++) {
        const struct call_customer *customer = &call->customers[i];
        if (!customer->profile_changed)
            continue;
        add_number(arguments, (int64_t)customer->n_profile);
        for (size_t k = 0; k < 2 * customer->n_profile; k++)
            add(arguments, customer->profile[k]);
    }
}

void save_call_append(struct save_call *call, struct store *store, const struct batch *batch, const struct drops *drops,
                      struct arena *scratch) {
    struct arguments arguments = { .arena = scratch, .capacity = 512 };
    arguments.items = arena_alloc(scratch, arguments.capacity * sizeof *arguments.items);
    for (size_t i = 0; i < call->n_customers; i++)
        call->n_profiles += call->customers[i].profile_changed;
    add_keys(&arguments, call, store);
    int n_keys = (int)arguments.n;
    add(&arguments, slice_of(store->incarnation));
    add(&arguments, slice_of(call->model == NULL ? "" : call->model->text));
    add(&arguments, slice_of(call->new_model == NULL ? "" : call->new_model->text));
    add_sources(&arguments, call);
    add_after(&arguments, call);
    add_absent(&arguments, call);
    add_customers(&arguments, call);
    add_gone(&arguments, call);
    add_outbox(&arguments, call, batch);
    add_drops(&arguments, call, &drops->lists[call->bucket]);
    add_sizes(&arguments, call);
    add_profiles(&arguments, call);
    redis_append_script(store->redis, store->save, n_keys, arguments.n, arguments.items);
    arena_reset(scratch);
}
