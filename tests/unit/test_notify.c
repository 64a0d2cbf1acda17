/* What the service manager is told: a socket stands for it. */
#include "../../consumer/notify.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct manager {
    int socket;
    char name[64]; /* as NOTIFY_SOCKET has it */
};

static void listen_as(struct manager *manager, const char *name) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    manager->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(manager->socket >= 0);
    assert_int_equal(
        bind(manager->socket, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

/* Datagrams to a unix socket are there when they are sent. */
static void expect(const struct manager *manager, const char *text) {
    char told[64] = "";
    ssize_t len = recv(manager->socket, told, sizeof told - 1, 0);
    assert_string_equal(len < 0 ? "" : told, text);
}

static int begin(void **state) {
    struct manager *manager = calloc(1, sizeof *manager);
    *state = manager;
    if (manager == NULL)
        return -1;
    snprintf(manager->name, sizeof manager->name, "@obek-test-notify-%d", (int)getpid());
    listen_as(manager, manager->name);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return 0;
}

static int end(void **state) {
    struct manager *manager = *state;
    close(manager->socket);
    free(manager);
    return 0;
}

static void a_service_becomes_ready_once_and_stops(void **state) {
    struct notifier notifier;
    notifier_open(&notifier);
    notifier_ready(&notifier);
    expect(*state, "READY=1");
    notifier_ready(&notifier);
    expect(*state, "");
    notifier_alive(&notifier, 1000); /* nobody watches */
    expect(*state, "");
    notifier_stopping(&notifier);
    expect(*state, "STOPPING=1");
    notifier_close(&notifier);
}

static void a_watchdog_hears_twice_in_its_time(void **state) {
    setenv("WATCHDOG_USEC", "3000000", 1);
    struct notifier notifier;
    notifier_open(&notifier);
    notifier_alive(&notifier, 10000);
    expect(*state, "WATCHDOG=1");
    notifier_alive(&notifier, 11499);
    expect(*state, "");
    notifier_alive(&notifier, 11500);
    expect(*state, "WATCHDOG=1");
    notifier_close(&notifier);
}

static void another_process_s_watchdog_is_not_answered(void **state) {
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    struct notifier notifier;
    notifier_open(&notifier);
    notifier_alive(&notifier, 10000);
    expect(*state, "");
    notifier_close(&notifier);
    char own[24];
    snprintf(own, sizeof own, "%d", (int)getpid());
    setenv("WATCHDOG_PID", own, 1);
    notifier_open(&notifier);
    notifier_alive(&notifier, 10000);
    expect(*state, "WATCHDOG=1");
    notifier_close(&notifier);
}

static void a_socket_may_be_a_file(void **state) {
    (void)state;
    char folder[] = "/tmp/obek-notify-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    struct manager manager;
    listen_as(&manager, path);
    struct notifier notifier;
    notifier_open(&notifier);
    notifier_ready(&notifier);
    expect(&manager, "READY=1");
    notifier_close(&notifier);
    close(manager.socket);
    unlink(path);
    rmdir(folder);
}

static void nobody_to_tell(void **state) {
    static const char *const names[] = { "", "@", "relative/path", "/nowhere/at/all" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        struct notifier notifier;
        notifier_open(&notifier);
        notifier_ready(&notifier);
        notifier_stopping(&notifier);
        notifier_close(&notifier);
    }
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    setenv("NOTIFY_SOCKET", longest, 1);
    struct notifier notifier;
    notifier_open(&notifier);
    assert_int_equal(notifier.socket, -1);
    expect(*state, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_service_becomes_ready_once_and_stops, begin, end),
        cmocka_unit_test_setup_teardown(a_watchdog_hears_twice_in_its_time, begin, end),
        cmocka_unit_test_setup_teardown(another_process_s_watchdog_is_not_answered, begin, end),
        cmocka_unit_test_setup_teardown(a_socket_may_be_a_file, begin, end),
        cmocka_unit_test_setup_teardown(nobody_to_tell, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
