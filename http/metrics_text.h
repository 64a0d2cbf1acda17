/* Prometheus' text format, version 0.0.4. */
#ifndef OBEK_METRICS_TEXT_H
#define OBEK_METRICS_TEXT_H

#include "../consumer/metrics.h"
#include "obek/buffer.h"

/* Appends all that consumer/metrics.h has, and the process's own numbers. */
void metrics_text(struct buffer *out);
/* Appends one family. */
void metrics_text_family(struct buffer *out, enum metric metric);

/* process.c: process_* metrics, under the names that Prometheus' own clients use. */
void process_text(struct buffer *out);

#endif
