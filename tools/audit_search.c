/* Tries the orders in which several sources may have been read: depth first, each state that is reached looked at once. */
#include "audit_told.h"
#include "obek/buffer.h"
#include "obek/state_record.h"

#include <assert.h>
#include <stdlib.h>

#define STATES_MAX 100000
#define SLOTS (4 * STATES_MAX)

/* How far each source is read, and the customer then. */
struct node {
    uint32_t at[TOLD_SOURCES_MAX];
    struct slice record; /* length 0: nothing was applied yet */
};

struct search {
    const struct told_customer *asked;
    uint16_t ledger_capacity;
    size_t n_sources;
    uint32_t n[TOLD_SOURCES_MAX];             /* records of each */
    const struct told **of[TOLD_SOURCES_MAX]; /* in their order */
    struct node *stack;
    size_t depth, capacity;
    uint64_t *seen; /* hashes of nodes; 0: free */
    size_t states;
    struct customer *customer;
    struct buffer bytes;
    struct arena arena;
};

static bool split(struct search *search) {
    uint16_t sources[TOLD_SOURCES_MAX];
    for (size_t i = 0; i < search->asked->n; i++) {
        const struct told *told = &search->asked->items[i];
        size_t s = 0;
        while (s < search->n_sources && sources[s] != told->source)
            s++;
        if (s == TOLD_SOURCES_MAX)
            return false;
        if (s == search->n_sources) {
            sources[search->n_sources++] = told->source;
            search->of[s] = arena_alloc(&search->arena, search->asked->n * sizeof *search->of[s]);
        }
        search->of[s][search->n[s]++] = told;
    }
    return true;
}

/* True: the node is a new one. */
static bool note(struct search *search, const struct node *node) {
    buffer_clear(&search->bytes);
    buffer_append(&search->bytes, node->at, search->n_sources * sizeof node->at[0]);
    buffer_append_slice(&search->bytes, node->record);
    uint64_t hash = order_hash(buffer_slice(&search->bytes)) | 1;
    size_t slot = (hash >> 20) % SLOTS;
    while (search->seen[slot] != 0 && search->seen[slot] != hash)
        slot = (slot + 1) % SLOTS;
    if (search->seen[slot] == hash)
        return false;
    search->seen[slot] = hash;
    search->states++;
    return true;
}

static void push(struct search *search, const struct node *node) {
    if (!note(search, node))
        return;
    if (search->depth == search->capacity) {
        search->capacity = search->capacity == 0 ? 64 : 2 * search->capacity;
        search->stack = xrealloc(search->stack, search->capacity * sizeof *search->stack);
    }
    search->stack[search->depth++] = *node;
    search->stack[search->depth - 1].record = arena_copy(&search->arena, node->record);
}

static void unpack(struct search *search, struct slice record) {
    struct error error;
    customer_init(search->customer, search->ledger_capacity);
    enum state_status status =
        record.len == 0 ? STATE_OK : state_record_read(search->customer, record, search->ledger_capacity, &error);
    assert(status == STATE_OK); /* our own writing */
    (void)status;
}

/* The nodes behind this one: one record further in one source. */
static bool follow(struct search *search, const struct node *node) {
    bool last = true;
    struct buffer record = { 0 };
    for (size_t s = search->n_sources; s > 0; s--) {
        struct node next = *node;
        if (node->at[s - 1] == search->n[s - 1])
            continue;
        last = false;
        unpack(search, node->record);
        if (told_apply(search->of[s - 1][next.at[s - 1]++], search->customer, TIME_NONE) == LEDGER_APPLIED) {
            buffer_clear(&record);
            search->customer->revision = 0;
            state_record_write(&record, search->customer);
            next.record = buffer_slice(&record);
        }
        push(search, &next);
    }
    buffer_free(&record);
    return last;
}

enum told_answer told_search(const struct told_customer *asked, uint16_t ledger_capacity,
                             bool (*same)(void *context, const struct customer *customer), void *context) {
    struct search search = { .asked = asked, .ledger_capacity = ledger_capacity };
    enum told_answer answer = split(&search) ? TOLD_IMPOSSIBLE : TOLD_TOO_MANY;
    search.customer = xcalloc(1, sizeof *search.customer);
    search.seen = xcalloc(SLOTS, sizeof *search.seen);
    push(&search, &(struct node){ .record = { "", 0 } });
    while (answer == TOLD_IMPOSSIBLE && search.depth > 0) {
        struct node node = search.stack[--search.depth];
        if (search.states >= STATES_MAX)
            answer = TOLD_TOO_MANY;
        else if (follow(&search, &node)) {
            unpack(&search, node.record);
            if (same(context, search.customer))
                answer = TOLD_POSSIBLE;
        }
    }
    free(search.customer);
    free(search.seen);
    free(search.stack);
    buffer_free(&search.bytes);
    arena_free(&search.arena);
    return answer;
}
