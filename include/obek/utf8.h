/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef OBEK_UTF8_H
#define OBEK_UTF8_H

#include "obek/slice.h"

bool utf8_valid(struct slice text);
/* At most the first `bytes_max` bytes of a valid text, never a part of a character. */
struct slice utf8_cut(struct slice text, size_t bytes_max);

#endif
