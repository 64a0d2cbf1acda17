/* Parsing canonical form and its CRC-64-AVRO fingerprint (Avro specification, "Transforming into Parsing Canonical Form",
   "Schema Fingerprints"). */
#include "avro_schema.h"
#include "obek/buffer.h"

#define CRC64_EMPTY UINT64_C(0xc15d213aa4d7a795)

static void write_node(struct buffer *out, struct schema_node *node);

static void write_quoted(struct buffer *out, struct slice text) {
    buffer_append_text(out, "\"");
    buffer_append_slice(out, text);
    buffer_append_text(out, "\"");
}

static void write_fields(struct buffer *out, struct schema_node *node) {
    buffer_append_text(out, ",\"fields\":[");
    for (size_t i = 0; i < node->n; i++) {
        buffer_append_text(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        write_quoted(out, node->fields[i].name);
        buffer_append_text(out, ",\"type\":");
        write_node(out, node->fields[i].node);
        buffer_append_text(out, "}");
    }
    buffer_append_text(out, "]");
}

static void write_symbols(struct buffer *out, const struct schema_node *node) {
    buffer_append_text(out, ",\"symbols\":[");
    for (size_t i = 0; i < node->n; i++) {
        buffer_append_text(out, i > 0 ? "," : "");
        write_quoted(out, node->symbols[i]);
    }
    buffer_append_text(out, "]");
}

/* the first time in full, then by its name */
static void write_named(struct buffer *out, struct schema_node *node) {
    if (node->written) {
        write_quoted(out, node->name);
        return;
    }
    node->written = true;
    buffer_append_text(out, "{\"name\":");
    write_quoted(out, node->name);
    buffer_printf(out, ",\"type\":\"%s\"", schema_type_name(node->type));
    if (node->type == NODE_RECORD)
        write_fields(out, node);
    else if (node->type == NODE_ENUM)
        write_symbols(out, node);
    else
        buffer_printf(out, ",\"size\":%zu", node->size);
    buffer_append_text(out, "}");
}

static void write_node(struct buffer *out, struct schema_node *node) {
    if (node->type < NODE_PRIMITIVES) {
        write_quoted(out, slice_of(schema_type_name(node->type)));
    } else if (node->type == NODE_UNION) {
        for (size_t i = 0; i < node->n; i++) {
            buffer_append_text(out, i > 0 ? "," : "[");
            write_node(out, node->children[i]);
        }
        buffer_append_text(out, node->n > 0 ? "]" : "[]");
    } else if (node->type == NODE_ARRAY || node->type == NODE_MAP) {
        buffer_append_text(out, node->type == NODE_ARRAY ? "{\"type\":\"array\",\"items\":" : "{\"type\":\"map\",\"values\":");
        write_node(out, node->children[0]);
        buffer_append_text(out, "}");
    } else {
        write_named(out, node);
    }
}

static uint64_t crc64_avro(struct slice text) {
    uint64_t crc = CRC64_EMPTY;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t byte = (crc ^ (unsigned char)text.data[i]) & 0xff;
        for (int bit = 0; bit < 8; bit++)
            byte = (byte >> 1) ^ (CRC64_EMPTY & -(byte & 1));
        crc = (crc >> 8) ^ byte;
    }
    return crc;
}

uint64_t avro_schema_fingerprint(struct schema_node *root) {
    struct buffer text = { 0 };
    write_node(&text, root);
    uint64_t fingerprint = crc64_avro(buffer_slice(&text));
    buffer_free(&text);
    return fingerprint;
}
