#include "event_campaigns.h"
#include "obek/buffer.h"
#include "obek/catalogue.h"

#include <stdlib.h>

struct looked_up {
    struct name scheme, segment;
    size_t n;
    const char **ids; /* the texts are the catalogue's */
};

struct event_campaigns {
    struct catalogue *catalogue;
    size_t n;
    struct looked_up *known; /* at most one for each segment of the models so far */
};

struct event_campaigns *event_campaigns_new(const char *setting, struct error *error) {
    struct event_campaigns *campaigns = xcalloc(1, sizeof *campaigns);
    campaigns->catalogue = catalogue_new();
    if (!catalogue_configure(campaigns->catalogue, setting, error)) {
        event_campaigns_free(campaigns);
        return NULL;
    }
    return campaigns;
}

void event_campaigns_free(struct event_campaigns *campaigns) {
    if (campaigns == NULL)
        return;
    for (size_t i = 0; i < campaigns->n; i++)
        free(campaigns->known[i].ids);
    free(campaigns->known);
    catalogue_free(campaigns->catalogue);
    free(campaigns);
}

static const struct looked_up *look_up(struct event_campaigns *campaigns, const struct name *scheme, const struct name *segment) {
    const json_t *list = catalogue_campaigns(campaigns->catalogue, scheme->text, segment->text);
    struct looked_up found = { .scheme = *scheme, .segment = *segment, .n = json_array_size(list) };
    found.ids = xcalloc(found.n + 1, sizeof *found.ids);
    for (size_t i = 0; i < found.n; i++)
        found.ids[i] = json_string_value(json_array_get(list, i));
    campaigns->known = xrealloc(campaigns->known, (campaigns->n + 1) * sizeof *campaigns->known);
    campaigns->known[campaigns->n] = found;
    return &campaigns->known[campaigns->n++];
}

const char *const *event_campaigns_of(struct event_campaigns *campaigns, const struct name *scheme, const struct name *segment,
                                      size_t *n) {
    const struct looked_up *found = NULL;
    *n = 0;
    if (campaigns == NULL || segment->len == 0)
        return NULL;
    for (size_t i = 0; i < campaigns->n && found == NULL; i++)
        if (name_equal(&campaigns->known[i].segment, segment) && name_equal(&campaigns->known[i].scheme, scheme))
            found = &campaigns->known[i];
    if (found == NULL)
        found = look_up(campaigns, scheme, segment);
    *n = found->n;
    return found->ids;
}
