#include "obek/name.h"

static bool allowed(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

bool name_set(struct name *name, struct slice text) {
    if (text.len == 0 || text.len > NAME_LENGTH_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!allowed(text.data[i]))
            return false;
    name->len = (uint8_t)text.len;
    memcpy(name->text, text.data, text.len);
    name->text[text.len] = '\0';
    return true;
}
