/* What core/ledger.c and core/ledger_replace.c share. */
#ifndef CORE_LEDGER_RING_H
#define CORE_LEDGER_RING_H

#include "obek/ledger.h"

/* The place of the order among the entries; -1: not there. */
int ledger_find(const struct ledger_entry *entries, int n, uint64_t id_hash);
/* Puts an entry into the ring, and what is older than a full ring into the base. */
void ledger_insert(struct ledger *ledger, const struct ledger_entry *entry);
bool ledger_entry_has_return(const struct ledger_entry *entry, uint64_t hash);
/* What returns take back of an amount: `sum` of them, or all of it. */
int64_t ledger_returned(int64_t amount, int64_t sum, bool whole);

#endif
