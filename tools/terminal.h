/* The terminal that a live view has for itself: keys at once, no echo, a screen beside the one with the shell's lines. */
#ifndef OBEK_TERMINAL_H
#define OBEK_TERMINAL_H

#include "obek/error.h"
#include "obek/slice.h"

#include <stdint.h>

/* Are stdin and stdout one? */
bool terminal_is_here(void);
/* Takes it over. terminal_end() gives it back as it was, and must be called however the program ends. */
bool terminal_begin(struct error *error);
void terminal_end(void);
/* Columns and rows; 80 and 24 where it does not tell. */
void terminal_size(size_t *columns, size_t *rows);
/* Shows these lines and nothing else. */
void terminal_show(struct slice lines);
/* Waits for a key: its byte; 0: none came within ms, or the size has changed, or a signal came; -1: it is gone. */
int terminal_key(int64_t ms);

#endif
