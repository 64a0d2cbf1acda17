#include "learn.h"
#include "obek/printing.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

json_t *real_json(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

bool learn_scheme(const struct learning *learning, struct learned *learned, struct error *error) {
    static bool (*const learn[])(const struct learning *, struct learned *,
                                 struct error *) = { [RECIPE_KMEANS] = learn_kmeans,
                                                     [RECIPE_HIERARCHICAL] = learn_hierarchical,
                                                     [RECIPE_RFM] = learn_rfm,
                                                     [RECIPE_CLTV] = learn_cltv };
    learned->metrics = json_object();
    return learn[learned->recipe->type](learning, learned, error) ||
           error_context(error, "scheme %s", learned->recipe->name.text);
}

void learned_add(struct learned *learned, double *values, const char *format, ...) {
    struct buffer name = { 0 };
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buffer_append(&name, text, strlen(text) + 1);
    learned->columns = xrealloc(learned->columns, (learned->n_columns + 1) * sizeof *learned->columns);
    learned->columns[learned->n_columns++] = (struct learned_column){ name.data, values };
}

void learned_not_served(struct learned *learned, const char *format, ...) {
    char text[240]; /* a reason has at most 255 bytes in the model file */
    va_list arguments;
    if (learned->why_not_served != NULL)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    learned->why_not_served = xstrdup(text);
}

void learned_warn(struct learned *learned, const char *code, const char *text, const char *advice) {
    json_t *warnings = json_object_get(learned->metrics, "warnings");
    if (warnings == NULL) {
        warnings = json_array();
        json_object_set_new(learned->metrics, "warnings", warnings);
    }
    json_array_append_new(warnings, json_pack("{s:s, s:s, s:s*}", "code", code, "text", text, "advice", advice));
    fprintf(stderr, "obek train: warning: scheme %s: ", learned->recipe->name.text);
    print_text(stderr, slice_of(text));
    if (advice != NULL)
        fprintf(stderr, " (%s)", advice);
    fputc('\n', stderr);
}

void learned_warn_fit(struct learned *learned, const struct fit_warnings *warnings) {
    for (int i = 0; i < warnings->n; i++) {
        const struct fit_warning *warning = &warnings->list[i];
        char text[400];
        snprintf(text, sizeof text, "%s%s%s%s", fit_warning_meaning(warning->code), warning->detail[0] != '\0' ? " (" : "",
                 warning->detail, warning->detail[0] != '\0' ? ")" : "");
        learned_warn(learned, fit_warning_name(warning->code), text, fit_warning_advice(warning->code));
    }
}

static char *copied(const char *text) {
    return text != NULL ? xstrdup(text) : NULL;
}

void learned_take_segments(struct learned *learned) {
    const struct recipe_scheme *recipe = learned->recipe;
    learned->n_segments = (int)recipe->n_segments;
    learned->segments = xcalloc(recipe->n_segments, sizeof *learned->segments);
    for (size_t i = 0; i < recipe->n_segments; i++)
        learned->segments[i] = (struct learned_segment){ recipe->segments[i].id, copied(recipe->segments[i].label_en),
                                                         copied(recipe->segments[i].label_tr) };
}

json_t *learned_segment_json(const struct learned_segment *segment) {
    json_t *json = json_pack("{s:s}", "id", segment->id.text);
    if (segment->label_en != NULL || segment->label_tr != NULL)
        json_object_set_new(json, "label", json_pack("{s:s*, s:s*}", "en", segment->label_en, "tr", segment->label_tr));
    return json;
}

json_t *learned_segments_json(const struct learned *learned) {
    json_t *segments = json_array();
    for (int i = 0; i < learned->n_segments; i++)
        json_array_append_new(segments, learned_segment_json(&learned->segments[i]));
    return segments;
}

void learned_free(struct learned *learned) {
    for (int i = 0; i < learned->n_segments; i++) {
        free(learned->segments[i].label_en);
        free(learned->segments[i].label_tr);
    }
    free(learned->segments);
    for (size_t i = 0; i < learned->n_columns; i++) {
        free(learned->columns[i].name);
        free(learned->columns[i].values);
    }
    free(learned->columns);
    free(learned->segment_of);
    free(learned->why_not_served);
    json_decref(learned->scheme);
    json_decref(learned->metrics);
    buffer_free(&learned->elbow);
    buffer_free(&learned->merges);
    *learned = (struct learned){ 0 };
}
