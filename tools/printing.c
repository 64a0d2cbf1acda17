#include "printing.h"

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
