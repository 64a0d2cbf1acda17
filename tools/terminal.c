#include "terminal.h"
#include "obek/buffer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios as_it_was;

bool terminal_is_here(void) {
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

/* What cannot be written, because the terminal is gone, shows when a key is waited for. */
static void put(struct slice text) {
    while (text.len > 0) {
        ssize_t n = write(STDOUT_FILENO, text.data, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        text = (struct slice){ text.data + n, text.len - (size_t)n };
    }
}

static void on_resize(int number) {
    (void)number; /* it ends the wait for a key */
}

bool terminal_begin(struct error *error) {
    if (tcgetattr(STDIN_FILENO, &as_it_was) != 0)
        return error_set(error, "the terminal's settings cannot be read");
    struct termios mine = as_it_was;
    mine.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    mine.c_cc[VMIN] = 1;
    mine.c_cc[VTIME] = 0;
    mine.c_cc[VSUSP] = _POSIX_VDISABLE; /* the shell would get it as it is now */
    if (tcsetattr(STDIN_FILENO, TCSANOW, &mine) != 0)
        return error_set(error, "the terminal's settings cannot be changed");
    struct sigaction resize = { .sa_handler = on_resize };
    sigaction(SIGWINCH, &resize, NULL);
    put(slice_of("\033[?1049h\033[?25l")); /* the other screen; no cursor */
    return true;
}

void terminal_end(void) {
    put(slice_of("\033[?25h\033[?1049l"));
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &as_it_was);
}

void terminal_size(size_t *columns, size_t *rows) {
    struct winsize size;
    bool told = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    *columns = told ? size.ws_col : 80;
    *rows = told ? size.ws_row : 24;
}

/* Each line is cleared to its end, and what is below the last: no flicker of an empty screen. */
void terminal_show(struct slice lines) {
    struct buffer out = { 0 };
    buffer_append_text(&out, "\033[H");
    for (size_t i = 0; i < lines.len; i++) {
        bool last = i + 1 == lines.len;
        if (lines.data[i] != '\n')
            buffer_append(&out, &lines.data[i], 1);
        else
            buffer_append_text(&out, last ? "\033[K" : "\033[K\r\n");
    }
    buffer_append_text(&out, "\033[J");
    put(buffer_slice(&out));
    buffer_free(&out);
}

int terminal_key(int64_t ms) {
    struct pollfd keys = { .fd = STDIN_FILENO, .events = POLLIN };
    char key;
    int ready = poll(&keys, 1, (int)ms);
    if (ready <= 0)
        return 0;
    ssize_t n = read(STDIN_FILENO, &key, 1);
    return n == 1 ? (unsigned char)key : n < 0 && errno == EINTR ? 0 : -1;
}
