#include "dead_files.h"
#include "obek/buffer.h"
#include "text_json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX (64 * 1024 * 1024)

static const char *const suffixes[] = { ".json", ".value", ".key" };

bool dead_files_folder(const char *folder, struct error *error) {
    return mkdir(folder, 0700) == 0 || errno == EEXIST || error_set(error, "%s: %s", folder, strerror(errno));
}

static const char *path_of(struct arena *arena, const char *folder, const char *name, const char *suffix) {
    return arena_printf(arena, "%s/%s%s", folder, name, suffix).data;
}

static bool write_all(int file, struct slice bytes) {
    for (size_t done = 0; done < bytes.len;) {
        ssize_t n = write(file, bytes.data + done, bytes.len - done);
        if (n < 0 && errno != EINTR)
            return false;
        done += n < 0 ? 0 : (size_t)n;
    }
    return true;
}

/* Never over a file that is there: *exists says so. */
static bool write_new(const char *path, struct slice bytes, bool *exists, struct error *error) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    *exists = file < 0 && errno == EEXIST;
    if (*exists)
        return true;
    bool ok = file >= 0 && write_all(file, bytes);
    if (!ok)
        error_set(error, "%s: %s", path, strerror(errno));
    if (file >= 0 && close(file) != 0 && ok)
        ok = error_set(error, "%s: %s", path, strerror(errno));
    return ok;
}

static json_t *headers_json(const struct raw_record *record) {
    json_t *headers = json_array();
    for (size_t i = 0; i < record->n_headers; i++) {
        json_t *header = json_object();
        text_json_set(header, "name", record->headers[i].name);
        text_json_set(header, "value", record->headers[i].value);
        json_array_append_new(headers, header);
    }
    return headers;
}

static struct slice describe(struct arena *arena, const struct dead_letter *dead) {
    json_t *description = json_pack("{s:s, s:i, s:I, s:I, s:o}", "topic", dead->origin.topic, "partition",
                                    (int)dead->origin.partition, "offset", (json_int_t)dead->origin.offset, "timestamp",
                                    (json_int_t)dead->record.timestamp, "headers", headers_json(&dead->record));
    text_json_set(description, "stage", dead->stage);
    text_json_set(description, "reason", dead->reason);
    text_json_set(description, "message", dead->message);
    char *text = json_dumps(description, JSON_INDENT(2));
    struct slice copy = arena_printf(arena, "%s\n", text);
    free(text);
    json_decref(description);
    return copy;
}

bool dead_file_write(const char *folder, const struct dead_letter *dead, bool *written, struct error *error) {
    struct arena arena = { 0 };
    const struct slice bytes[] = { describe(&arena, dead), dead->record.value, dead->record.key };
    const char *name =
        arena_printf(&arena, "%s-%" PRId32 "-%" PRId64, dead->origin.topic, dead->origin.partition, dead->origin.offset).data;
    bool ok = true, exists = false;
    for (int i = 0; ok && !exists && i < 3; i++)
        if (bytes[i].data != NULL)
            ok = write_new(path_of(&arena, folder, name, suffixes[i]), bytes[i], &exists, error);
    *written = ok && !exists;
    arena_free(&arena);
    return ok;
}

/* *bytes keeps NULL when there is no such file. */
static bool read_file(struct arena *arena, const char *path, struct slice *bytes, struct error *error) {
    FILE *file = fopen(path, "rb");
    *bytes = (struct slice){ NULL, 0 };
    if (file == NULL)
        return errno == ENOENT || error_set(error, "%s: %s", path, strerror(errno));
    struct stat status;
    bool ok = fstat(fileno(file), &status) == 0 && status.st_size <= FILE_BYTES_MAX;
    if (ok) {
        char *data = arena_alloc(arena, (size_t)status.st_size + 1);
        *bytes = (struct slice){ data, fread(data, 1, (size_t)status.st_size, file) };
        ok = ferror(file) == 0;
    }
    fclose(file);
    return ok || error_set(error, "%s cannot be read, or is larger than %d bytes", path, FILE_BYTES_MAX);
}

