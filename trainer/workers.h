/* Threads that share out numbered tasks. What is computed must not depend on who does which task or when: results go to places
   that belong to the task, and whoever adds them up does so in the order of the tasks. Then any number of threads gives the
   same bits. */
#ifndef OBEK_TRAINER_WORKERS_H
#define OBEK_TRAINER_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

struct workers;

typedef void workers_task(void *context, size_t task);

/* `threads` in all, the caller among them; 0: as many as processors may be used. */
struct workers *workers_new(unsigned threads);
void workers_free(struct workers *workers);
unsigned workers_count(const struct workers *workers);

/* Runs task(context, i) for every i below `tasks` and returns when all are done. Started inside a task it runs them one after the
   other, there. NULL workers: so too. */
void workers_run(struct workers *workers, size_t tasks, workers_task *task, void *context);
/* Whether this thread is the one that called the outermost workers_run: it may draw progress. */
bool workers_leading(void);

#endif
