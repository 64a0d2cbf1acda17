/* The two clocks, read at the edges only: core/ and codec/ are told the time. */
#ifndef OBEK_CLOCK_H
#define OBEK_CLOCK_H

#include <stdint.h>

int64_t wall_ms(void);      /* ms UTC since 1970 */
int64_t monotonic_ms(void); /* never goes back; counts from nowhere in particular */
int64_t monotonic_ns(void); /* the same clock */

#endif
