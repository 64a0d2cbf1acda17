/* Schemas with their plans, and how a plan is made: the feed's paths walk through the writer's schema all at once. */
#include "obek/avro_plan.h"
#include "avro_plan_internal.h"

#include <pthread.h>
#include <stdlib.h>

#define OPS_MAX 100000

struct plan_cache {
    pthread_mutex_t mutex;
    struct avro_plan *plans;
};

struct avro_schema_plan {
    struct arena arena;
    struct schema_node *root;
    uint64_t fingerprint;
    struct plan_cache *cache;
};

/* how far a field's path has come; element: it went through an array */
struct path_cursor {
    enum feed_field field;
    size_t step;
    bool element;
};
struct path_cursors {
    size_t n;
    struct path_cursor at[FIELD_COUNT];
};

struct compiler {
    struct avro_plan *plan;
    struct error *error;
};

/* aliases of the fields of obek.v1.Order (schemas/order.avsc): how writers in camel case call them */
static const char *const reader_aliases[FIELD_COUNT] = {
    [FIELD_ORDER_ID] = "orderId",
    [FIELD_CUSTOMER_ID] = "customerId",
    [FIELD_RETURN_ID] = "returnId",
    [FIELD_OCCURRED_AT] = "occurredAt",
};

static bool compile(struct compiler *compiler, size_t slot, const struct schema_node *node, const struct path_cursors *cursors);

static void cursors_add(struct path_cursors *cursors, struct path_cursor cursor) {
    cursors->at[cursors->n++] = cursor;
}

static const struct path_step *next_step(const struct compiler *compiler, const struct path_cursor *cursor) {
    const struct field_path *path = &compiler->plan->feed->paths[cursor->field];
    return cursor->step < path->n_steps ? &path->steps[cursor->step] : NULL;
}

static struct plan_op *op_at(struct compiler *compiler, size_t slot) {
    return &compiler->plan->ops[slot];
}

static bool add_children(struct compiler *compiler, size_t slot, enum plan_code code, size_t n) {
    struct avro_plan *plan = compiler->plan;
    if (n > OPS_MAX || plan->n_ops + n > OPS_MAX)
        return error_set(compiler->error, "schema: too large for the paths of feed %s", plan->feed->name);
    while (plan->n_ops + n > plan->capacity) {
        plan->capacity = plan->capacity == 0 ? 64 : plan->capacity * 2;
        plan->ops = xrealloc(plan->ops, plan->capacity * sizeof *plan->ops);
    }
    plan->ops[slot].code = code;
    plan->ops[slot].first = plan->n_ops;
    plan->ops[slot].n = n;
    memset(&plan->ops[plan->n_ops], 0, n * sizeof *plan->ops);
    plan->n_ops += n;
    return true;
}

static void mark_wrong(struct compiler *compiler, size_t slot, enum feed_field field) {
    op_at(compiler, slot)->wrong = (uint16_t)(op_at(compiler, slot)->wrong | 1U << field);
}

static bool has_alias(const struct schema_field *field, const char *name) {
    for (size_t i = 0; i < field->n_aliases; i++)
        if (slice_is(field->aliases[i], name))
            return true;
    return false;
}

/* by its name, then by the writer's aliases, then, on the default path, by the reader's; node->n: there is none */
static size_t find_field(const struct compiler *compiler, const struct schema_node *node, const struct path_cursor *cursor,
                         const char *name) {
    for (size_t i = 0; i < node->n; i++)
        if (slice_is(node->fields[i].name, name))
            return i;
    for (size_t i = 0; i < node->n; i++)
        if (has_alias(&node->fields[i], name))
            return i;
    const char *alias = compiler->plan->feed->mapped[cursor->field] ? NULL : reader_aliases[cursor->field];
    for (size_t i = 0; alias != NULL && i < node->n; i++)
        if (slice_is(node->fields[i].name, alias))
            return i;
    return node->n;
}

