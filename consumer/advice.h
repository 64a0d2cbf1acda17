/* What the operator does next: the words behind `do=` in the log. They name a command, and docs/operations.md has more. */
#ifndef OBEK_ADVICE_H
#define OBEK_ADVICE_H

/* By the reason of a halt or a failure (docs/operations.md: Halts, Failures); one that is not known: the place to look. */
const char *advice_of_end(const char *reason);
/* By the words of Redis or of the system, while obek waits for Redis. */
const char *advice_of_redis(const char *error);
/* By the `why` of time_held_back. */
const char *advice_of_held_back(const char *why);
/* By the reason of a dead letter. */
const char *advice_of_dead(const char *reason);

#define ADVICE_REGISTRY                                                                                                          \
    "see that schema.registry.url answers (curl URL/subjects); records wait, none is a dead letter, and it goes on by itself"
#define ADVICE_CLOCK "timedatectl on this host and on Redis': correct the one that is wrong"
#define ADVICE_MODEL "obek model check FILE; the model in force stays until a good file is put"

#endif
