/* Tells the service manager how this process is: the protocol of sd_notify(3), datagrams to the socket that $NOTIFY_SOCKET names.
   Without one nothing is said. Of the main thread. */
#ifndef OBEK_NOTIFY_H
#define OBEK_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notifier {
    int socket; /* -1: nobody to tell */
    struct sockaddr_un address;
    socklen_t address_len;
    int64_t alive_every_ms; /* half of what the watchdog allows; 0: no watchdog */
    int64_t alive_ms;       /* monotonic: when it was last told */
    bool ready;             /* it was told */
};

/* From NOTIFY_SOCKET (a path, or with @ in front an abstract name), WATCHDOG_USEC and WATCHDOG_PID. */
void notifier_open(struct notifier *notifier);
void notifier_close(struct notifier *notifier);

/* READY=1, the first time only: a service becomes ready once. */
void notifier_ready(struct notifier *notifier);
/* WATCHDOG=1, where a watchdog waits for it and it is time. */
void notifier_alive(struct notifier *notifier, int64_t now_ms);
/* STOPPING=1: drains. */
void notifier_stopping(struct notifier *notifier);

#endif
