#include "obek/fields.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

struct slice slice_trim(const char *text, size_t len) {
    while (len > 0 && isspace((unsigned char)*text)) {
        text++;
        len--;
    }
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    return (struct slice){ text, len };
}

bool fields_split(struct slice text, char separator, struct slice *fields, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char *end = i + 1 == n ? NULL : memchr(text.data, separator, text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.data);
        if (len == 0 || (end == NULL && i + 1 < n))
            return false;
        fields[i] = (struct slice){ text.data, len };
        text = (struct slice){ text.data + len + 1, end == NULL ? 0 : text.len - len - 1 };
    }
    return memchr(fields[n - 1].data, separator, fields[n - 1].len) == NULL;
}

bool field_copy(struct slice field, char *out, size_t size) {
    if (field.len >= size || memchr(field.data, 0, field.len) != NULL)
        return false;
    memcpy(out, field.data, field.len);
    out[field.len] = '\0';
    return true;
}

bool field_int64(struct slice field, int64_t *number) {
    char text[24], *end;
    if (field.len == 0 || !field_copy(field, text, sizeof text) || (text[0] != '-' && (text[0] < '0' || text[0] > '9')))
        return false;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno == 0 && end == text + field.len;
}

bool field_hex(struct slice field, uint64_t *number) {
    char text[20], *end;
    if (field.len == 0 || field.len > 16 || !field_copy(field, text, sizeof text))
        return false;
    if (strspn(text, "0123456789abcdef") != field.len)
        return false;
    *number = strtoull(text, &end, 16);
    return true;
}

bool list_item(const char **text, struct slice *item) {
    do {
        *text += strspn(*text, "[];, \t");
        *item = (struct slice){ *text, strcspn(*text, "[];,") };
        *text += item->len;
        while (item->len > 0 && isspace((unsigned char)item->data[item->len - 1]))
            item->len--;
    } while (item->len == 0 && **text != '\0');
    return item->len > 0;
}
