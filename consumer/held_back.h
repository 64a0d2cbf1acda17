/* Says in the log that time is held back: something is due that only one source keeps from happening, by its lag or its silence
   (design, section 4: "So a lagging or stopped partition holds back all time events"). */
#ifndef OBEK_HELD_BACK_H
#define OBEK_HELD_BACK_H

#include "ends_query.h"
#include "time_reached.h"

#define HELD_BACK_AFTER_MS 5000  /* a short wait is nobody's business */
#define HELD_BACK_AGAIN_MS 60000 /* how often it is said */

/* All zero: time goes on. */
struct held_back {
    bool held, said;
    int64_t since_ms, said_ms; /* monotonic */
};

/* Is something due later than T that would happen if the slowest source were read to its end? due: the earliest due time that is
   not lived yet; TIME_NEVER. */
static inline bool is_held_back(const struct reached *reached, int64_t due) {
    return due > reached->time && due <= reached->others;
}

enum held_word { HELD_QUIET, HELD_WARN, HELD_OVER };
/* What to say about a look at now_ms. */
enum held_word held_back_step(struct held_back *held_back, bool held, int64_t now_ms);

/* Looks, and says `time_held_back` (WARN: source, why, lag_records, watermark, since_ms, error) or `time_goes_on` (INFO). An
   answer that is not whole holds time back whatever is due; `reached` is then not asked, and may be NULL. */
void held_back_look(struct held_back *held_back, const struct ends_answer *answer, const struct reached *reached, int64_t due,
                    int64_t now_ms);

#endif
