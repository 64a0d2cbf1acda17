/* The share of bad records among the newest ones: too large, and the topic must not be drained into the dead letters (design,
   section 7). */
#ifndef OBEK_DEAD_WINDOW_H
#define OBEK_DEAD_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

struct dead_window;

struct dead_window *dead_window_new(size_t records, double share_max);
struct dead_window *dead_window_copy(const struct dead_window *window);
/* Begins with n bad records, which an earlier run was halted by: the next one is too many unless good ones come first. */
void dead_window_recall(struct dead_window *window, size_t n);
void dead_window_free(struct dead_window *window);
/* Notes one record. False: it is bad, and with it more than share_max of a whole window are. */
bool dead_window_note(struct dead_window *window, bool bad);
size_t dead_window_bad(const struct dead_window *window);

#endif
