/* The page, as web/ has it, around the report's data. */
#ifndef OBEK_TRAINER_REPORT_PAGE_H
#define OBEK_TRAINER_REPORT_PAGE_H

#include <jansson.h>
#include <stdio.h>

/* Errors are the stream's. */
void report_page_print(FILE *out, const json_t *data);

#endif
