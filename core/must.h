/* A programmer's mistake, or no memory left: stop at once. core/ links nothing that could print, so it traps. */
#ifndef CORE_MUST_H
#define CORE_MUST_H

#define MUST(condition) ((condition) ? (void)0 : __builtin_trap())

#endif
