/* The sentences of `obek explain`, in two languages. */
#ifndef OBEK_EXPLAIN_WORDS_H
#define OBEK_EXPLAIN_WORDS_H

#include "obek/customer.h"

#include <stdio.h>

enum language { ENGLISH, TURKISH, LANGUAGE_COUNT };

enum sentence {
    SAY_HEAD,          /* customer, instant, model, version, number */
    SAY_OTHER_MODEL,   /* number */
    SAY_TOTALS,        /* orders, value, currency, days */
    SAY_NO_ORDERS,     /* "" */
    SAY_PENDING,       /* "" */
    SAY_SEGMENT,       /* scheme, segment, since, days */
    SAY_KMEANS,        /* runner-up, margin */
    SAY_KMEANS_ALONE,  /* segment */
    SAY_KEPT,          /* runner-up, by how much it is nearer, how much it takes */
    SAY_HYSTERESIS,    /* runner-up, how much it takes */
    SAY_PARTS,         /* segment, runner-up, sum */
    SAY_PART_HEAD,     /* the columns of the table, joined by | */
    SAY_SCORE,         /* feature, value, score, scores, band */
    SAY_SCORE_UNUSED,  /* the same, but it does not count */
    SAY_RFM,           /* recency score, frequency score, segment */
    SAY_CLTV,          /* value, currency, months */
    SAY_CLTV_MADE_OF,  /* p_alive in percent, purchases, order value */
    SAY_CLTV_BOUGHT,   /* purchases so far, average order value */
    SAY_CLTV_LOWER,    /* distance, cut, segment below */
    SAY_CLTV_UPPER,    /* distance, cut, segment above */
    SAY_MORE_STAYS,    /* amount, currency, channel, segment, margin */
    SAY_MORE_MOVES,    /* the same */
    SAY_MORE_TOO_MUCH, /* "" */
    SAY_ADVICE,        /* what to do next */
    SAY_CAMPAIGNS,     /* ids, joined by commas */
    SAY_NEXT,          /* segment, instant, days */
    SAY_NEVER,         /* "" */
    SAY_CHANGES,       /* "" */
    SAY_ENTRY,         /* instant, scheme, to, cause */
    SAY_MOVE,          /* instant, scheme, from, to, cause */
    SAY_LEAVE,         /* instant, scheme, from, cause */
    SAY_ONLINE,
    SAY_OFFLINE,
    SENTENCE_COUNT
};

/* "en" or "tr"; false: neither. */
bool language_parse(enum language *language, const char *text);
const char *sentence_text(enum sentence sentence, enum language language);
const char *cause_words(enum cause cause, enum language language);
/* Writes the sentence and ends the line, %1 to %9 replaced by the arguments, whose control characters become '?'. */
void say(FILE *out, enum sentence sentence, enum language language, const char *const *arguments, size_t n);
#define SAY(sentence, telling, ...)                                                                                              \
    say((telling)->out, sentence, (telling)->language, (const char *const[]){ __VA_ARGS__ },                                     \
        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

#endif
