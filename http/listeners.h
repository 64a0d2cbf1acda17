/* Those who listen to /api/v1/events (server-sent events, WHATWG HTML section 9.2): each is told the latest changes as fast as it
   takes them, up to a limit, and how many it was not told; one that takes too long is told so and let go. */
#ifndef OBEK_LISTENERS_H
#define OBEK_LISTENERS_H

#include "changes.h"

#include <sys/types.h>

#define LISTENERS_MAX 32

struct MHD_Connection;

/* NULL: there are too many. last_event_id: where it was interrupted; NULL: nowhere. */
struct listener *listener_new(struct changes *changes, const char *last_event_id);
/* Before it is read; it may be suspended from then on. */
void listener_begin(struct listener *listener, struct MHD_Connection *connection);
/* MHD's callbacks; the context is the listener. */
ssize_t listener_read(void *context, uint64_t position, char *out, size_t max);
void listener_free(void *context); /* NULL: nothing */

/* Resumes those for whom there is something. The lock of the changes is held. */
void listeners_wake(struct changes *changes);

#endif
