/* obek model check: what is in a model file. */
#include "model_commands.h"
#include "obek/command.h"
#include "obek/model_file.h"

#include <jansson.h>
#include <stdio.h>

static const char *scheme_type_text(enum scheme_type type) {
    static const char *const names[] = { [SCHEME_KMEANS] = "kmeans", [SCHEME_RFM] = "rfm", [SCHEME_CLTV] = "cltv" };
    return names[type];
}

static void print_cuts(const char *of, const struct cuts *cuts) {
    printf("  cuts of %s:", of);
    for (int i = 0; i < cuts->n; i++)
        printf(" %.15g", cuts->at[i]);
    printf("%s\n", cuts->n == 0 ? " none" : "");
}

static void print_kmeans(const struct scheme *scheme) {
    const struct kmeans *kmeans = &scheme->kmeans;
    printf("%d features, %d segments, hysteresis %g\n  features:", kmeans->n_features, scheme->n_segments, kmeans->hysteresis);
    for (int i = 0; i < kmeans->n_features; i++)
        printf(" %s", scaled_feature_name(&kmeans->features[i]));
    printf("\n");
}

static void print_rfm(const struct scheme *scheme) {
    const struct rfm *rfm = &scheme->rfm;
    printf("%d x %d x %d scores, %d segments\n", rfm->recency.n + 1, rfm->frequency.n + 1, rfm->monetary.n + 1,
           scheme->n_segments);
    print_cuts("recency_days", &rfm->recency);
    print_cuts("frequency", &rfm->frequency);
    print_cuts("monetary", &rfm->monetary);
}

static void print_cltv(const struct scheme *scheme) {
    const struct cltv *cltv = &scheme->cltv;
    printf("value of %d months by %s, %d segments\n", cltv->months, feature_name(cltv->x), scheme->n_segments);
    print_cuts("the value", &cltv->cuts);
}

static void print_segment(const struct segment *segment) {
    const char *label = segment->label_en != NULL ? segment->label_en : segment->label_tr;
    if (label != NULL)
        printf("    %-24s %s\n", segment->id.text, label);
    else
        printf("    %s\n", segment->id.text);
}

static void print_scheme(const struct scheme *scheme) {
    static void (*const printers[])(
        const struct scheme *) = { [SCHEME_KMEANS] = print_kmeans, [SCHEME_RFM] = print_rfm, [SCHEME_CLTV] = print_cltv };
    printf("scheme %s: type %s, ", scheme->name.text, scheme_type_text(scheme->type));
    printers[scheme->type](scheme);
    printf("  segments:\n");
    for (int i = 0; i < scheme->n_segments; i++)
        print_segment(&scheme->segments[i]);
}

static void print_text(const struct model *model) {
    printf("%s, version %s, %s\n", model->name, model->version, model->currency);
    printf("sha256 %s\n", model->sha256);
    if (!model->servable)
        printf("cannot be served: %s\n", model->not_servable_because);
    for (int i = 0; i < model->n_schemes; i++)
        print_scheme(&model->schemes[i]);
    if (model->n_probes == 0)
        printf("probes: none\n");
    else
        printf("probes: %zu checked, all as expected\n", model->n_probes);
}

static json_t *label_json(const struct segment *segment) {
    return json_pack("{s:s*, s:s*}", "en", segment->label_en, "tr", segment->label_tr);
}

static json_t *kmeans_json(const struct kmeans *kmeans) {
    json_t *features = json_array();
    for (int i = 0; i < kmeans->n_features; i++)
        json_array_append_new(features, json_string(scaled_feature_name(&kmeans->features[i])));
    return json_pack("{s:f, s:o}", "hysteresis", kmeans->hysteresis, "features", features);
}

static json_t *cuts_json(const struct cuts *cuts) {
    json_t *array = json_array();
    for (int i = 0; i < cuts->n; i++)
        json_array_append_new(array, json_real(cuts->at[i]));
    return array;
}

static json_t *rfm_json(const struct rfm *rfm) {
    return json_pack("{s:{s:o, s:o, s:o}}", "cuts", "recency_days", cuts_json(&rfm->recency), "frequency",
                     cuts_json(&rfm->frequency), "monetary", cuts_json(&rfm->monetary));
}

static json_t *cltv_json(const struct cltv *cltv) {
    return json_pack("{s:s, s:i, s:o}", "x", feature_name(cltv->x), "months", cltv->months, "cuts", cuts_json(&cltv->cuts));
}

static json_t *scheme_json(const struct scheme *scheme) {
    json_t *segments = json_array();
    for (int i = 0; i < scheme->n_segments; i++)
        json_array_append_new(
            segments, json_pack("{s:s, s:o}", "id", scheme->segments[i].id.text, "label", label_json(&scheme->segments[i])));
    json_t *json = json_pack("{s:s, s:s}", "name", scheme->name.text, "type", scheme_type_text(scheme->type));
    json_t *own = scheme->type == SCHEME_KMEANS ? kmeans_json(&scheme->kmeans)
                  : scheme->type == SCHEME_RFM  ? rfm_json(&scheme->rfm)
                                                : cltv_json(&scheme->cltv);
    json_object_update(json, own);
    json_decref(own);
    json_object_set_new(json, "segments", segments);
    return json;
}

static void print_json(const struct model *model) {
    json_t *schemes = json_array();
    for (int i = 0; i < model->n_schemes; i++)
        json_array_append_new(schemes, scheme_json(&model->schemes[i]));
    json_t *answer =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:s*, s:I, s:o}", "name", model->name, "version", model->version, "currency",
                  model->currency, "sha256", model->sha256, "servable", model->servable, "servable_reason",
                  model->not_servable_because, "probes_checked", (json_int_t)model->n_probes, "schemes", schemes);
    json_dumpf(answer, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(answer);
}

int model_check(const struct model_arguments *arguments, const char *path) {
    struct error error;
    struct model *model = model_load_to_look_at(path, &error);
    if (model == NULL) {
        fprintf(stderr, "obek model check: %s\n", error.text);
        return EXIT_USAGE;
    }
    if (arguments->as_json)
        print_json(model);
    else
        print_text(model);
    model_free(model);
    return EXIT_DONE;
}
