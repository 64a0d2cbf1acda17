#include "control_parts.h"
#include "obek/instant.h"
#include "obek/ledger.h"
#include "obek/model_file.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

static void sha256_text(struct slice bytes, char out[65]) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_Digest(bytes.data, bytes.len, digest, &len, EVP_sha256(), NULL);
    for (unsigned i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* zlib, then base64: readable in any tool that shows the topic. */
static char *pack(struct slice file) {
    uLongf len = compressBound((uLong)file.len);
    Bytef *packed = xmalloc(len);
    if (compress2(packed, &len, (const Bytef *)file.data, (uLong)file.len, Z_BEST_COMPRESSION) != Z_OK) {
        free(packed);
        return NULL;
    }
    char *text = xmalloc(4 * ((len + 2) / 3) + 1);
    EVP_EncodeBlock((unsigned char *)text, packed, (int)len);
    free(packed);
    return text;
}

static bool unpack(struct buffer *file, const char *text, json_int_t size, struct error *error) {
    size_t len = strlen(text);
    if (len == 0 || len % 4 != 0 || size <= 0 || size > MODEL_FILE_BYTES_MAX)
        return error_set(error, "file: wrong length");
    unsigned char *packed = xmalloc(len);
    int n = EVP_DecodeBlock(packed, (const unsigned char *)text, (int)len);
    for (size_t i = len; n > 0 && i > len - 2 && text[i - 1] == '='; i--)
        n--;
    uLongf unpacked = (uLongf)size;
    bool ok = n > 0 && uncompress((Bytef *)buffer_reserve(file, (size_t)size), &unpacked, packed, (uLong)n) == Z_OK &&
              unpacked == (uLongf)size;
    free(packed);
    file->len = ok ? (size_t)size : 0;
    return ok || error_set(error, "file: cannot be unpacked");
}

bool control_record_write_model(struct buffer *out, struct slice file, const char *sha256, int64_t time, struct error *error) {
    char instant[40];
    if (time != TIME_NONE)
        instant_text(time, instant);
    char *packed = pack(file);
    if (packed == NULL)
        return error_set(error, "the model cannot be compressed");
    json_t *object = json_pack("{s:s, s:s?, s:s, s:I, s:s, s:s}", "type", "model", "time", time == TIME_NONE ? NULL : instant,
                               "sha256", sha256, "size", (json_int_t)file.len, "encoding", "zlib+base64", "file", packed);
    free(packed);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    size_t len = strlen(text);
    if (len <= CONTROL_RECORD_BYTES_MAX)
        buffer_append(out, text, len);
    free(text);
    return len <= CONTROL_RECORD_BYTES_MAX ||
           error_set(error, "the model is too large for a control record: %zu bytes of at most %d", len,
                     CONTROL_RECORD_BYTES_MAX);
}

static bool read_model(struct control_record *record, json_t *object, struct error *error) {
    const char *type, *sha256, *encoding, *file;
    json_t *time;
    json_int_t size;
    json_error_t reason;
    if (json_unpack_ex(object, &reason, JSON_STRICT, "{s:s, s:o, s:s, s:I, s:s, s:s}", "type", &type, "time", &time, "sha256",
                       &sha256, "size", &size, "encoding", &encoding, "file", &file) != 0)
        return error_set(error, "%s", reason.text);
    if (strcmp(encoding, "zlib+base64") != 0)
        return error_set(error, "encoding: '%s' is not known", encoding);
    record->time = TIME_NONE;
    if (!json_is_null(time) && !json_is_string(time))
        return error_set(error, "time: neither null nor RFC 3339");
    if (json_is_string(time) && !instant_parse(&record->time, slice_of(json_string_value(time)), error))
        return error_context(error, "time");
    if (!unpack(&record->file, file, size, error))
        return false;
    sha256_text(buffer_slice(&record->file), record->sha256);
    return strcmp(record->sha256, sha256) == 0 || error_set(error, "sha256: the file is another one");
}

static const struct kind {
    const char *name;
    bool (*read)(struct control_record *record, json_t *object, struct error *error);
} kinds[] = {
    { "model", read_model }, { "tick", control_tick_read }, { "import", control_import_read }, { "erase", control_erase_read },
    { NULL, NULL },
};

bool control_record_read(struct control_record *record, struct slice value, struct error *error) {
    *record = (struct control_record){ .type = CONTROL_MODEL };
    json_error_t reason;
    json_t *object =
        json_loadb(value.data == NULL ? "" : value.data, value.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &reason);
    if (object == NULL)
        return error_set(error, "byte %d: %s", reason.position, reason.text);
    const char *type = json_string_value(json_object_get(object, "type"));
    const struct kind *kind = kinds;
    while (kind->name != NULL && (type == NULL || strcmp(kind->name, type) != 0))
        kind++;
    bool ok = kind->name == NULL ? error_set(error, "type: not one that this version knows") : kind->read(record, object, error);
    json_decref(object);
    if (!ok)
        control_record_free(record);
    return ok;
}

void control_record_free(struct control_record *record) {
    buffer_free(&record->file);
    arena_free(&record->memory);
}
