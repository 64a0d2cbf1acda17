/* One connection to Redis and a pipeline of calls that survives it (design, section 5 "Save").

   After a broken connection, a time-out or an answer that says "not now" (LOADING, READONLY, OOM, MISCONF, NOSCRIPT, ...) the
   connection is dropped and every call that is not answered yet is repeated byte for byte, in order: so each call must be safe to
   repeat. Outages are waited for with back-off and said once, and once again when they are over. */
#ifndef OBEK_REDIS_H
#define OBEK_REDIS_H

#include "obek/buffer.h"
#include "obek/error.h"

#include <hiredis/hiredis.h>
#include <stdint.h>

struct redis;

/* Called while waiting for a server that is away; waits `ms` (or does something useful for that long). False: give up waiting. */
struct redis_waiter {
    void *context;
    bool (*wait)(void *context, int64_t ms);
};

/* url: redis://[user][:password@]host[:port][/db], rediss:// with ?ssl_ca_certs=FILE&..., or unix:///path[?db=n]. Parses only;
 * the first execute connects. */
struct redis *redis_new(const char *url, struct error *error);
void redis_free(struct redis *redis);
void redis_set_waiter(struct redis *redis, struct redis_waiter waiter);
/* For the connections made from now on; quiet: an outage is told by the error alone. */
void redis_set_limits(struct redis *redis, int connect_ms, int answer_ms, bool quiet);
/* From now on its calls and errors are measured under this name (consumer/metrics.h). */
void redis_set_meter(struct redis *redis, const char *client);

/* A script to be known on every connection; the handle is valid as long as the connection object. */
struct redis_script;
const struct redis_script *redis_script(struct redis *redis, const char *text);

/* Appends a call to the pipeline. */
void redis_append(struct redis *redis, int argc, const char *const *argv, const size_t *lengths);
/* The same from text arguments. */
void redis_append_text(struct redis *redis, int argc, const char *const *argv);
/* EVALSHA script nkeys args...; `n` counts keys and arguments. */
void redis_append_script(struct redis *redis, const struct redis_script *script, int n_keys, size_t n,
                         const struct slice *arguments);

/* Writes what was appended so far, as much of it as goes without waiting, so that Redis works on it while more is put together.
   Whatever fails is found, and repeated, by redis_execute. */
void redis_push(struct redis *redis);
/* Sends what was appended and reads every answer. False: gave up waiting, or an answer was an error that waiting does not mend
   (the error says which); calls without an answer are then forgotten. Answers are valid until the next redis_append* or
   redis_discard. */
bool redis_execute(struct redis *redis, struct error *error);
size_t redis_answers(const struct redis *redis);
const redisReply *redis_answer(const struct redis *redis, size_t i);
/* Forgets calls and answers; an unfinished pipeline loses its connection. */
void redis_discard(struct redis *redis);

bool redis_is_away(const struct redis *redis);
/* How often it has connected: another number means that the server may be another one, or have lost its tail. */
uint64_t redis_connections(const struct redis *redis);

#endif
