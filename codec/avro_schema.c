#include "avro_schema.h"
#include "obek/buffer.h"

#include <jansson.h>
#include <stdlib.h>

#define SCHEMA_BYTES_MAX ((size_t)1 << 20)
#define SCHEMA_NODES_MAX 50000
#define SCALE_MAX 1000

static const char *const type_names[] = {
    [NODE_NULL] = "null",     [NODE_BOOLEAN] = "boolean", [NODE_INT] = "int",     [NODE_LONG] = "long",
    [NODE_FLOAT] = "float",   [NODE_DOUBLE] = "double",   [NODE_BYTES] = "bytes", [NODE_STRING] = "string",
    [NODE_RECORD] = "record", [NODE_ENUM] = "enum",       [NODE_FIXED] = "fixed", [NODE_ARRAY] = "array",
    [NODE_MAP] = "map",       [NODE_UNION] = "union",
};

const char *schema_type_name(enum node_type type) {
    return type_names[type];
}

struct parser {
    struct arena *arena;
    struct error *error;
    json_t *named; /* full name -> index into nodes */
    struct schema_node **nodes;
    size_t n_nodes;
    int depth;
};

static struct schema_node *parse_node(struct parser *parser, const json_t *json, const char *space);

static void *zeroed(struct parser *parser, size_t count, size_t size) {
    void *memory = arena_alloc(parser->arena, count * size);
    return memset(memory, 0, count * size);
}

static struct schema_node *node_new(struct parser *parser, enum node_type type) {
    if (parser->n_nodes == SCHEMA_NODES_MAX) {
        error_set(parser->error, "more than %d types", SCHEMA_NODES_MAX);
        return NULL;
    }
    struct schema_node *node = zeroed(parser, 1, sizeof *node);
    node->type = type;
    parser->nodes[parser->n_nodes++] = node;
    return node;
}

/* NODE_UNION stands for "none": no name is spelled like that */
static enum node_type type_from_name(const char *name) {
    for (enum node_type type = NODE_NULL; type < NODE_UNION; type++)
        if (strcmp(name, type_names[type]) == 0)
            return type;
    return strcmp(name, "error") == 0 ? NODE_RECORD : NODE_UNION;
}

