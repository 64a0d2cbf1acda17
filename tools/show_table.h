/* `obek show` for people. */
#ifndef OBEK_SHOW_TABLE_H
#define OBEK_SHOW_TABLE_H

#include "../lookup/reading.h"

void show_table(const struct reading *reading, struct slice id, const struct customer *customer);

#endif
