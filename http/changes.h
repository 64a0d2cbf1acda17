/* What the campaign topic tells those who look on: one reader a process, on a thread of its own at a low priority, begun when it
   is first asked for (docs/decisions.md, "HTTP"). */
#ifndef OBEK_CHANGES_H
#define OBEK_CHANGES_H

#include "change_window.h"
#include "obek/config.h"

#include <jansson.h>

struct changes;
struct listener;

/* The configuration is borrowed. */
struct changes *changes_new(const struct config *config);
/* Begins to read if that has not begun. From MHD's thread. False: there is no thread to be had. */
bool changes_begin(struct changes *changes);
/* Reads nothing more; all listeners are told, and their connections resumed. */
void changes_stop(struct changes *changes);
void changes_free(struct changes *changes);

/* /api/v1/flows (docs/formats.md) of the newest minutes, 1 to WINDOW_MINUTES. Owned by the caller. */
json_t *changes_flows(struct changes *changes, int minutes);

#endif
