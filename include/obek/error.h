/* An operating failure, told in words. The caller owns the struct; the first error wins and gains context as it
   rises; it is logged once, at the top. Functions that take one return false (or NULL) when they have filled it. */
#ifndef OBEK_ERROR_H
#define OBEK_ERROR_H

#include <stdbool.h>

struct error {
    char text[512]; /* always NUL-terminated; cut at the end when too long */
};

/* Sets the text; returns false, so that `return error_set(...)` reads well. */
bool error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the text; returns false. */
bool error_context(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
