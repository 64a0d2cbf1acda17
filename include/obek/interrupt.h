/* A clean stop on Ctrl-C or SIGTERM for commands that run for a while: a flag that long loops look at. */
#ifndef OBEK_INTERRUPT_H
#define OBEK_INTERRUPT_H

#include "obek/error.h"

/* From now on SIGINT and SIGTERM set the flag, which is down; calls that wait return EINTR. Once, by a command's main. */
void interrupt_catch(void);
/* Whether one of them has come. Any thread may ask, often: it costs a load. */
bool interrupted(void);
/* For loops whose function can fail: false with the error "interrupted" once the flag is up. */
bool interrupt_check(struct error *error);

#endif
