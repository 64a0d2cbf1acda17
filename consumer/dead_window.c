#include "dead_window.h"
#include "obek/buffer.h"

#include <stdlib.h>
#include <string.h>

struct dead_window {
    size_t size, next, n_bad;
    double share_max;
    bool *bad; /* a ring; not yet seen counts as good */
};

struct dead_window *dead_window_new(size_t records, double share_max) {
    struct dead_window *window = xcalloc(1, sizeof *window);
    *window = (struct dead_window){ .size = records, .share_max = share_max, .bad = xcalloc(records, sizeof(bool)) };
    return window;
}

struct dead_window *dead_window_copy(const struct dead_window *window) {
    struct dead_window *copy = dead_window_new(window->size, window->share_max);
    copy->next = window->next;
    copy->n_bad = window->n_bad;
    memcpy(copy->bad, window->bad, window->size * sizeof(bool));
    return copy;
}

void dead_window_free(struct dead_window *window) {
    if (window == NULL)
        return;
    free(window->bad);
    free(window);
}

void dead_window_recall(struct dead_window *window, size_t n) {
    for (size_t i = 0; i < n && i < window->size; i++)
        dead_window_note(window, true);
}

bool dead_window_note(struct dead_window *window, bool bad) {
    window->n_bad -= window->bad[window->next];
    window->bad[window->next] = bad;
    window->n_bad += bad;
    window->next = (window->next + 1) % window->size;
    return !bad || (double)window->n_bad <= window->share_max * (double)window->size;
}

size_t dead_window_bad(const struct dead_window *window) {
    return window->n_bad;
}
