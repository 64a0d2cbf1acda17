/* Condition variables whose waits are measured by the monotonic clock: setting the host's clock neither ends nor prolongs one. */
#ifndef OBEK_CONDITION_H
#define OBEK_CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

void condition_init(pthread_cond_t *condition);
/* The lock is held. Wakes for no reason, too. False: the time has come (monotonic_ms). */
bool condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ms);

#endif
