/* Names of segments: given in order, or by rules on what is typical of their members. */
#include "recipe_internal.h"

#include "obek/buffer.h"
#include "obek/words.h"

#include <stdlib.h>

static bool read_label(const struct node *label, struct recipe_segment *segment, struct error *error) {
    static const char *const keys[] = { "en", "tr", NULL };
    if (label->json == NULL)
        return true;
    return node_is_object(label, keys, error) && member_copy(label, "en", &segment->label_en, error) &&
           member_copy(label, "tr", &segment->label_tr, error);
}

static bool check_rule_feature(const struct node *node, const struct recipe *recipe, const char *name, struct error *error) {
    const char *names[FEATURE_COUNT];
    if (feature_from_name(slice_of(name)) != FEATURE_COUNT || recipe_has_column(recipe, name))
        return true;
    for (int i = 0; i < FEATURE_COUNT; i++)
        names[i] = feature_name((enum feature)i);
    const char *nearest = nearest_word(name, names, FEATURE_COUNT);
    if (nearest != NULL)
        return node_error(node, error, "there is no feature \"%.64s\" (did you mean \"%s\"?)", name, nearest);
    return node_error(node, error, "there is no feature \"%.64s\"", name);
}

/* "value_online" or "-recency_days" */
static bool read_most(const struct node *node, const struct recipe *recipe, struct recipe_segment *segment, struct error *error) {
    if (node->json == NULL)
        return true;
    if (!node_is_array(node, 1, 16, error))
        return false;
    segment->most = xcalloc(json_array_size(node->json), sizeof *segment->most);
    for (size_t i = 0; i < json_array_size(node->json); i++) {
        struct node item = node_item(node, i);
        const char *text;
        if (!node_text(&item, &text, error))
            return false;
        bool small = text[0] == '-';
        if (!check_rule_feature(&item, recipe, text + small, error))
            return false;
        segment->most[i].feature = xstrdup(text + small);
        segment->most[i].sign = small ? -1 : 1;
        segment->n_most = i + 1;
    }
    return true;
}

static bool read_segment(const struct node *node, const struct recipe *recipe, bool rules, struct recipe_scheme *scheme,
                         struct error *error) {
    static const char *const given_keys[] = { "id", "label", NULL }, *const rule_keys[] = { "id", "label", "most", NULL };
    struct recipe_segment *segment = &scheme->segments[scheme->n_segments - 1];
    struct node id = node_member(node, "id"), label = node_member(node, "label"), most = node_member(node, "most");
    if (!node_is_object(node, rules ? rule_keys : given_keys, error) || !node_name(&id, &segment->id, error) ||
        !read_label(&label, segment, error) || !read_most(&most, recipe, segment, error))
        return false;
    if (rules && segment->n_most == 0)
        return node_error(&most, error, "missing: by what is such a segment known?");
    for (size_t i = 0; i + 1 < scheme->n_segments; i++)
        if (name_equal(&scheme->segments[i].id, &segment->id))
            return node_error(&id, error, "there are two segments \"%s\"", segment->id.text);
    return true;
}

bool recipe_read_segments(const struct node *node, const struct recipe *recipe, struct recipe_scheme *scheme,
                          struct error *error) {
    bool rules = scheme->type == RECIPE_KMEANS || scheme->type == RECIPE_HIERARCHICAL;
    if ((rules || scheme->type == RECIPE_RFM) && node->json == NULL)
        return true;
    if (!node_is_array(node, 1, SCHEME_SEGMENTS_MAX, error))
        return false;
    scheme->segments = xcalloc(json_array_size(node->json), sizeof *scheme->segments);
    for (size_t i = 0; i < json_array_size(node->json); i++) {
        struct node item = node_item(node, i);
        scheme->n_segments = i + 1;
        if (!read_segment(&item, recipe, rules, scheme, error))
            return false;
    }
    return true;
}

void recipe_scheme_free(struct recipe_scheme *scheme) {
    for (size_t i = 0; i < scheme->n_segments; i++) {
        struct recipe_segment *segment = &scheme->segments[i];
        for (size_t j = 0; j < segment->n_most; j++)
            free(segment->most[j].feature);
        free(segment->most);
        free(segment->label_en);
        free(segment->label_tr);
    }
    free(scheme->segments);
    for (size_t i = 0; i < scheme->n_features; i++)
        free(scheme->features[i].name);
    free(scheme->rfm.table);
}
