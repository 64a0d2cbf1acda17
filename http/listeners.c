#include "listeners.h"
#include "../consumer/metrics.h"
#include "changes_state.h"
#include "obek/clock.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdlib.h>

#define FIRST_CHANGES 50 /* told to who comes anew */
#define PIECE_CHANGES 250
#define PIECE_EVERY_MS 250
#define HEARTBEAT_MS 10000 /* less than proxies wait */
#define SLOW_MS 20000      /* for one piece */
#define FOR_EVER_MS (INT64_C(1) << 60)

struct listener {
    struct changes *changes;
    struct MHD_Connection *connection;
    struct listener *next, *before;
    bool suspended, greeted, placed, ends;
    char *last_event_id; /* NULL: none */
    uint64_t position;   /* of the next change to be told */
    int64_t told_ms;     /* monotonic: when the last piece was made */
    struct buffer piece;
    size_t sent; /* of the piece */
};

static void tell_number(const struct changes *changes) {
    gauge_set(SERIES(METRIC_HTTP_LISTENERS, NULL), (double)changes->n_listeners);
}

struct listener *listener_new(struct changes *changes, const char *last_event_id) {
    struct listener *listener = NULL;
    pthread_mutex_lock(&changes->lock);
    if (changes->n_listeners < LISTENERS_MAX) {
        listener = xcalloc(1, sizeof *listener);
        listener->changes = changes;
        listener->last_event_id = last_event_id == NULL ? NULL : xstrdup(last_event_id);
        listener->next = changes->listeners;
        if (listener->next != NULL)
            listener->next->before = listener;
        changes->listeners = listener;
        changes->n_listeners++;
        tell_number(changes);
    }
    pthread_mutex_unlock(&changes->lock);
    return listener;
}

void listener_begin(struct listener *listener, struct MHD_Connection *connection) {
    listener->connection = connection;
}

void listener_free(void *context) {
    struct listener *listener = context;
    if (listener == NULL)
        return;
    struct changes *changes = listener->changes;
    pthread_mutex_lock(&changes->lock);
    *(listener->before != NULL ? &listener->before->next : &changes->listeners) = listener->next;
    if (listener->next != NULL)
        listener->next->before = listener->before;
    changes->n_listeners--;
    tell_number(changes);
    pthread_mutex_unlock(&changes->lock);
    buffer_free(&listener->piece);
    free(listener->last_event_id);
    free(listener);
}

/* ---- what it is told; the lock is held ---- */

static void say_dropped(struct listener *listener, const char *reason) {
    buffer_printf(&listener->piece, "event: dropped\ndata: {\"reason\":\"%s\"}\n\n", reason);
    listener->ends = true;
}

/* changes NULL: nobody knows how many. */
static void say_skipped(struct listener *listener, const uint64_t *changes) {
    if (changes == NULL)
        buffer_append_text(&listener->piece, "event: skipped\ndata: {\"changes\":null}\n\n");
    else
        buffer_printf(&listener->piece, "event: skipped\ndata: {\"changes\":%" PRIu64 "}\n\n", *changes);
}

/* An id is told where it is one for a line: obek's own always are. */
static void say_change(struct listener *listener, const struct recent_change *change) {
    bool plain = true;
    for (size_t i = 0; i < change->event_id.len; i++)
        plain = plain && (unsigned char)change->event_id.data[i] >= ' ';
    buffer_append_text(&listener->piece, "event: change\n");
    if (plain) {
        buffer_append_text(&listener->piece, "id: ");
        buffer_append_slice(&listener->piece, change->event_id);
        buffer_append_text(&listener->piece, "\n");
    }
    buffer_append_text(&listener->piece, "data: ");
    buffer_append_slice(&listener->piece, buffer_slice(&change->json));
    buffer_append_text(&listener->piece, "\n\n");
}

/* Where it begins, once the topic was read to its end. */
static void place(struct listener *listener) {
    const struct change_window *window = listener->changes->window;
    uint64_t kept = window->next - change_window_oldest(window);
    listener->placed = true;
    listener->position = window->next - (kept < FIRST_CHANGES ? kept : FIRST_CHANGES);
    if (listener->last_event_id != NULL && !change_window_after(window, slice_of(listener->last_event_id), &listener->position))
        say_skipped(listener, NULL);
}

static void say_changes(struct listener *listener) {
    const struct change_window *window = listener->changes->window;
    uint64_t waiting = window->next - listener->position, skipped = waiting > PIECE_CHANGES ? waiting - PIECE_CHANGES : 0;
    if (skipped > 0)
        say_skipped(listener, &skipped);
    for (uint64_t i = listener->position + skipped; i < window->next; i++)
        say_change(listener, change_window_recent(window, i));
    listener->position = window->next;
}

static bool has_news(const struct listener *listener) {
    return listener->changes->complete && (!listener->placed || listener->position < listener->changes->window->next);
}

static int64_t silent_ms(const struct listener *listener) {
    return listener->greeted ? monotonic_ms() - listener->told_ms : FOR_EVER_MS;
}

/* Leaves it empty when there is nothing to tell. */
static void make_piece(struct listener *listener) {
    bool slow = listener->piece.len > 0 && silent_ms(listener) > SLOW_MS; /* its sending has only ended now */
    int64_t silent = silent_ms(listener);
    buffer_clear(&listener->piece);
    listener->sent = 0;
    if (listener->changes->stop)
        say_dropped(listener, "ending");
    else if (slow)
        say_dropped(listener, "slow");
    else if (!listener->greeted)
        buffer_append_text(&listener->piece, "retry: 2000\n\n");
    else if (has_news(listener) && silent >= PIECE_EVERY_MS) {
        if (!listener->placed)
            place(listener);
        say_changes(listener);
    } else if (silent >= HEARTBEAT_MS)
        buffer_append_text(&listener->piece, ":\n\n");
    if (listener->piece.len > 0)
        listener->told_ms = monotonic_ms();
    listener->greeted = true;
}

static ssize_t read_locked(struct listener *listener, char *out, size_t max) {
    if (listener->sent == listener->piece.len) {
        if (listener->ends)
            return MHD_CONTENT_READER_END_OF_STREAM;
        make_piece(listener);
    }
    size_t left = listener->piece.len - listener->sent, n = left < max ? left : max;
    if (n == 0) {
        MHD_suspend_connection(listener->connection);
        listener->suspended = true;
        return 0;
    }
    memcpy(out, listener->piece.data + listener->sent, n);
    listener->sent += n;
    return (ssize_t)n;
}

ssize_t listener_read(void *context, uint64_t position, char *out, size_t max) {
    (void)position;
    struct listener *listener = context;
    pthread_mutex_lock(&listener->changes->lock);
    ssize_t n = read_locked(listener, out, max);
    pthread_mutex_unlock(&listener->changes->lock);
    return n;
}

void listeners_wake(struct changes *changes) {
    for (struct listener *listener = changes->listeners; listener != NULL; listener = listener->next) {
        bool wanted = changes->stop || has_news(listener) || silent_ms(listener) >= HEARTBEAT_MS;
        if (!listener->suspended || !wanted)
            continue;
        listener->suspended = false;
        MHD_resume_connection(listener->connection);
    }
}
