#include "obek/model_file.h"
#include "model_file_internal.h"

#include "obek/file.h"
#include "obek/instant.h"
#include "obek/money.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define FORMAT_VERSION 1

enum model_use { MODEL_TO_SERVE, MODEL_TO_LOOK_AT };

static bool read_label(const struct node *label, struct segment *segment, struct error *error) {
    static const char *const keys[] = { "en", "tr", NULL };
    if (label->json == NULL)
        return true;
    if (!node_is_object(label, keys, error))
        return false;
    char **const targets[] = { &segment->label_en, &segment->label_tr };
    for (int i = 0; i < 2; i++) {
        struct node text = node_member(label, keys[i]);
        const char *value;
        if (text.json == NULL)
            continue;
        if (!node_text(&text, &value, error))
            return false;
        *targets[i] = xstrdup(value);
    }
    return true;
}

bool scheme_read_cuts(const struct node *node, bool may_repeat, struct cuts *cuts, struct error *error) {
    if (!node_is_array(node, 0, SCHEME_CUTS_MAX, error))
        return false;
    cuts->n = (int)json_array_size(node->json);
    cuts->at = xcalloc((size_t)cuts->n + 1, sizeof *cuts->at);
    for (int i = 0; i < cuts->n; i++) {
        struct node item = node_item(node, (size_t)i);
        double before = i > 0 ? cuts->at[i - 1] : 0;
        if (!node_number(&item, &cuts->at[i], error))
            return false;
        if (may_repeat ? cuts->at[i] < before : cuts->at[i] <= before)
            return node_error(&item, error, "%.17g is not %s %.17g: cuts are positive and ascend", cuts->at[i],
                              may_repeat ? "at least" : "above", before);
    }
    return true;
}

bool scheme_read_segments(const struct node *segments, const char *const *known_keys, struct scheme *scheme,
                          struct error *error) {
    if (!node_is_array(segments, 1, SCHEME_SEGMENTS_MAX, error))
        return false;
    scheme->n_segments = (int)json_array_size(segments->json);
    scheme->segments = xcalloc((size_t)scheme->n_segments, sizeof *scheme->segments);
    for (int i = 0; i < scheme->n_segments; i++) {
        struct segment *segment = &scheme->segments[i];
        struct node node = node_item(segments, (size_t)i);
        struct node id = node_member(&node, "id"), label = node_member(&node, "label");
        if (!node_is_object(&node, known_keys, error) || !node_name(&id, &segment->id, error) ||
            !read_label(&label, segment, error))
            return false;
        for (int j = 0; j < i; j++)
            if (name_equal(&segment->id, &scheme->segments[j].id))
                return node_error(&id, error, "there are two segments \"%s\"", segment->id.text);
    }
    return true;
}

static const struct scheme_reader {
    const char *name;
    enum scheme_type type;
    bool (*read)(const struct node *node, struct scheme *scheme, struct error *error);
} readers[] = {
    { "kmeans", SCHEME_KMEANS, scheme_read_kmeans },
    { "rfm", SCHEME_RFM, scheme_read_rfm },
    { "cltv", SCHEME_CLTV, scheme_read_cltv },
};

static const struct scheme_reader *reader_of(const struct node *type, struct error *error) {
    const char *text;
    if (!node_text(type, &text, error))
        return NULL;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(text, readers[i].name) == 0)
            return &readers[i];
    node_error(type, error, "there is no scheme type \"%s\" (kmeans, rfm, cltv)", text);
    return NULL;
}

static bool read_scheme(const struct node *node, struct model *model, struct scheme *scheme, struct error *error) {
    if (!node_is_object(node, NULL, error))
        return false;
    struct node name = node_member(node, "name"), type = node_member(node, "type");
    if (!node_name(&name, &scheme->name, error))
        return false;
    for (const struct scheme *other = model->schemes; other < scheme; other++)
        if (name_equal(&other->name, &scheme->name))
            return node_error(&name, error, "there are two schemes \"%s\"", scheme->name.text);
    const struct scheme_reader *reader = reader_of(&type, error);
    if (reader == NULL)
        return false;
    scheme->type = reader->type;
    return reader->read(node, scheme, error);
}

