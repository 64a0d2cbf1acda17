/* Whole numbers as decimal digits: printf took most of the time of what is written for every order (docs/performance.md). */
#ifndef OBEK_DIGITS_H
#define OBEK_DIGITS_H

#include <stddef.h>
#include <stdint.h>

#define DIGITS_MAX 20 /* with the sign */

/* Writes the number and returns how many characters it took; no NUL. */
size_t digits_write(char *out, int64_t number);

#endif
