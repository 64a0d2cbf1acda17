/* Instants as text: RFC 3339 <-> ms UTC. */
#ifndef OBEK_INSTANT_H
#define OBEK_INSTANT_H

#include "obek/error.h"
#include "obek/slice.h"

#include <stdint.h>

/* RFC 3339 ("T" or a blank between date and time, fraction beyond ms cut off, zone Z or +hh:mm), a date alone (00:00:00), or
   without a zone: in the process's `timezone` setting (instant_set_zone; default UTC). Leap second 60 counts as 59.999. */
bool instant_parse(int64_t *ms, struct slice text, struct error *error);
/* Whether ms lies in the years 0000..9999. */
bool instant_in_range(int64_t ms);
/* A local date and time (as ms, as if it were UTC) in the `timezone` setting -> ms UTC. Of two equal local times the first; a
   time that the clocks skipped is read with the offset before the gap. */
int64_t instant_of_local(int64_t local_ms);
/* An IANA zone name; false when the system does not know it. Once, before threads are started. */
bool instant_set_zone(const char *zone, struct error *error);
/* "2021-05-30T12:00:00.000Z" into out (at least 32 bytes). Years 0000..9999; beyond: clamped. */
void instant_text(int64_t ms, char *out);

#endif
