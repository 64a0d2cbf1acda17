/* obek top: a running obek, live in a terminal. */
#include "obek/clock.h"
#include "obek/command.h"
#include "obek/interrupt.h"
#include "obek/options.h"
#include "terminal.h"
#include "top_frame.h"

#include <stdlib.h>
#include <time.h>

#define EVERY_MS 2000
#define ONCE_MS 1000 /* between the two looks of one frame: its rates */

static const struct command_usage usage = {
    .name = "top",
    .about = "Shows a running obek, live: orders and segment changes a second, by cause; how far each source is behind; how\n"
             "far time has come; sizes of the segments and how they change; dead letters by reason; the model in force; is\n"
             "it ready, and if not, why. Asks the obek at http.listen every two seconds, with http.token. q ends it, as\n"
             "does Ctrl-C. Where stdout is no terminal, and with --once, one frame is printed.\n"
             "Rates, causes, lag and dead letters are those of that instance; sizes are everybody's.",
    .examples = "obek top -c obek.properties\n"
                "obek top -c obek.properties --at 10.0.0.7:8420\n"
                "obek top -c obek.properties --once | grep orders/",
    .exits = "1  it does not answer (one frame), or refuses the token",
};

struct looks {
    struct look kept[3];
    struct look *first, *before, *now;
};

/* The next look; the one before the last is let go, unless it is the first. */
static bool look_again(struct looks *looks, struct top_client *client, struct error *error) {
    struct look *old = looks->before;
    looks->before = looks->now;
    if (old == NULL || old == looks->first)
        for (size_t i = 0; i < 3; i++)
            if (&looks->kept[i] != looks->first && &looks->kept[i] != looks->before)
                old = &looks->kept[i];
    look_free(old);
    looks->now = old;
    bool ok = top_look(client, old, error);
    if (old->answered && (looks->first == NULL || !looks->first->answered))
        looks->first = old;
    return ok;
}

static struct frame frame_of(const struct looks *looks, const struct top_client *client) {
    return (struct frame){ .at = top_client_at(client),
                           .first = looks->first == NULL ? looks->now : looks->first,
                           .before = looks->before,
                           .now = looks->now };
}

static bool show_once(struct looks *looks, struct top_client *client, struct error *error) {
    const struct timespec pause = { .tv_sec = ONCE_MS / 1000 };
    if (!look_again(looks, client, error))
        return false;
    if (looks->now->answered) {
        nanosleep(&pause, NULL);
        if (!interrupt_check(error) || !look_again(looks, client, error))
            return false;
    }
    if (!looks->now->answered)
        return error_set(error, "%s: %s", top_client_at(client), looks->now->failure.text);
    struct frame frame = frame_of(looks, client);
    struct buffer out = { 0 };
    top_frame(&out, &frame);
    fwrite(out.data, 1, out.len, stdout);
    buffer_free(&out);
    return true;
}

static void draw(const struct looks *looks, const struct top_client *client) {
    struct frame frame = frame_of(looks, client);
    struct buffer out = { 0 };
    terminal_size(&frame.size.columns, &frame.size.rows);
    const char *plain = getenv("NO_COLOR");
    frame.size.color = plain == NULL || plain[0] == '\0';
    top_frame(&out, &frame);
    terminal_show(buffer_slice(&out));
    buffer_free(&out);
}

/* Draws again when the terminal changes its size. False: it is to end. */
static bool wait_for_next(const struct looks *looks, const struct top_client *client) {
    int64_t next_ms = monotonic_ms() + EVERY_MS, now_ms;
    while ((now_ms = monotonic_ms()) < next_ms) {
        int key = terminal_key(next_ms - now_ms);
        if (interrupted() || key < 0 || key == 'q' || key == 'Q')
            return false;
        draw(looks, client);
    }
    return true;
}

static bool show_live(struct looks *looks, struct top_client *client, struct error *error) {
    if (!terminal_begin(error))
        return false;
    bool ok;
    do {
        ok = look_again(looks, client, error);
        if (ok && !interrupted())
            draw(looks, client);
    } while (ok && !interrupted() && wait_for_next(looks, client));
    terminal_end();
    return ok;
}

static int top(const struct common_options *common, const char *at, bool once) {
    struct config *config = options_config(common, &usage);
    if (config == NULL)
        return EXIT_USAGE;
    struct error error;
    struct looks looks = { 0 };
    interrupt_catch();
    struct top_client *client = top_client_new(config, at, &error);
    bool live = !once && terminal_is_here();
    int status = EXIT_DONE;
    if (client == NULL || !(live ? show_live : show_once)(&looks, client, &error)) {
        fprintf(stderr, "obek top: %s\n", error.text);
        status = EXIT_FAILED;
    }
    for (size_t i = 0; i < 3; i++)
        look_free(&looks.kept[i]);
    top_client_free(client);
    config_free(config);
    return status;
}

int command_top(int argc, char **argv) {
    struct common_options common = { 0 };
    const char *at = NULL;
    bool once = false;
    const struct command_option options[] = {
        OPTION_CONFIG_FILE(common),
        OPTION_OVERRIDE(common),
        { .name = "at", .argument = "HOST:PORT", .help = "another instance than the one at http.listen", .text = &at },
        { .name = "once", .help = "prints one frame", .flag = &once },
    };
    int first, status;
    if (!options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status))
        ;
    else if (first < argc)
        status = options_wrong(&usage, "what is '%s'?", argv[first]);
    else
        status = top(&common, at, once);
    option_values_free(&common.overrides);
    return status;
}
