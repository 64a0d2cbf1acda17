#include "obek/printing.h"
#include "obek/buffer.h"
#include "obek/digits.h"

#include <math.h>
#include <stdlib.h>

void print_text(FILE *out, struct slice text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool c1 = c == 0xc2 && i + 1 < text.len && (unsigned char)text.data[i + 1] < 0xa0; /* U+0080 to U+009F */
        putc(c < ' ' || c == 127 || c1 ? '?' : c, out);
        i += c1;
    }
}

void print_csv(FILE *out, struct slice text) {
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++)
        quoted = quoted || strchr(",\"\r\n", text.data[i]) != NULL || text.data[i] == '\0';
    if (!quoted) {
        fwrite(text.data, 1, text.len, out);
        return;
    }
    putc('"', out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            putc('"', out);
        putc(text.data[i], out);
    }
    putc('"', out);
}

void print_csv_data(FILE *out, struct slice text) {
    if (text.len == 0 || strchr("=+-@\t\r", text.data[0]) == NULL || text.data[0] == '\0') {
        print_csv(out, text);
        return;
    }
    struct buffer harmless = { 0 };
    buffer_append(&harmless, "'", 1);
    buffer_append_slice(&harmless, text);
    print_csv(out, buffer_slice(&harmless));
    buffer_free(&harmless);
}

/* Whole numbers and those of two decimals (money) need no search: both are one correctly rounded operation away. */
static size_t plain_text(double number, char *out) {
    double hundredths = nearbyint(number * 100);
    if (!(fabs(hundredths) < 1e15) || hundredths / 100 != number || (number == 0 && signbit(number)))
        return 0;
    int64_t cents = (int64_t)hundredths;
    size_t len = 0;
    if (cents < 0)
        out[len++] = '-';
    cents = cents < 0 ? -cents : cents;
    len += digits_write(out + len, cents / 100);
    if (cents % 100 != 0) {
        out[len++] = '.';
        out[len++] = (char)('0' + cents % 100 / 10);
        if (cents % 10 != 0)
            out[len++] = (char)('0' + cents % 10);
    }
    out[len] = '\0';
    return len;
}

size_t real_text(double number, char *out) {
    size_t len = plain_text(number, out);
    if (len > 0)
        return len;
    for (int precision = 15; precision <= 17; precision++) {
        len = (size_t)snprintf(out, 32, "%.*g", precision, number);
        if (precision == 17 || !isfinite(number) || strtod(out, NULL) == number)
            break;
    }
    return len;
}

size_t text_columns(const char *text) {
    size_t columns = 0;
    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

void print_padded(FILE *out, const char *text, size_t width) {
    fputs(text, out);
    for (size_t columns = text_columns(text); columns < width; columns++)
        putc(' ', out);
}
