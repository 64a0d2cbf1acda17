/* `obek report`: from what `obek train` left in a folder to report.html, one page that needs nothing else (docs/report.md). */
#ifndef OBEK_TRAINER_REPORT_H
#define OBEK_TRAINER_REPORT_H

#include "obek/error.h"

#include <stdbool.h>

struct report_options {
    const char *folder;
    const char *language;  /* "en" or "tr": which one the page begins with */
    const char *catalogue; /* a file; NULL: the built-in one alone */
};

bool report_language_known(const char *language);
/* Reads metrics.json, model.json, segments.csv and profiles.csv, and writes report.html beside them, at once or not at all. The
   same files give the same bytes. Its size does not grow with the number of customers: of these there is a sample of at most
   REPORT_SAMPLE, counts, and the REPORT_TOP most valuable ones of a segment. */
bool report_write(const struct report_options *options, struct error *error);

#define REPORT_SAMPLE 2000
#define REPORT_TOP 20

#endif
