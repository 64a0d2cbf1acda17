/* The target of a request (RFC 9112, section 3.2: origin form), taken apart. Pure. There is no file system behind it: dots mean
   nothing, and an encoded slash is a part's own. */
#ifndef OBEK_TARGET_H
#define OBEK_TARGET_H

#include "obek/arena.h"

#define TARGET_BYTES_MAX 2048 /* the longest customer id, every byte percent-encoded, fits twice */
#define TARGET_PARTS_MAX 8
#define TARGET_PARAMETERS_MAX 8

struct parameter {
    struct slice name, value;
};

struct target {
    size_t n_parts, n_parameters;
    struct slice parts[TARGET_PARTS_MAX]; /* "/a/b%2Fc" -> "a", "b/c"; "/" -> one that is empty */
    struct parameter parameters[TARGET_PARAMETERS_MAX];
};

enum target_status { TARGET_OK, TARGET_TOO_LONG, TARGET_BAD /* no path, a broken escape, or not UTF-8 */ };

/* Decodes into the arena. A path of more parts than TARGET_PARTS_MAX is TARGET_BAD, as are more parameters. In parameters "+" is
   a blank. */
enum target_status target_parse(struct target *target, struct arena *arena, const char *text);
/* The first parameter of that name; NULL: there is none. */
const struct slice *target_parameter(const struct target *target, const char *name);

#endif