static bool read_schemes(const struct node *node, struct model *model, struct error *error) {
    if (!node_is_array(node, model->servable ? 1 : 0, MODEL_SCHEMES_MAX, error))
        return false;
    size_t n = json_array_size(node->json);
    for (size_t i = 0; i < n; i++) {
        struct node item = node_item(node, i);
        model->n_schemes = (int)i + 1; /* what is half read is freed too */
        if (!read_scheme(&item, model, &model->schemes[i], error))
            return false;
    }
    return true;
}

static bool check_format(const struct node *node, struct error *error) {
    if (node->json == NULL)
        return node_error(node, error, "missing: this is no model file of obek");
    if (!json_is_integer(node->json) || json_integer_value(node->json) < 1)
        return node_error(node, error, "the format's number is needed (%d)", FORMAT_VERSION);
    if (json_integer_value(node->json) > FORMAT_VERSION)
        return node_error(node, error, "the file has format %lld, this obek reads up to %d: a newer obek is needed",
                          (long long)json_integer_value(node->json), FORMAT_VERSION);
    return true;
}

/* A trainer says so of a model that must not be used on live customers. */
static bool read_servable(const struct node *root, struct model *model, struct error *error) {
    struct node servable = node_member(root, "servable"), reason = node_member(root, "servable_reason");
    const char *why = "no reason is given";
    model->servable = true;
    if (servable.json != NULL && !node_flag(&servable, &model->servable, error))
        return false;
    if (reason.json != NULL && !node_text(&reason, &why, error))
        return false;
    if (!model->servable)
        model->not_servable_because = xstrdup(why);
    return true;
}

static bool read_created(const struct node *node, struct error *error) {
    const char *text;
    int64_t ms;
    struct error why;
    if (!node_text(node, &text, error))
        return false;
    return instant_parse(&ms, slice_of(text), &why) ? true : node_error(node, error, "%s", why.text);
}

static bool read_currency(const struct node *node, struct model *model, struct error *error) {
    const char *text;
    if (!node_text(node, &text, error))
        return false;
    int decimals = currency_decimals(slice_of(text));
    if (decimals < 0)
        return node_error(node, error, "\"%s\" is no currency of ISO 4217", text);
    snprintf(model->currency, sizeof model->currency, "%s", text);
    model->minor_per_major = 1;
    for (int i = 0; i < decimals; i++)
        model->minor_per_major *= 10;
    return true;
}

static bool read_head(const struct node *root, struct model *model, struct error *error) {
    struct node name = node_member(root, "name"), version = node_member(root, "version");
    struct node created = node_member(root, "created"), currency = node_member(root, "currency");
    const char *text;
    if (!node_text(&name, &text, error))
        return false;
    model->name = xstrdup(text);
    if (!node_text(&version, &text, error))
        return false;
    model->version = xstrdup(text);
    return read_created(&created, error) && read_currency(&currency, model, error);
}

static bool check_free_form(const struct node *root, struct error *error) {
    struct node trained_on = node_member(root, "trained_on"), input = node_member(root, "input");
    return (trained_on.json == NULL || node_is_object(&trained_on, NULL, error)) &&
           (input.json == NULL || node_is_object(&input, NULL, error));
}

static bool read_model(json_t *json, struct model *model, struct error *error) {
    static const char *const keys[] = { "obek_model",      "name",       "version", "created", "currency", "servable",
                                        "servable_reason", "trained_on", "schemes", "probes",  "input",    NULL };
    struct node root = { .json = json };
    if (!json_is_object(json))
        return error_set(error, "an object is needed");
    struct node format = node_member(&root, "obek_model"), schemes = node_member(&root, "schemes");
    struct node probes = node_member(&root, "probes");
    return check_format(&format, error) && node_is_object(&root, keys, error) && read_servable(&root, model, error) &&
           read_head(&root, model, error) && check_free_form(&root, error) && read_schemes(&schemes, model, error) &&
           (probes.json == NULL || model_check_probes(&probes, model, error));
}