static bool compile_record(struct compiler *compiler, size_t slot, const struct schema_node *node,
                           const struct path_cursors *cursors) {
    size_t found[FIELD_COUNT];
    for (size_t c = 0; c < cursors->n; c++) {
        const struct path_step *step = next_step(compiler, &cursors->at[c]);
        bool named = step != NULL && step->kind == STEP_NAME;
        found[c] = named ? find_field(compiler, node, &cursors->at[c], step->name) : node->n;
        if (!named)
            mark_wrong(compiler, slot, cursors->at[c].field);
    }
    if (!add_children(compiler, slot, PLAN_RECORD, node->n))
        return false;
    size_t first = op_at(compiler, slot)->first;
    for (size_t i = 0; i < node->n; i++) {
        struct path_cursors inner = { 0 };
        for (size_t c = 0; c < cursors->n; c++)
            if (found[c] == i)
                cursors_add(&inner,
                            (struct path_cursor){ cursors->at[c].field, cursors->at[c].step + 1, cursors->at[c].element });
        if (!compile(compiler, first + i, node->fields[i].node, &inner))
            return false;
    }
    return true;
}

static bool compile_union(struct compiler *compiler, size_t slot, const struct schema_node *node,
                          const struct path_cursors *cursors) {
    if (!add_children(compiler, slot, PLAN_UNION, node->n))
        return false;
    size_t first = op_at(compiler, slot)->first;
    for (size_t i = 0; i < node->n; i++)
        if (!compile(compiler, first + i, node->children[i], cursors))
            return false;
    return true;
}

/* what goes on from an array into every element, and into the element `index` (SIZE_MAX: none in particular) */
static struct path_cursors into_element(const struct compiler *compiler, const struct path_cursors *cursors, size_t index) {
    struct path_cursors inner = { 0 };
    for (size_t c = 0; c < cursors->n; c++) {
        const struct path_cursor *cursor = &cursors->at[c];
        const struct path_step *step = next_step(compiler, cursor);
        if (step == NULL && cursor->field == FIELD_CATEGORIES && !cursor->element)
            cursors_add(&inner, (struct path_cursor){ cursor->field, cursor->step, true });
        else if (step != NULL && step->kind == STEP_EVERY)
            cursors_add(&inner, (struct path_cursor){ cursor->field, cursor->step + 1, true });
        else if (step != NULL && step->kind == STEP_INDEX && step->index == index)
            cursors_add(&inner, (struct path_cursor){ cursor->field, cursor->step + 1, cursor->element });
    }
    return inner;
}

static bool compile_array(struct compiler *compiler, size_t slot, const struct schema_node *node,
                          const struct path_cursors *cursors) {
    size_t indices[FIELD_COUNT], n = 0;
    for (size_t c = 0; c < cursors->n; c++) {
        const struct path_step *step = next_step(compiler, &cursors->at[c]);
        if (step == NULL ? cursors->at[c].field != FIELD_CATEGORIES || cursors->at[c].element : step->kind == STEP_NAME)
            mark_wrong(compiler, slot, cursors->at[c].field);
        if (step == NULL || step->kind != STEP_INDEX)
            continue;
        size_t i = 0;
        while (i < n && indices[i] != step->index)
            i++;
        indices[i] = step->index;
        n += i == n;
    }
    if (!add_children(compiler, slot, PLAN_ARRAY, n + 1))
        return false;
    size_t first = op_at(compiler, slot)->first;
    for (size_t i = 0; i <= n; i++) {
        size_t index = i == 0 ? SIZE_MAX : indices[i - 1];
        struct path_cursors inner = into_element(compiler, cursors, index);
        op_at(compiler, first + i)->index = index;
        if (!compile(compiler, first + i, node->children[0], &inner))
            return false;
    }
    return true;
}

/* one child per path: two paths through the same key are both served by the first child that has it */
static bool compile_map(struct compiler *compiler, size_t slot, const struct schema_node *node,
                        const struct path_cursors *cursors) {
    if (!add_children(compiler, slot, PLAN_MAP, cursors->n + 1))
        return false;
    size_t first = op_at(compiler, slot)->first;
    const struct path_cursors none = { 0 };
    if (!compile(compiler, first, node->children[0], &none))
        return false;
    for (size_t c = 0; c < cursors->n; c++) {
        const struct path_step *step = next_step(compiler, &cursors->at[c]);
        struct path_cursors inner = { 0 };
        if (step == NULL || step->kind != STEP_NAME)
            mark_wrong(compiler, slot, cursors->at[c].field);
        for (size_t other = 0; step != NULL && step->kind == STEP_NAME && other < cursors->n; other++) {
            const struct path_step *same = next_step(compiler, &cursors->at[other]);
            if (same != NULL && same->kind == STEP_NAME && strcmp(same->name, step->name) == 0)
                cursors_add(&inner, (struct path_cursor){ cursors->at[other].field, cursors->at[other].step + 1,
                                                          cursors->at[other].element });
        }
        op_at(compiler, first + 1 + c)->key = inner.n > 0 ? slice_of(step->name) : (struct slice){ NULL, 0 };
        if (!compile(compiler, first + 1 + c, node->children[0], &inner))
            return false;
    }
    return true;
}

