#include "flows.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 12

static bool take_segment(struct flows *flows, const json_t *segment) {
    const char *id = json_string_value(json_object_get(segment, "id"));
    const char *label = json_string_value(json_object_get(json_object_get(segment, "label"), "en"));
    if (id == NULL || flows->n == SEGMENTS_MAX)
        return false;
    struct segment_name *name = &flows->segments[flows->n++];
    snprintf(name->id, sizeof name->id, "%s", id);
    snprintf(name->label, sizeof name->label, "%s", label == NULL ? id : label);
    return true;
}

bool flows_init(struct flows *flows, const char *model_path, bool colour) {
    *flows = (struct flows){ .colour = colour };
    json_error_t error;
    json_t *model = json_load_file(model_path, 0, &error);
    const json_t *segments = json_object_get(json_array_get(json_object_get(model, "schemes"), 0), "segments");
    bool ok = json_array_size(segments) > 0;
    for (size_t i = 0; ok && i < json_array_size(segments); i++)
        ok = take_segment(flows, json_array_get(segments, i));
    if (!ok)
        fprintf(stderr, "demo: %s: %s\n", model_path, model == NULL ? error.text : "its segments cannot be read");
    json_decref(model);
    return ok;
}

int flows_index(const struct flows *flows, const char *id) {
    int i = 0;
    while (i < flows->n && (id == NULL || strcmp(flows->segments[i].id, id) != 0))
        i++;
    return i;
}

const char *flows_label(const struct flows *flows, int segment) {
    return segment == flows->n ? "-" : flows->segments[segment].label;
}

void flows_print_label(const struct flows *flows, int segment, int width) {
    static const char *const colours[] = { "1;32", "32", "36", "33", "31", "90" }; /* best first, as in the demo's model */
    bool coloured = flows->colour && segment < flows->n && segment < (int)(sizeof colours / sizeof colours[0]);
    if (coloured)
        printf("\033[%sm", colours[segment]);
    printf("%-*s", width, flows_label(flows, segment));
    if (coloured)
        fputs("\033[0m", stdout);
}

struct flow {
    int from, to, n;
};

static int by_size(const void *left, const void *right) {
    const struct flow *a = left, *b = right;
    return a->n != b->n ? b->n - a->n : a->from != b->from ? a->from - b->from : a->to - b->to;
}

void flows_print(const struct flows *flows) {
    struct flow all[(SEGMENTS_MAX + 1) * (SEGMENTS_MAX + 1)] = { { 0 } };
    int n = 0;
    for (int from = 0; from <= flows->n; from++)
        for (int to = 0; to <= flows->n; to++)
            if (flows->moved[from][to] > 0)
                all[n++] = (struct flow){ from, to, flows->moved[from][to] };
    qsort(all, (size_t)n, sizeof *all, by_size);
    printf("%d changes:\n", flows->total);
    for (int i = 0; i < n && i < LINES_MAX; i++) {
        printf("  %4d  ", all[i].n);
        flows_print_label(flows, all[i].from, 16);
        fputs(" -> ", stdout);
        flows_print_label(flows, all[i].to, 0);
        putchar('\n');
    }
    if (n > LINES_MAX)
        printf("        and %d other ways\n", n - LINES_MAX);
}
