/* Names of the segments, and how many moved from where to where. */
#ifndef OBEK_DEMO_FLOWS_H
#define OBEK_DEMO_FLOWS_H

#include <stdbool.h>

#define SEGMENTS_MAX 16

struct segment_name {
    char id[64], label[64];
};
struct flows {
    int n; /* segments; index n stands for "none" */
    struct segment_name segments[SEGMENTS_MAX];
    int moved[SEGMENTS_MAX + 1][SEGMENTS_MAX + 1];
    int total;
    bool colour;
};

/* Reads ids and labels of a model file's first scheme; false after telling why not. */
bool flows_init(struct flows *flows, const char *model_path, bool colour);
/* The index of a segment's id; NULL or unknown: none. */
int flows_index(const struct flows *flows, const char *id);
const char *flows_label(const struct flows *flows, int segment);
/* Prints the label in its colour, padded to `width` columns. */
void flows_print_label(const struct flows *flows, int segment, int width);
void flows_print(const struct flows *flows);

#endif
