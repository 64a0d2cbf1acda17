/* What the tests that hold the trainer against ../shared have in common. */
#ifndef TRAIN_FIXTURE_H
#define TRAIN_FIXTURE_H

#include "../../trainer/gamma_gamma_fit.h"
#include "purchase_fit_fixture.h"

#include <unistd.h>
#include <zlib.h>

/* Opens a file of ../shared, plain or gzip, or skips the test and says so. */
static inline gzFile shared_file(const char *name) {
    const char *shared = getenv("OBEK_SHARED") != NULL ? getenv("OBEK_SHARED") : "../shared";
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", shared, name);
    gzFile file = access(path, R_OK) == 0 ? gzopen(path, "rb") : NULL;
    if (file == NULL) {
        print_message("SKIPPED: %s is not there, so its figures are not held against what is learned\n", path);
        skip();
    }
    return file;
}

/* The same, behind the line of names. */
static inline gzFile shared_table(const char *name) {
    char header[1024];
    gzFile file = shared_file(name);
    assert_non_null(gzgets(file, header, sizeof header));
    return file;
}

/* Days since 1970 (Hinnant's count from March). */
static inline long day_of(long year, long month, long day) {
    year -= month <= 2;
    long era = year / 400, of_era = year - era * 400, of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static inline struct gamma_gamma_fit learn_value(const struct spending *spendings, size_t n, double penalty) {
    struct gamma_gamma_fit fit;
    struct error error;
    if (!gamma_gamma_fit(spendings, n, penalty, 0, &fit, &error))
        fail_msg("%s", error.text);
    return fit;
}

#endif
