#include "obek/model.h"

const struct scheme *model_scheme(const struct model *model, const struct name *name) {
    for (int i = 0; i < model->n_schemes; i++)
        if (name_equal(&model->schemes[i].name, name))
            return &model->schemes[i];
    return NULL;
}

const struct scheme *model_cltv(const struct model *model) {
    for (int i = 0; i < model->n_schemes; i++)
        if (model->schemes[i].type == SCHEME_CLTV)
            return &model->schemes[i];
    return NULL;
}

int scheme_segment(const struct scheme *scheme, const struct name *id) {
    for (int i = 0; i < scheme->n_segments; i++)
        if (name_equal(&scheme->segments[i].id, id))
            return i;
    return -1;
}

bool scheme_has_attributes(const struct scheme *scheme) {
    for (int f = 0; scheme->type == SCHEME_KMEANS && f < scheme->kmeans.n_features; f++)
        if (scheme->kmeans.features[f].attribute != NULL)
            return true;
    return false;
}