/* the categories are an array, unless their path was configured to lead to a single one */
static bool compile_leaf(struct compiler *compiler, size_t slot, const struct path_cursors *cursors) {
    struct plan_op *op = op_at(compiler, slot);
    op->code = PLAN_LEAF;
    for (size_t c = 0; c < cursors->n; c++) {
        const struct path_cursor *cursor = &cursors->at[c];
        bool alone = cursor->field == FIELD_CATEGORIES && !cursor->element && !compiler->plan->feed->mapped[FIELD_CATEGORIES];
        if (next_step(compiler, cursor) != NULL || alone)
            mark_wrong(compiler, slot, cursor->field);
        else
            op->fields = (uint16_t)(op->fields | 1U << cursor->field);
    }
    if (op->fields == 0)
        op->code = PLAN_SKIP;
    return true;
}

static bool compile(struct compiler *compiler, size_t slot, const struct schema_node *node, const struct path_cursors *cursors) {
    op_at(compiler, slot)->node = node;
    op_at(compiler, slot)->code = PLAN_SKIP;
    if (cursors->n == 0 || node->type == NODE_NULL)
        return true;
    switch (node->type) {
    case NODE_RECORD:
        return compile_record(compiler, slot, node, cursors);
    case NODE_UNION:
        return compile_union(compiler, slot, node, cursors);
    case NODE_ARRAY:
        return compile_array(compiler, slot, node, cursors);
    case NODE_MAP:
        return compile_map(compiler, slot, node, cursors);
    default:
        return compile_leaf(compiler, slot, cursors);
    }
}

static void plan_free(struct avro_plan *plan) {
    free(plan->ops);
    free(plan);
}

struct avro_plan *avro_plan_compile(const struct schema_node *root, const struct feed *feed, struct error *error) {
    struct avro_plan *plan = xcalloc(1, sizeof *plan);
    struct compiler compiler = { plan, error };
    struct path_cursors cursors = { 0 };
    plan->feed = feed;
    plan->capacity = 64;
    plan->ops = xcalloc(plan->capacity, sizeof *plan->ops);
    plan->n_ops = 1;
    for (int field = 0; field < FIELD_COUNT; field++)
        if (feed->paths[field].root == PATH_VALUE)
            cursors_add(&cursors, (struct path_cursor){ (enum feed_field)field, 0, false });
    if (compile(&compiler, 0, root, &cursors))
        return plan;
    plan_free(plan);
    return NULL;
}

struct avro_schema_plan *avro_schema_plan_new(struct slice schema_json, struct error *error) {
    struct avro_schema_plan *schema = xcalloc(1, sizeof *schema);
    schema->cache = xcalloc(1, sizeof *schema->cache);
    pthread_mutex_init(&schema->cache->mutex, NULL);
    schema->root = avro_schema_parse(schema_json, &schema->arena, error);
    if (schema->root == NULL) {
        avro_schema_plan_free(schema);
        return NULL;
    }
    schema->fingerprint = avro_schema_fingerprint(schema->root);
    return schema;
}

void avro_schema_plan_free(struct avro_schema_plan *schema) {
    if (schema == NULL)
        return;
    for (struct avro_plan *plan = schema->cache->plans, *next; plan != NULL; plan = next) {
        next = plan->next;
        plan_free(plan);
    }
    pthread_mutex_destroy(&schema->cache->mutex);
    free(schema->cache);
    arena_free(&schema->arena);
    free(schema);
}

uint64_t avro_schema_plan_fingerprint(const struct avro_schema_plan *schema) {
    return schema->fingerprint;
}

const struct avro_plan *avro_schema_plan_for(const struct avro_schema_plan *schema, const struct feed *feed,
                                             struct error *error) {
    struct plan_cache *cache = schema->cache;
    pthread_mutex_lock(&cache->mutex);
    struct avro_plan *plan = cache->plans;
    while (plan != NULL && plan->feed != feed)
        plan = plan->next;
    if (plan == NULL) {
        plan = avro_plan_compile(schema->root, feed, error);
        if (plan != NULL) {
            plan->next = cache->plans;
            cache->plans = plan;
        }
    }
    pthread_mutex_unlock(&cache->mutex);
    return plan;
}
