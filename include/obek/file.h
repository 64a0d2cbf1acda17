/* Files read whole, and files written whole: under a temporary name in the same folder, then renamed. */
#ifndef OBEK_FILE_H
#define OBEK_FILE_H

#include "obek/buffer.h"
#include "obek/error.h"

#include <stdio.h>

/* Appends a file's bytes. At most bytes_max + 1 of them are read, so that the caller sees a file that is too long. */
bool file_read(struct buffer *bytes, const char *path, size_t bytes_max, struct error *error);

/* A file that comes into being at once or not at all. Free to be declared as all zero. */
struct new_file {
    FILE *out; /* NULL: not open */
    char *path, *temporary;
};
bool new_file_open(struct new_file *file, const char *path, struct error *error);
/* Flushes to the disk and renames over whatever is there; on failure the temporary file is removed. Closes either way. */
bool new_file_commit(struct new_file *file, struct error *error);
/* Removes the temporary file, if any. */
void new_file_discard(struct new_file *file);

#endif
