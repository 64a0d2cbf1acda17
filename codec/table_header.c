#include "table_header.h"

struct header_wanted {
    void (*take)(void *context, const struct slice *cells, size_t n);
    void *context;
    bool read;
};

static bool take_header(void *context, const struct slice *cells, size_t n, struct error *error) {
    struct header_wanted *wanted = context;
    wanted->take(wanted->context, cells, n);
    wanted->read = true;
    return error_set(error, "enough"); /* only the first row is wanted */
}

static bool take_nothing(void *context, const struct slice *cells, size_t n, uint32_t line, struct error *error) {
    (void)context;
    (void)cells;
    (void)n;
    (void)line;
    return error_set(error, "enough");
}

bool table_read_header(const char *path, char separator, const char *encoding,
                       void (*take)(void *context, const struct slice *cells, size_t n), void *context, struct error *error) {
    struct header_wanted wanted = { .take = take, .context = context };
    const struct table_format format = { .separator = separator, .encoding = encoding, .has_header = true };
    const struct table_visitor visitor = { .context = &wanted, .header = take_header, .row = take_nothing };
    return table_read(path, &format, &visitor, error) || wanted.read;
}
