#include "obek/redis.h"
#include "advice.h"
#include "metrics.h"
#include "obek/clock.h"
#include "obek/digits.h"
#include "obek/log.h"
#include "redis_connect.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define IN_FLIGHT_CALLS_MAX 1000
#define IN_FLIGHT_BYTES_MAX (4 * 1024 * 1024)
#define BACKOFF_MS_MIN 20
#define BACKOFF_MS_MAX 2000
#define SAID_AGAIN_MS 30000
#define CONNECT_TIMEOUT_MS 5000
#define ANSWER_TIMEOUT_MS 10000

struct call {
    size_t begin; /* of its bytes in `bytes` */
    size_t end;
    redisReply *answer;
};

struct redis {
    struct redis_url url;
    struct redis_waiter waiter;
    struct redis_script *scripts;
    struct redis_link *link; /* NULL: not connected */
    struct buffer bytes;     /* the calls as they go over the wire */
    struct call *calls;
    size_t n, capacity;
    size_t sent, answered; /* calls; of the last one that is sent only a part may be written */
    size_t written;        /* bytes */
    redisReply *failure;   /* an error that push came upon: the answer of calls[answered], for execute */
    bool executed;         /* the answers are being read by the caller: the next append starts afresh */
    uint64_t connections;
    int connect_ms, answer_ms;
    bool quiet;
    bool away;
    int64_t away_since_ms, said_ms, backoff_ms;
    struct {
        struct series *seconds, *broken, *refused;
    } meter; /* NULL: nobody measures */
};

struct redis *redis_new(const char *url, struct error *error) {
    struct redis *redis = xcalloc(1, sizeof *redis);
    redis_set_limits(redis, CONNECT_TIMEOUT_MS, ANSWER_TIMEOUT_MS, false);
    if (!redis_url_parse(&redis->url, url, error)) {
        free(redis);
        return NULL;
    }
    return redis;
}

static void disconnect(struct redis *redis) {
    if (redis->link != NULL)
        redis_link_close(redis->link);
    redis->link = NULL;
    if (redis->failure != NULL)
        freeReplyObject(redis->failure);
    redis->failure = NULL;
    redis->sent = redis->answered;
    redis->written = redis->sent < redis->n ? redis->calls[redis->sent].begin : redis->bytes.len;
}

void redis_discard(struct redis *redis) {
    if (redis->sent > redis->answered)
        disconnect(redis);
    for (size_t i = 0; i < redis->n; i++)
        if (redis->calls[i].answer != NULL)
            freeReplyObject(redis->calls[i].answer);
    redis->n = redis->sent = redis->answered = redis->written = 0;
    redis->executed = false;
    buffer_clear(&redis->bytes);
}

void redis_free(struct redis *redis) {
    if (redis == NULL)
        return;
    redis_discard(redis);
    disconnect(redis);
    while (redis->scripts != NULL) {
        struct redis_script *next = redis->scripts->next;
        free(redis->scripts);
        redis->scripts = next;
    }
    redis_url_free(&redis->url);
    buffer_free(&redis->bytes);
    free(redis->calls);
    free(redis);
}

void redis_set_waiter(struct redis *redis, struct redis_waiter waiter) {
    redis->waiter = waiter;
}

void redis_set_limits(struct redis *redis, int connect_ms, int answer_ms, bool quiet) {
    redis->connect_ms = connect_ms;
    redis->answer_ms = answer_ms;
    redis->quiet = quiet;
}

void redis_set_meter(struct redis *redis, const char *client) {
    redis->meter.seconds = SERIES(METRIC_REDIS_SECONDS, client);
    redis->meter.broken = SERIES(METRIC_REDIS_ERRORS, client, "broken");
    redis->meter.refused = SERIES(METRIC_REDIS_ERRORS, client, "refused");
}

bool redis_is_away(const struct redis *redis) {
    return redis->away;
}

uint64_t redis_connections(const struct redis *redis) {
    return redis->connections;
}

const struct redis_script *redis_script(struct redis *redis, const char *text) {
    struct redis_script *script = xcalloc(1, sizeof *script);
    script->text = text;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_Digest(text, strlen(text), digest, &len, EVP_sha1(), NULL);
    for (unsigned i = 0; i < len; i++)
        snprintf(script->sha + 2 * i, 3, "%02x", digest[i]);
    script->next = redis->scripts;
    redis->scripts = script;
    return script;
}