static bool read_headers(struct arena *arena, const json_t *headers, struct raw_record *record) {
    if (headers == NULL)
        return true;
    if (!json_is_array(headers))
        return false;
    struct record_header *items = arena_alloc(arena, (json_array_size(headers) + 1) * sizeof *items);
    for (size_t i = 0; i < json_array_size(headers); i++) {
        const json_t *header = json_array_get(headers, i);
        if (!text_json_get(header, "name", arena, &items[i].name) || items[i].name.data == NULL ||
            !text_json_get(header, "value", arena, &items[i].value))
            return false;
    }
    record->headers = items;
    record->n_headers = json_array_size(headers);
    return true;
}

static bool read_description(struct arena *arena, const json_t *description, struct dead_file *file) {
    const json_t *partition = json_object_get(description, "partition"), *offset = json_object_get(description, "offset");
    const json_t *timestamp = json_object_get(description, "timestamp");
    struct slice topic;
    if (!text_json_get(description, "topic", arena, &topic) || topic.data == NULL || !is_topic_name(topic) ||
        !json_is_integer(partition) || !json_is_integer(offset) || (timestamp != NULL && !json_is_integer(timestamp)))
        return false;
    json_int_t number = json_integer_value(partition);
    if (number < 0 || number > INT32_MAX)
        return false;
    file->origin = (struct origin){ arena_printf(arena, "%.*s", (int)topic.len, topic.data).data, (int32_t)number,
                                    json_integer_value(offset) };
    file->record.timestamp = timestamp == NULL ? -1 : json_integer_value(timestamp);
    return read_headers(arena, json_object_get(description, "headers"), &file->record);
}

static bool load_one(struct dead_files *files, const char *name, struct error *error) {
    struct dead_file *file = &files->items[files->n];
    *file = (struct dead_file){ .name = xstrdup(name) };
    files->n++;
    struct slice text;
    const char *path = path_of(&files->memory, files->folder, name, suffixes[0]);
    if (!read_file(&files->memory, path, &text, error) ||
        !read_file(&files->memory, path_of(&files->memory, files->folder, name, suffixes[1]), &file->record.value, error) ||
        !read_file(&files->memory, path_of(&files->memory, files->folder, name, suffixes[2]), &file->record.key, error))
        return false;
    json_error_t where;
    json_t *description = json_loadb(text.data, text.len, JSON_ALLOW_NUL, &where);
    if (description == NULL)
        return error_set(error, "%s:%d: %s", path, where.line, where.text);
    bool ok = read_description(&files->memory, description, file) ||
              error_set(error, "%s: topic, partition, offset, timestamp or headers are not as --dump wrote them", path);
    json_decref(description);
    return ok;
}

static int is_description(const struct dirent *entry) {
    size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

bool dead_files_load(struct dead_files *files, const char *folder, struct error *error) {
    struct dirent **entries;
    *files = (struct dead_files){ .folder = folder };
    int n = scandir(folder, &entries, is_description, alphasort);
    if (n < 0)
        return error_set(error, "%s: %s", folder, strerror(errno));
    files->items = xcalloc((size_t)n + 1, sizeof *files->items);
    bool ok = true;
    for (int i = 0; i < n; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - 5] = '\0';
        ok = ok && load_one(files, entries[i]->d_name, error);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

void dead_files_free(struct dead_files *files) {
    for (size_t i = 0; i < files->n; i++)
        free(files->items[i].name);
    free(files->items);
    arena_free(&files->memory);
    *files = (struct dead_files){ 0 };
}

struct dead_file *dead_files_find(struct dead_files *files, const struct origin *origin) {
    for (size_t i = 0; i < files->n && origin->topic != NULL; i++) {
        const struct origin *at = &files->items[i].origin;
        if (at->offset == origin->offset && at->partition == origin->partition && strcmp(at->topic, origin->topic) == 0)
            return &files->items[i];
    }
    return NULL;
}

bool dead_file_move(const struct dead_files *files, const struct dead_file *file, struct error *error) {
    struct arena arena = { 0 };
    const char *sent = path_of(&arena, files->folder, "sent", "");
    bool ok = dead_files_folder(sent, error);
    for (int i = 2; ok && i >= 0; i--) { /* the .json last: as long as it is there, the others belong to it */
        const char *path = path_of(&arena, files->folder, file->name, suffixes[i]);
        ok = rename(path, path_of(&arena, sent, file->name, suffixes[i])) == 0 || errno == ENOENT ||
             error_set(error, "%s: cannot be moved to %s: %s", path, sent, strerror(errno));
    }
    arena_free(&arena);
    return ok;
}
