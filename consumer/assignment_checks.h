/* "Halt, never guess" (design, section 6): what an assignment must find before anything is written. */
#ifndef OBEK_ASSIGNMENT_CHECKS_H
#define OBEK_ASSIGNMENT_CHECKS_H

#include "assignment.h"

/* Holds committed offsets, marks and logs against each other; fills committed, first offset and W of the sources. */
enum assign_result assignment_check(struct assignment *assignment, struct sources *sources,
                                    const rd_kafka_topic_partition_list_t *committed, const struct bucket_marks *marks);

/* The fingerprint of a record, by which a topic that was made anew is recognised. Never 0. */
uint64_t record_fingerprint(const rd_kafka_message_t *message);

#endif