static struct call *call_new(struct redis *redis) {
    if (redis->executed)
        redis_discard(redis);
    if (redis->n == redis->capacity) {
        redis->capacity = redis->capacity == 0 ? 64 : redis->capacity * 2;
        redis->calls = xrealloc(redis->calls, redis->capacity * sizeof *redis->calls);
    }
    struct call *call = &redis->calls[redis->n++];
    *call = (struct call){ .begin = redis->bytes.len };
    return call;
}

static void append_argument(struct buffer *bytes, struct slice argument) {
    char *at = buffer_reserve(bytes, 1 + DIGITS_MAX + 2 + argument.len + 2);
    *at++ = '$';
    at += digits_write(at, (int64_t)argument.len);
    memcpy(at, "\r\n", 2);
    if (argument.len > 0)
        memcpy(at + 2, argument.data, argument.len);
    memcpy(at + 2 + argument.len, "\r\n", 2);
    bytes->len = (size_t)(at + 2 + argument.len + 2 - bytes->data);
}

void redis_append(struct redis *redis, int argc, const char *const *argv, const size_t *lengths) {
    struct call *call = call_new(redis);
    buffer_printf(&redis->bytes, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++)
        append_argument(&redis->bytes, (struct slice){ argv[i], lengths[i] });
    call->end = redis->bytes.len;
}

void redis_append_text(struct redis *redis, int argc, const char *const *argv) {
    struct call *call = call_new(redis);
    buffer_printf(&redis->bytes, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++)
        append_argument(&redis->bytes, slice_of(argv[i]));
    call->end = redis->bytes.len;
}

void redis_append_script(struct redis *redis, const struct redis_script *script, int n_keys, size_t n,
                         const struct slice *arguments) {
    struct call *call = call_new(redis);
    buffer_printf(&redis->bytes, "*%zu\r\n$7\r\nEVALSHA\r\n", n + 3);
    append_argument(&redis->bytes, slice_of(script->sha));
    char keys[16];
    snprintf(keys, sizeof keys, "%d", n_keys);
    append_argument(&redis->bytes, slice_of(keys));
    for (size_t i = 0; i < n; i++)
        append_argument(&redis->bytes, arguments[i]);
    call->end = redis->bytes.len;
}

static bool connect_now(struct redis *redis, struct error *error) {
    redis->link = redis_connect(&redis->url, redis->scripts, redis->connect_ms, redis->answer_ms, error);
    redis->connections += redis->link != NULL;
    return redis->link != NULL;
}

