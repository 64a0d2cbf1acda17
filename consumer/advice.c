#include "advice.h"

#include <stddef.h>
#include <string.h>

struct advice {
    const char *about, *text;
};

#define BEGIN_ANEW "restore the topic, or begin anew with a new group.id and redis.prefix (operations.md: Beginning anew)"
#define OTHER_REDIS                                                                                                              \
    "see that redis.url and redis.prefix are right; else restore Redis, or empty obek's keys and run once with --rebuild"

static const struct advice of_ends[] = {
    { "redis_emptied", "see that redis.url and redis.prefix are right; else restore Redis, or run once with --rebuild" },
    { "incarnation", OTHER_REDIS },
    { "marks_without_commit", "see that group.id is right; then run once with --from-marks" },
    { "topic_truncated", BEGIN_ANEW },
    { "topic_recreated", BEGIN_ANEW },
    { "log_too_short", "restore a Redis that is newer than what was deleted, or begin anew (operations.md: Beginning anew)" },
    { "redis_policy", "redis-cli CONFIG SET maxmemory-policy noeviction, the same in redis.conf, then start" },
    { "redis_evicted",
      "redis-cli CONFIG SET maxmemory-policy noeviction; restore Redis from before, or empty obek's keys and run once "
      "with --rebuild" },
    { "not_emptied", "empty obek's keys (operations.md: Emptying), then run once with --rebuild; or start without it" },
    { "newer_state", "run the newer version again" },
    { "damaged_state", "restore Redis from a copy, and report it" },
    { "redis", "redis-cli HGETALL PREFIX:meta, as the user of redis.url" },
    { "redis_error",
      "grant the user of redis.url what docs/security.md lists; is anything but obek writing below redis.prefix?" },
    { "model", "obek model check FILE, and hold its currency against currency.base" },
    { "config", "obek run --check-config" },
    { "too_many_dead_letters",
      "correct the producer or the feed's mapping, then start; kcat -t TOPIC -p N -o OFFSET -c 1 shows the record" },
    { "instance", "end the other process, or give this one an instance.id of its own" },
    { "fenced", "give each process an instance.id of its own" },
    { "http", "give each instance an http.listen of its own; ss -ltnp shows who has it" },
    { "topics", "run the command that is named" },
    { "schema_refused", "delete or relax the subject's compatibility in the registry, or set another campaign.topic" },
    { "kafka", "look at the brokers; then start again" },
};

const char *advice_of_end(const char *reason) {
    for (size_t i = 0; i < sizeof of_ends / sizeof of_ends[0]; i++)
        if (strcmp(reason, of_ends[i].about) == 0)
            return of_ends[i].text;
    return "look at the lines before this one, and report it";
}

/* Some words stand behind a call's name: "AUTH: WRONGPASS ..." */
static const struct advice of_redis[] = {
    { "OOM",
      "Redis is full: redis-cli INFO memory, then redis-cli CONFIG SET maxmemory to more (and in redis.conf); nothing is lost" },
    { "MISCONF", "Redis cannot write to its disk: df -h of redis-cli CONFIG GET dir, and its own log" },
    { "READONLY", "this Redis is a replica: point redis.url at the primary (redis-cli INFO replication)" },
    { "LOADING", "Redis reads its files after a start: wait" },
    { "BUSY ", "somebody's script holds Redis up: redis-cli SCRIPT KILL" },
    { "WRONGPASS", "correct user and password in redis.url (redis-cli ACL LIST)" },
    { "NOAUTH", "give redis.url a password" },
    { "NOPERM", "grant the user of redis.url what docs/security.md lists (redis-cli ACL GETUSER)" },
    { "certificate required", "give redis.url a client certificate: ssl_certfile, ssl_keyfile" },
    { "certificate",
      "see ssl_ca_certs in redis.url, and the name in the server's certificate (openssl s_client -connect HOST:PORT)" },
    { "TLS: ",
      "the server broke TLS off, and its log says why; does it ask for a certificate (ssl_certfile, ssl_keyfile in redis.url)?" },
};

const char *advice_of_redis(const char *error) {
    for (size_t i = 0; i < sizeof of_redis / sizeof of_redis[0]; i++)
        if (strstr(error, of_redis[i].about) != NULL)
            return of_redis[i].text;
    return "see that Redis runs and redis.url is right (redis-cli PING); obek goes on by itself";
}

static const struct advice of_dead[] = {
    { "future", "compare the clocks of this host and of the producer (timedatectl); then obek redrive -c FILE --reason future" },
    { "bad_time", "the producer's clock, time zone or feed.F.time.unit; then obek redrive -c FILE --dry-run" },
    { "unknown_schema", "is the schema in this registry (curl URL/schemas/ids/N)? Then obek redrive -c FILE --dry-run" },
};

const char *advice_of_dead(const char *reason) {
    for (size_t i = 0; i < sizeof of_dead / sizeof of_dead[0]; i++)
        if (strcmp(reason, of_dead[i].about) == 0)
            return of_dead[i].text;
    return "obek redrive -c FILE --dry-run says what they are, and which would decode today";
}

static const struct advice of_held_back[] = {
    { "backlog", "wait while lag_records falls; where it only grows look at the log of that partition's instance, or add one" },
    { "no_answer", "see that the partition has a leader (kafka-topics.sh --describe)" },
    { "never_seen", "see that all instances have the feed in their configuration, and run" },
    { "at_its_end", "if nothing more will come, set feed.F.idle.after; else find out why its producer is silent" },
    { "no_partitions", "see that the topic is there and brokers answer (kafka-topics.sh --describe)" },
};

const char *advice_of_held_back(const char *why) {
    for (size_t i = 0; i < sizeof of_held_back / sizeof of_held_back[0]; i++)
        if (strcmp(why, of_held_back[i].about) == 0)
            return of_held_back[i].text;
    return "";
}
