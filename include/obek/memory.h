/* How much memory there is, for those who need a lot of it at once and would rather say so than be killed. */
#ifndef OBEK_MEMORY_H
#define OBEK_MEMORY_H

#include <stddef.h>

/* Bytes that this process can still take without swapping: what the system has available, less when the control group (a
   container) sets a lower limit. SIZE_MAX when the system does not tell. */
size_t memory_available(void);

/* For an array of many megabytes that is read here and there: in large pages where the system has them. Not zeroed; never NULL;
   given back by free(). */
void *memory_large(size_t bytes);

#endif