static bool fingerprint(struct slice bytes, char hex[65], struct error *error) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    if (EVP_Digest(bytes.data, bytes.len, digest, &len, EVP_sha256(), NULL) != 1 || len != 32)
        return error_set(error, "SHA-256 is not available");
    for (unsigned int i = 0; i < len; i++)
        snprintf(hex + (size_t)i * 2, 3, "%02x", digest[i]);
    return true;
}

static struct model *parse(struct slice bytes, struct error *error) {
    if (bytes.len > MODEL_FILE_BYTES_MAX) {
        error_set(error, "the file has %zu bytes, more than %d", bytes.len, MODEL_FILE_BYTES_MAX);
        return NULL;
    }
    json_t *json = json_document(bytes, error);
    if (json == NULL)
        return NULL;
    struct model *model = xcalloc(1, sizeof *model);
    model->number = -1;
    model->in_force_from = TIME_NONE;
    if (!fingerprint(bytes, model->sha256, error) || !read_model(json, model, error)) {
        model_free(model);
        model = NULL;
    }
    json_decref(json);
    return model;
}

static bool check_use(const struct model *model, enum model_use use, struct error *error) {
    return use == MODEL_TO_LOOK_AT || model->servable ||
           error_set(error, "servable: the model says that it cannot be served: %s", model->not_servable_because);
}

static struct model *parse_named(struct slice json, const char *source, enum model_use use, struct error *error) {
    struct model *model = parse(json, error);
    if (model != NULL && !check_use(model, use, error)) {
        model_free(model);
        model = NULL;
    }
    if (model == NULL)
        error_context(error, "%s", source);
    return model;
}

struct model *model_parse(struct slice json, const char *source, struct error *error) {
    return parse_named(json, source, MODEL_TO_SERVE, error);
}

struct model *model_parse_to_look_at(struct slice json, const char *source, struct error *error) {
    return parse_named(json, source, MODEL_TO_LOOK_AT, error);
}

static struct model *load(const char *path, enum model_use use, struct error *error) {
    struct buffer bytes = { 0 };
    struct model *model = NULL;
    if (file_read(&bytes, path, MODEL_FILE_BYTES_MAX, error))
        model = parse_named(buffer_slice(&bytes), path, use, error);
    buffer_free(&bytes);
    return model;
}

struct model *model_load(const char *path, struct error *error) {
    return load(path, MODEL_TO_SERVE, error);
}

struct model *model_load_to_look_at(const char *path, struct error *error) {
    return load(path, MODEL_TO_LOOK_AT, error);
}

bool model_is_newer(struct slice json) {
    json_t *root = json_loadb(json.data, json.len, JSON_REJECT_DUPLICATES, NULL);
    bool newer = json_integer_value(json_object_get(root, "obek_model")) > FORMAT_VERSION;
    json_decref(root);
    return newer;
}

static void scheme_clear(struct scheme *scheme) {
    for (int i = 0; scheme->segments != NULL && i < scheme->n_segments; i++) {
        free(scheme->segments[i].label_en);
        free(scheme->segments[i].label_tr);
    }
    free(scheme->segments);
    switch (scheme->type) {
    case SCHEME_KMEANS:
        for (int i = 0; i < scheme->kmeans.n_features; i++)
            free(scheme->kmeans.features[i].attribute);
        free(scheme->kmeans.centroids);
        free(scheme->kmeans.distances);
        break;
    case SCHEME_RFM:
        free(scheme->rfm.recency.at);
        free(scheme->rfm.frequency.at);
        free(scheme->rfm.monetary.at);
        free(scheme->rfm.table);
        break;
    case SCHEME_CLTV:
        free(scheme->cltv.cuts.at);
        break;
    }
}

void model_free(struct model *model) {
    if (model == NULL)
        return;
    for (int i = 0; i < model->n_schemes; i++)
        scheme_clear(&model->schemes[i]);
    free(model->name);
    free(model->version);
    free(model->not_servable_because);
    free(model);
}
