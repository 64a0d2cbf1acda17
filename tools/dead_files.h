/* Dead letters as files, to be repaired by hand (docs/operations.md). One dead letter is <topic>-<partition>-<offset>.json (where
   it was, why it is dead, its headers and timestamp), .value and .key (its bytes; no file: null). */
#ifndef OBEK_DEAD_FILES_H
#define OBEK_DEAD_FILES_H

#include "dead_letter.h"
#include "obek/error.h"

/* Makes the folder when it is missing. Payloads are personal data: only the owner may read what is written. */
bool dead_files_folder(const char *folder, struct error *error);
/* Writes one; *written is false when it is there already, which then stays as it is: it may have been repaired. */
bool dead_file_write(const char *folder, const struct dead_letter *dead, bool *written, struct error *error);

struct dead_file {
    char *name; /* without .json */
    struct origin origin;
    struct raw_record record; /* as repaired */
    bool taken;               /* belongs to a dead letter that was found */
};
struct dead_files {
    const char *folder;
    struct dead_file *items; /* by name */
    size_t n;
    struct arena memory;
};
/* Reads all of the folder; false with the error that names the file. To be freed whatever the answer. */
bool dead_files_load(struct dead_files *files, const char *folder, struct error *error);
void dead_files_free(struct dead_files *files);
struct dead_file *dead_files_find(struct dead_files *files, const struct origin *origin);
/* Moves its files to <folder>/sent. */
bool dead_file_move(const struct dead_files *files, const struct dead_file *file, struct error *error);

#endif