static bool is_name(const char *name, bool dots) {
    bool start = true;
    for (; *name != '\0'; name++) {
        bool letter = (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z') || *name == '_';
        bool digit = *name >= '0' && *name <= '9';
        if (*name == '.' ? (!dots || start) : !(letter || (digit && !start)))
            return false;
        start = *name == '.';
    }
    return !start;
}

static struct slice full_name(struct parser *parser, const char *name, const char *space) {
    if (strchr(name, '.') != NULL || *space == '\0')
        return arena_copy(parser->arena, slice_of(name));
    return arena_printf(parser->arena, "%s.%s", space, name);
}

static const char *string_at(const json_t *json, const char *key) {
    return json_string_value(json_object_get(json, key));
}

/* gives the node its name; *space becomes the namespace of what is inside */
static bool name_node(struct parser *parser, struct schema_node *node, const json_t *json, const char **space) {
    const char *name = string_at(json, "name"), *own_space = string_at(json, "namespace");
    if (name == NULL || !is_name(name, true))
        return error_set(parser->error, "%s: \"%.100s\" is no name", type_names[node->type], name == NULL ? "" : name);
    if (own_space != NULL && *own_space != '\0' && !is_name(own_space, true))
        return error_set(parser->error, "%s: \"%.100s\" is no namespace", name, own_space);
    node->name = full_name(parser, name, own_space != NULL ? own_space : *space);
    const char *dot = strrchr(node->name.data, '.');
    *space =
        dot == NULL ? "" : arena_copy(parser->arena, (struct slice){ node->name.data, (size_t)(dot - node->name.data) }).data;
    if (type_from_name(name) != NODE_UNION)
        return error_set(parser->error, "\"%.100s\" names a type of Avro's own", name);
    if (json_object_get(parser->named, node->name.data) != NULL)
        return error_set(parser->error, "\"%.100s\" is declared twice", node->name.data);
    json_object_set_new(parser->named, node->name.data, json_integer((json_int_t)parser->n_nodes - 1));
    return true;
}

static struct schema_node *find_named(struct parser *parser, const char *name, const char *space) {
    const json_t *index = json_object_get(parser->named, full_name(parser, name, space).data);
    if (index == NULL)
        index = json_object_get(parser->named, name);
    if (index == NULL) {
        error_set(parser->error, "unknown type \"%.100s\"", name);
        return NULL;
    }
    return parser->nodes[json_integer_value(index)];
}

static bool copy_strings(struct parser *parser, const json_t *array, struct slice **out, size_t *n) {
    *n = json_array_size(array);
    *out = zeroed(parser, *n, sizeof **out);
    for (size_t i = 0; i < *n; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (text == NULL)
            return error_set(parser->error, "element %zu is no string", i);
        (*out)[i] = arena_copy(parser->arena, slice_of(text));
    }
    return true;
}

static bool parse_field(struct parser *parser, struct schema_field *field, const json_t *json, const char *space) {
    const char *name = string_at(json, "name");
    const json_t *type = json_object_get(json, "type");
    if (name == NULL || !is_name(name, false))
        return error_set(parser->error, "\"%.100s\" is no field name", name == NULL ? "" : name);
    if (type == NULL)
        return error_set(parser->error, "field %s: no type", name);
    field->name = arena_copy(parser->arena, slice_of(name));
    if (!copy_strings(parser, json_object_get(json, "aliases"), &field->aliases, &field->n_aliases))
        return error_context(parser->error, "field %s: aliases", name);
    field->node = parse_node(parser, type, space);
    return field->node != NULL || error_context(parser->error, "field %s", name);
}

static bool parse_record(struct parser *parser, struct schema_node *node, const json_t *json, const char *space) {
    const json_t *fields = json_object_get(json, "fields");
    if (!name_node(parser, node, json, &space))
        return false;
    if (!json_is_array(fields))
        return error_set(parser->error, "record %s: no fields", node->name.data);
    node->n = json_array_size(fields);
    node->fields = zeroed(parser, node->n, sizeof *node->fields);
    json_t *seen = json_object();
    bool good = true;
    for (size_t i = 0; i < node->n && good; i++) {
        good = parse_field(parser, &node->fields[i], json_array_get(fields, i), space);
        if (good && json_object_get(seen, node->fields[i].name.data) != NULL)
            good = error_set(parser->error, "record %s: field %s is declared twice", node->name.data, node->fields[i].name.data);
        if (good)
            json_object_set_new(seen, node->fields[i].name.data, json_true());
    }
    json_decref(seen);
    return good;
}

static bool parse_enum(struct parser *parser, struct schema_node *node, const json_t *json, const char *space) {
    const json_t *symbols = json_object_get(json, "symbols");
    if (!name_node(parser, node, json, &space))
        return false;
    if (!json_is_array(symbols))
        return error_set(parser->error, "enum %s: no symbols", node->name.data);
    return copy_strings(parser, symbols, &node->symbols, &node->n) || error_context(parser->error, "enum %s", node->name.data);
}

static bool parse_fixed(struct parser *parser, struct schema_node *node, const json_t *json, const char *space) {
    const json_t *size = json_object_get(json, "size");
    if (!name_node(parser, node, json, &space))
        return false;
    if (!json_is_integer(size) || json_integer_value(size) < 0 || json_integer_value(size) > INT32_MAX)
        return error_set(parser->error, "fixed %s: impossible size", node->name.data);
    node->size = (size_t)json_integer_value(size);
    return true;
}

static bool parse_container(struct parser *parser, struct schema_node *node, const json_t *json, const char *space) {
    const json_t *child = json_object_get(json, node->type == NODE_ARRAY ? "items" : "values");
    if (child == NULL)
        return error_set(parser->error, "%s without the type of its elements", type_names[node->type]);
    node->n = 1;
    node->children = zeroed(parser, 1, sizeof *node->children);
    node->children[0] = parse_node(parser, child, space);
    return node->children[0] != NULL;
}

static struct schema_node *parse_union(struct parser *parser, const json_t *json, const char *space) {
    struct schema_node *node = node_new(parser, NODE_UNION);
    if (node == NULL)
        return NULL;
    node->n = json_array_size(json);
    node->children = zeroed(parser, node->n, sizeof *node->children);
    for (size_t i = 0; i < node->n; i++) {
        node->children[i] = parse_node(parser, json_array_get(json, i), space);
        if (node->children[i] == NULL)
            return NULL;
        if (node->children[i]->type == NODE_UNION) {
            error_set(parser->error, "a union directly in a union");
            return NULL;
        }
    }
    return node;
}

static void decimal_logical(struct schema_node *node, const json_t *json) {
    const json_t *scale = json_object_get(json, "scale"), *precision = json_object_get(json, "precision");
    json_int_t digits = scale == NULL ? 0 : json_integer_value(scale);
    bool bytes = node->type == NODE_BYTES || node->type == NODE_FIXED;
    if (!bytes || (scale != NULL && !json_is_integer(scale)) || !json_is_integer(precision))
        return;
    if (json_integer_value(precision) < 1 || digits < 0 || digits > json_integer_value(precision) || digits > SCALE_MAX)
        return;
    node->logical = LOGICAL_DECIMAL;
    node->scale = (int)digits;
}

/* an unknown or impossible logical type is ignored (specification, "Logical Types") */
static void add_logical(struct schema_node *node, const json_t *json) {
    static const struct {
        const char *name;
        enum logical_type logical;
        int64_t units_per_ms;
    } timestamps[] = {
        { "timestamp-millis", LOGICAL_TIMESTAMP, 1 },
        { "timestamp-micros", LOGICAL_TIMESTAMP, 1000 },
        { "timestamp-nanos", LOGICAL_TIMESTAMP, 1000000 },
        { "local-timestamp-millis", LOGICAL_LOCAL_TIMESTAMP, 1 },
        { "local-timestamp-micros", LOGICAL_LOCAL_TIMESTAMP, 1000 },
        { "local-timestamp-nanos", LOGICAL_LOCAL_TIMESTAMP, 1000000 },
    };
    const char *name = string_at(json, "logicalType");
    if (name == NULL)
        return;
    if (strcmp(name, "decimal") == 0)
        decimal_logical(node, json);
    if (strcmp(name, "date") == 0 && node->type == NODE_INT)
        node->logical = LOGICAL_DATE;
    for (size_t i = 0; i < sizeof timestamps / sizeof *timestamps; i++)
        if (strcmp(name, timestamps[i].name) == 0 && node->type == NODE_LONG) {
            node->logical = timestamps[i].logical;
            node->units_per_ms = timestamps[i].units_per_ms;
        }
}

static struct schema_node *parse_declared(struct parser *parser, enum node_type type, const json_t *json, const char *space) {
    struct schema_node *node = node_new(parser, type);
    bool good = node != NULL;
    if (good && type == NODE_RECORD)
        good = parse_record(parser, node, json, space);
    else if (good && type == NODE_ENUM)
        good = parse_enum(parser, node, json, space);
    else if (good && type == NODE_FIXED)
        good = parse_fixed(parser, node, json, space);
    else if (good && type >= NODE_ARRAY)
        good = parse_container(parser, node, json, space);
    if (good)
        add_logical(node, json);
    return good ? node : NULL;
}

static struct schema_node *parse_text(struct parser *parser, const char *name, const json_t *json, const char *space) {
    enum node_type type = type_from_name(name);
    if (type == NODE_UNION)
        return find_named(parser, name, space);
    if (type < NODE_PRIMITIVES || json != NULL)
        return parse_declared(parser, type, json, space);
    error_set(parser->error, "\"%s\" alone is no type", name);
    return NULL;
}

static struct schema_node *parse_any(struct parser *parser, const json_t *json, const char *space) {
    if (json_is_string(json))
        return parse_text(parser, json_string_value(json), NULL, space);
    if (json_is_array(json))
        return parse_union(parser, json, space);
    const json_t *type = json_object_get(json, "type");
    if (json_is_string(type))
        return parse_text(parser, json_string_value(type), json, space);
    if (json_is_object(type) || json_is_array(type))
        return parse_node(parser, type, space);
    error_set(parser->error, "a type is a name, an object or an array");
    return NULL;
}

static struct schema_node *parse_node(struct parser *parser, const json_t *json, const char *space) {
    if (parser->depth == SCHEMA_DEPTH_MAX) {
        error_set(parser->error, "nested more than %d deep", SCHEMA_DEPTH_MAX);
        return NULL;
    }
    parser->depth++;
    struct schema_node *node = parse_any(parser, json, space);
    parser->depth--;
    return node;
}

struct schema_node *avro_schema_parse(struct slice text, struct arena *arena, struct error *error) {
    json_error_t json_error;
    if (text.len > SCHEMA_BYTES_MAX) {
        error_set(error, "schema: %zu bytes, at most %zu are allowed", text.len, SCHEMA_BYTES_MAX);
        return NULL;
    }
    json_t *json = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &json_error);
    if (json == NULL) {
        error_set(error, "schema: byte %d: %s", json_error.position, json_error.text);
        return NULL;
    }
    struct parser parser = { .arena = arena, .error = error, .named = json_object() };
    parser.nodes = xmalloc(SCHEMA_NODES_MAX * sizeof *parser.nodes);
    struct schema_node *root = parse_node(&parser, json, "");
    if (root == NULL)
        error_context(error, "schema");
    free(parser.nodes);
    json_decref(parser.named);
    json_decref(json);
    return root;
}
