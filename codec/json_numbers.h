/* jansson turns numbers into doubles; an amount must be taken from its text (contract: "amount"). So before it parses, every
   number becomes a string behind a mark that says what it was. */
#ifndef OBEK_JSON_NUMBERS_H
#define OBEK_JSON_NUMBERS_H

#include "obek/buffer.h"

/* noncharacters of Unicode; a string of the document that begins with one of them gets JSON_MARK_STRING before it */
#define JSON_MARK_NUMBER "\xef\xb7\x90" /* U+FDD0 */
#define JSON_MARK_STRING "\xef\xb7\x91" /* U+FDD1 */
#define JSON_MARK_LENGTH 3

/* Appends the document with its numbers quoted; false: *offset is where a number is none, *why says so. */
bool json_numbers_quote(struct buffer *quoted, struct slice document, size_t *offset, const char **why);
/* The offset in the document of an offset in what json_numbers_quote made of it. */
size_t json_numbers_offset(struct slice document, size_t quoted_offset);

#endif
