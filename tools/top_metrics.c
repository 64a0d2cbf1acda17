#include "top_metrics.h"
#include "obek/buffer.h"

#include <stdlib.h>

void samples_free(struct samples *samples) {
    free(samples->items);
    arena_free(&samples->memory);
    *samples = (struct samples){ 0 };
}

static struct sample *add(struct samples *samples) {
    if (samples->n == samples->capacity) {
        samples->capacity = samples->capacity == 0 ? 256 : 2 * samples->capacity;
        samples->items = xrealloc(samples->items, samples->capacity * sizeof *samples->items);
    }
    samples->items[samples->n] = (struct sample){ 0 };
    return &samples->items[samples->n++];
}

static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

/* The texts end with NUL: the reader copies the whole answer, which ends with one. */
static struct slice take_name(const char **at) {
    const char *begin = *at;
    while (is_name(**at))
        ++*at;
    return (struct slice){ begin, (size_t)(*at - begin) };
}

/* A quoted text, unescaped in place. False: it does not end on this line. */
static bool take_text(char **at, struct slice *text) {
    char *out = *at;
    text->data = out;
    for (; **at != '"'; ++*at) {
        bool escaped = **at == '\\';
        *at += escaped;
        if (**at == '\0' || **at == '\n')
            return false;
        *out++ = escaped && **at == 'n' ? '\n' : **at;
    }
    ++*at;
    text->len = (size_t)(out - text->data);
    return true;
}

static bool take_labels(char **at, struct sample *sample) {
    for (++*at; **at != '}'; *at += **at == ',') {
        struct slice name = take_name((const char **)at), text;
        if (name.len == 0 || (*at)[0] != '=' || (*at)[1] != '"')
            return false;
        *at += 2;
        if (!take_text(at, &text))
            return false;
        if (sample->n_labels < SAMPLE_LABELS_MAX) {
            sample->labels[sample->n_labels] = name;
            sample->texts[sample->n_labels++] = text;
        }
    }
    ++*at;
    return true;
}

static bool take_sample(char **at, struct samples *samples) {
    struct sample *sample = add(samples);
    sample->name = take_name((const char **)at);
    if (sample->name.len == 0 || (**at == '{' && !take_labels(at, sample)) || **at != ' ')
        return false;
    char *end;
    sample->value = strtod(*at, &end);
    bool ok = end > *at && (*end == '\n' || *end == '\0' || *end == ' ');
    *at = end + strcspn(end, "\n");
    return ok;
}

bool samples_read(struct samples *samples, struct slice text, struct error *error) {
    char *at = (char *)(uintptr_t)arena_copy(&samples->memory, text).data; /* ours to unescape in */
    for (int line = 1; *at != '\0'; line++) {
        if (*at == '#')
            at += strcspn(at, "\n");
        else if (*at != '\n' && !take_sample(&at, samples))
            return error_set(error, "line %d of /metrics cannot be read", line);
        at += *at == '\n';
    }
    return true;
}

struct slice sample_label(const struct sample *sample, const char *label) {
    for (size_t i = 0; i < sample->n_labels; i++)
        if (slice_is(sample->labels[i], label))
            return sample->texts[i];
    return (struct slice){ "", 0 };
}

const struct sample *samples_next(const struct samples *samples, const char *name, const struct sample *after) {
    for (size_t i = after == NULL ? 0 : (size_t)(after - samples->items) + 1; i < samples->n; i++)
        if (slice_is(samples->items[i].name, name))
            return &samples->items[i];
    return NULL;
}

double samples_sum(const struct samples *samples, const char *name, const char *label, struct slice text) {
    double sum = 0;
    for (const struct sample *at = NULL; (at = samples_next(samples, name, at)) != NULL;)
        if (label == NULL || slice_equal(sample_label(at, label), text))
            sum += at->value;
    return sum;
}