/* Errors that another moment may mend (facts: "back off"); the call has had no effect. */
static bool mends_itself(const char *text) {
    static const char *const prefixes[] = { "LOADING", "READONLY",    "MASTERDOWN", "OOM",        "MISCONF", "NOSCRIPT",
                                            "BUSY ",   "CLUSTERDOWN", "TRYAGAIN",   "NOREPLICAS", "NOAUTH" };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* Takes the next calls into flight, as many as the caps allow. */
static void send_some(struct redis *redis) {
    for (; redis->sent < redis->n; redis->sent++) {
        size_t in_flight = redis->sent - redis->answered;
        const struct call *call = &redis->calls[redis->sent];
        if (in_flight >= IN_FLIGHT_CALLS_MAX ||
            (in_flight > 0 && call->end - redis->calls[redis->answered].begin > IN_FLIGHT_BYTES_MAX))
            return;
    }
}

/* Writes what is in flight; without waiting as much of it as goes. */
static bool write_sent(struct redis *redis, bool wait, struct error *error) {
    size_t end = redis->sent == 0 ? 0 : redis->calls[redis->sent - 1].end;
    ssize_t n = 1;
    while (redis->written < end && n > 0) {
        n = redis_link_send(redis->link, redis->bytes.data + redis->written, end - redis->written, wait, error);
        redis->written += n > 0 ? (size_t)n : 0;
    }
    return n >= 0;
}

static bool keep_answer(struct redis *redis, redisReply *answer) {
    if (answer->type == REDIS_REPLY_ERROR) {
        redis->failure = answer;
        return false;
    }
    redis->calls[redis->answered++].answer = answer;
    return true;
}

/* The answers that are here already. A broken connection shows again when execute reads. */
static void take_answers(struct redis *redis) {
    struct error error;
    redisReply *answer = NULL;
    while (redis_link_receive(redis->link, false, &error) == (ssize_t)REDIS_LINK_RECEIVED_MAX)
        ;
    while (redis->answered < redis->sent && redis_link_answer(redis->link, &answer, &error) && answer != NULL)
        if (!keep_answer(redis, answer))
            return;
}

void redis_push(struct redis *redis) {
    struct error error; /* comes again when execute writes */
    if (redis->link == NULL || redis->failure != NULL || redis->executed)
        return;
    take_answers(redis);
    if (redis->failure != NULL)
        return;
    send_some(redis);
    write_sent(redis, false, &error);
}

enum read_result { READ_OK, READ_BROKEN, READ_REFUSED };

static enum read_result read_answer(struct redis *redis, struct error *error) {
    if (redis->failure == NULL) {
        redisReply *answer = redis_link_wait(redis->link, error);
        if (answer == NULL)
            return READ_BROKEN;
        if (keep_answer(redis, answer))
            return READ_OK;
    }
    error_set(error, "%s", redis->failure->str);
    return mends_itself(redis->failure->str) ? READ_BROKEN : READ_REFUSED;
}

static enum read_result run_pipeline(struct redis *redis, struct error *error) {
    while (redis->answered < redis->n) {
        send_some(redis);
        if (redis->failure == NULL && !write_sent(redis, true, error))
            return READ_BROKEN;
        enum read_result result = read_answer(redis, error);
        if (result != READ_OK)
            return result;
    }
    return READ_OK;
}

static void say_away(struct redis *redis, const struct error *error) {
    int64_t now = monotonic_ms();
    if (!redis->away) {
        redis->away = true;
        redis->away_since_ms = now;
        redis->backoff_ms = BACKOFF_MS_MIN;
    } else if (now - redis->said_ms < SAID_AGAIN_MS) {
        return;
    }
    redis->said_ms = now;
    if (redis->quiet)
        return;
    log_event(LOG_LEVEL_WARN, "redis_down", { "error", LOG_S(error->text) }, { "since_ms", LOG_I(now - redis->away_since_ms) },
              { "do", LOG_S(advice_of_redis(error->text)) });
}

static void say_back(struct redis *redis) {
    if (redis->away && !redis->quiet)
        log_event(LOG_LEVEL_INFO, "redis_back", { "after_ms", LOG_I(monotonic_ms() - redis->away_since_ms) });
    redis->away = false;
}

static bool wait_for_server(struct redis *redis) {
    int64_t ms = redis->backoff_ms;
    redis->backoff_ms = ms * 2 > BACKOFF_MS_MAX ? BACKOFF_MS_MAX : ms * 2;
    if (redis->waiter.wait != NULL)
        return redis->waiter.wait(redis->waiter.context, ms);
    struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000 };
    nanosleep(&pause, NULL);
    return true;
}

/* The caller is told; what was not answered is not sent again with the next pipeline. */
static bool give_up(struct redis *redis, struct error *error, const char *context) {
    redis->executed = true;
    return error_context(error, "%s", context);
}

static void measure(const struct redis *redis, enum read_result result, int64_t since_ns) {
    if (redis->meter.seconds == NULL)
        return;
    if (result == READ_OK)
        histogram_add_since(redis->meter.seconds, since_ns);
    else
        counter_add(result == READ_BROKEN ? redis->meter.broken : redis->meter.refused, 1);
}

bool redis_execute(struct redis *redis, struct error *error) {
    for (;;) {
        int64_t since = monotonic_ns();
        enum read_result result = READ_BROKEN;
        if (redis->link != NULL || connect_now(redis, error))
            result = run_pipeline(redis, error);
        measure(redis, result, since);
        if (result == READ_OK)
            break;
        disconnect(redis);
        if (result == READ_REFUSED) {
            say_back(redis);
            return give_up(redis, error, "redis");
        }
        say_away(redis, error);
        if (!wait_for_server(redis))
            return give_up(redis, error, "gave up waiting for redis");
    }
    say_back(redis);
    redis->executed = true;
    return true;
}

size_t redis_answers(const struct redis *redis) {
    return redis->n;
}

const redisReply *redis_answer(const struct redis *redis, size_t i) {
    return redis->calls[i].answer;
}
