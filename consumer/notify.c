#include "notify.h"
#include "obek/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void warn(const char *what, const char *why) {
    log_event(LOG_LEVEL_WARN, "notify", { "what", LOG_S(what) }, { "error", LOG_S(why) });
}

static void tell(const struct notifier *notifier, const char *state) {
    if (notifier->socket < 0)
        return;
    ssize_t sent;
    do
        sent = sendto(notifier->socket, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&notifier->address,
                      notifier->address_len);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        warn(state, strerror(errno));
}

/* An abstract name has a NUL where the environment has @, and no NUL at its end: its length is all of it. */
static bool set_address(struct notifier *notifier, const char *name) {
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof notifier->address.sun_path)
        return false;
    notifier->address.sun_family = AF_UNIX;
    memcpy(notifier->address.sun_path, name, len + 1);
    if (name[0] == '@')
        notifier->address.sun_path[0] = '\0';
    notifier->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
    return true;
}

static bool positive(const char *text, int64_t *out) {
    char *end;
    if (text == NULL)
        return false;
    errno = 0;
    *out = strtoimax(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out > 0;
}

/* The watchdog of another process (a parent's, inherited with the environment) is not ours to answer. */
static int64_t watchdog_ms(void) {
    int64_t pid, us;
    const char *whose = getenv("WATCHDOG_PID");
    if (!positive(getenv("WATCHDOG_USEC"), &us) || (whose != NULL && (!positive(whose, &pid) || pid != getpid())))
        return 0;
    return us / 1000;
}

void notifier_open(struct notifier *notifier) {
    *notifier = (struct notifier){ .socket = -1 };
    const char *name = getenv("NOTIFY_SOCKET");
    if (name == NULL || name[0] == '\0')
        return;
    if (!set_address(notifier, name)) {
        warn(name, "NOTIFY_SOCKET is neither a path nor an abstract name");
        return;
    }
    notifier->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notifier->socket < 0)
        warn(name, strerror(errno));
    notifier->alive_every_ms = watchdog_ms() / 2;
}

void notifier_close(struct notifier *notifier) {
    if (notifier->socket >= 0)
        close(notifier->socket);
    notifier->socket = -1;
}

void notifier_ready(struct notifier *notifier) {
    if (!notifier->ready)
        tell(notifier, "READY=1");
    notifier->ready = true;
}

void notifier_alive(struct notifier *notifier, int64_t now_ms) {
    if (notifier->alive_every_ms == 0 || (notifier->alive_ms != 0 && now_ms - notifier->alive_ms < notifier->alive_every_ms))
        return;
    notifier->alive_ms = now_ms;
    tell(notifier, "WATCHDOG=1");
}

void notifier_stopping(struct notifier *notifier) {
    tell(notifier, "STOPPING=1");
}
