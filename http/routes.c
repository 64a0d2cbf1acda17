#include "routes.h"

static const struct route routes[] = {
    { .pattern = "/", .open = true, .answer = answer_dashboard },
    { .pattern = "/livez", .open = true, .answer = answer_live },
    { .pattern = "/readyz", .open = true, .answer = answer_ready },
    { .pattern = "/healthz", .open = true, .answer = answer_ready },
    { .pattern = "/metrics", .answer = answer_metrics },
    { .pattern = "/api/v1/flows", .answer = answer_flows },
    { .pattern = "/api/v1/events", .answer = answer_events },
    { .pattern = "/api/v1/model", .looks_up = true, .answer = answer_model },
    { .pattern = "/api/v1/segments", .looks_up = true, .answer = answer_segments },
    { .pattern = "/api/v1/segments/{scheme}/{segment}/members", .looks_up = true, .answer = answer_members },
    { .pattern = "/api/v1/customers/{id}", .looks_up = true, .answer = answer_customer },
    { .pattern = "/api/v1/customers/{id}/explanation", .looks_up = true, .answer = answer_explanation },
};

/* Takes the next part off a pattern: "/a/{b}" -> "a", "/{b}". */
static struct slice next_part(const char **pattern) {
    const char *begin = *pattern + 1;
    size_t len = strcspn(begin, "/");
    *pattern = begin + len;
    return (struct slice){ begin, len };
}

static bool matches(const char *pattern, const struct target *target, struct slice *given) {
    size_t n_given = 0;
    for (size_t i = 0; i < target->n_parts; i++) {
        if (*pattern == '\0')
            return false;
        struct slice part = next_part(&pattern);
        if (part.len > 0 && part.data[0] == '{') {
            if (target->parts[i].len == 0)
                return false;
            given[n_given++] = target->parts[i];
        } else if (!slice_equal(part, target->parts[i])) {
            return false;
        }
    }
    return *pattern == '\0';
}

const struct route *route_find(const struct target *target, struct slice *given) {
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (matches(routes[i].pattern, target, given))
            return &routes[i];
    return NULL;
}
