#include "obek/file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCK_BYTES 65536

bool file_read(struct buffer *bytes, const char *path, size_t bytes_max, struct error *error) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(error, "%s: %s", path, strerror(errno));
    size_t got = 1, start = bytes->len;
    while (got > 0 && bytes->len - start <= bytes_max) {
        got = fread(buffer_reserve(bytes, BLOCK_BYTES), 1, BLOCK_BYTES, file);
        bytes->len += got;
    }
    bool failed = ferror(file) != 0;
    int why = errno;
    fclose(file);
    return failed ? error_set(error, "%s: %s", path, strerror(why)) : true;
}

bool new_file_open(struct new_file *file, const char *path, struct error *error) {
    struct buffer name = { 0 };
    buffer_printf(&name, "%s.%ld.new", path, (long)getpid());
    *file = (struct new_file){ fopen(name.data, "wb"), xstrdup(path), name.data };
    if (file->out != NULL)
        return true;
    error_set(error, "%s: %s", file->temporary, strerror(errno));
    new_file_discard(file);
    return false;
}

static void forget(struct new_file *file) {
    free(file->path);
    free(file->temporary);
    *file = (struct new_file){ 0 };
}

bool new_file_commit(struct new_file *file, struct error *error) {
    bool good = fflush(file->out) == 0 && !ferror(file->out) && fsync(fileno(file->out)) == 0;
    int why = errno;
    if (fclose(file->out) != 0 && good) {
        good = false;
        why = errno;
    }
    file->out = NULL;
    if (good && rename(file->temporary, file->path) != 0) {
        good = false;
        why = errno;
    }
    if (!good)
        error_set(error, "%s: %s", file->path, strerror(why));
    if (good)
        forget(file);
    else
        new_file_discard(file);
    return good;
}

void new_file_discard(struct new_file *file) {
    if (file->out != NULL) {
        fclose(file->out);
    }
    if (file->temporary != NULL)
        unlink(file->temporary);
    forget(file);
}
