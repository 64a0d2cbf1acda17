/* A private redis-server for one test program: a unix socket in a folder of its own, gone at the end. Where there is no
   redis-server every test says SKIPPED. */
#ifndef REDIS_FIXTURE_H
#define REDIS_FIXTURE_H

#include "../../consumer/store.h"
#include "obek/config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct redis_server {
    char folder[64], socket[96], url[112];
    pid_t pid; /* 0: there is none */
    redisContext *client;
};

static struct redis_server server;

static inline void redis_server_run(void) {
    pid_t parent = getpid();
    server.pid = fork();
    if (server.pid != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    char log[96];
    snprintf(log, sizeof log, "%s/redis.log", server.folder);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", server.socket, "--dir", server.folder, "--save", "",
           "--appendonly", "no", "--logfile", log, (char *)NULL);
    _exit(127);
}

/* Its listening socket is there before it answers: connecting is tried until it works or the process has ended. */
static inline int redis_server_start(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* as obek does */
    snprintf(server.folder, sizeof server.folder, "/tmp/obek-unit-XXXXXX");
    if (mkdtemp(server.folder) == NULL)
        return -1;
    snprintf(server.socket, sizeof server.socket, "%s/redis.sock", server.folder);
    snprintf(server.url, sizeof server.url, "unix://%s", server.socket);
    redis_server_run();
    int status;
    while (server.client == NULL && waitpid(server.pid, &status, WNOHANG) == 0) {
        redisContext *client = redisConnectUnix(server.socket);
        if (client != NULL && client->err == 0) {
            server.client = client;
            break;
        }
        redisFree(client);
        usleep(2000);
    }
    if (server.client != NULL)
        return 0;
    fprintf(stderr, "SKIPPED: redis-server cannot be started; is it installed?\n");
    server.pid = 0;
    return 0;
}

static inline int redis_server_stop(void **state) {
    (void)state;
    if (server.client != NULL)
        redisFree(server.client);
    if (server.pid != 0) {
        kill(server.pid, SIGKILL);
        waitpid(server.pid, NULL, 0);
    }
    char path[128];
    static const char *const files[] = { "redis.sock", "redis.log", "dump.rdb" };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", server.folder, files[i]);
        unlink(path);
    }
    return rmdir(server.folder);
}

/* One command of the test's own; the answer is freed by the next one. */
static inline const redisReply *redis_say(const char *format, ...) {
    static redisReply *reply;
    if (reply != NULL)
        freeReplyObject(reply);
    va_list arguments;
    va_start(arguments, format);
    reply = redisvCommand(server.client, format, arguments);
    va_end(arguments);
    if (reply == NULL)
        fail_msg("redis: %s", server.client->errstr);
    return reply;
}

static inline void redis_says(const char *expected, const char *command) {
    const redisReply *reply = redis_say(command);
    char number[24];
    snprintf(number, sizeof number, "%lld", reply->integer);
    const char *text = reply->type == REDIS_REPLY_INTEGER ? number : reply->type == REDIS_REPLY_NIL ? "nil" : reply->str;
    if (text == NULL || strcmp(text, expected) != 0)
        fail_msg("%s: '%s' instead of '%s'", command, text == NULL ? "(array)" : text, expected);
}

/* Every test begins with it: an empty server, or the test is skipped. */
static inline void redis_server_empty(void) {
    if (server.pid == 0)
        skip();
    redis_say("FLUSHALL");
}

/* All keys with their serialized values, in order: what must be equal where nothing was written. */
static inline struct buffer redis_dump(void) {
    struct buffer dump = { 0 };
    redisReply *keys =
        redisCommand(server.client, "EVAL %s 0", "local keys = redis.call('KEYS', '*') table.sort(keys) return keys");
    assert_int_equal(keys->type, REDIS_REPLY_ARRAY);
    for (size_t i = 0; i < keys->elements; i++) {
        redisReply *value = redisCommand(server.client, "DUMP %b", keys->element[i]->str, keys->element[i]->len);
        buffer_append(&dump, keys->element[i]->str, keys->element[i]->len + 1);
        buffer_append(&dump, value->str, value->len);
        freeReplyObject(value);
    }
    freeReplyObject(keys);
    return dump;
}

#endif
