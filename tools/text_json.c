#include "text_json.h"
#include "obek/buffer.h"

#include <openssl/evp.h>
#include <stdlib.h>

static const char *base64_key(struct arena *arena, const char *key) {
    return arena_printf(arena, "%s_base64", key).data;
}

static void set_base64(json_t *object, const char *key, struct slice bytes) {
    struct arena arena = { 0 };
    char *text = arena_alloc(&arena, 4 * ((bytes.len + 2) / 3) + 1);
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes.data, (int)bytes.len);
    json_object_set_new(object, base64_key(&arena, key), json_string(text));
    arena_free(&arena);
}

void text_json_set(json_t *object, const char *key, struct slice bytes) {
    json_t *text = bytes.data == NULL ? json_null() : json_stringn(bytes.data, bytes.len);
    if (text != NULL)
        json_object_set_new(object, key, text);
    else
        set_base64(object, key, bytes);
}

static bool get_base64(const json_t *value, struct arena *arena, struct slice *bytes) {
    size_t len = json_string_length(value);
    const char *text = json_string_value(value);
    unsigned char *out = arena_alloc(arena, len + 1);
    int n = len > INT32_MAX ? -1 : EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
    if (n < 0)
        return false;
    for (size_t i = len; i > 0 && i + 2 > len && text[i - 1] == '='; i--)
        n--;
    *bytes = (struct slice){ (const char *)out, (size_t)n };
    return true;
}

bool text_json_get(const json_t *object, const char *key, struct arena *arena, struct slice *bytes) {
    const json_t *value = json_object_get(object, key);
    if (value == NULL) {
        value = json_object_get(object, base64_key(arena, key));
        return json_is_string(value) && get_base64(value, arena, bytes);
    }
    *bytes = (struct slice){ NULL, 0 };
    if (json_is_string(value))
        *bytes = arena_copy(arena, (struct slice){ json_string_value(value), json_string_length(value) });
    return json_is_string(value) || json_is_null(value);
}
