/* The parts of the report's data that are counted from segments.csv, each bounded whatever the number of customers. Every
   function returns a new reference. */
#ifndef OBEK_TRAINER_REPORT_PARTS_H
#define OBEK_TRAINER_REPORT_PARTS_H

#include "report_rows.h"

/* {customers, of, columns: {name: numbers}, segments: {scheme: indices}}: a sample that every customer is as likely in. */
json_t *report_sample(const struct report_rows *rows);
/* {name: {edges, counts, greatest}} of every number: customers in equal steps from the least to the greatest; where that would
   leave most of them in one step, the last step has the highest hundredth and `greatest` (else null) says how far it goes. */
json_t *report_spread(const struct report_rows *rows);
/* Of each segment the customers of greatest value: {by, columns, segments: [[[id, number...]...]...]}; null where no scheme cltv
   was learned. */
json_t *report_top(const struct report_rows *rows, int scheme);
/* [{name, edges, counts, centres: {segment: number}}] of what the features become before distances are measured; null unless the
 * model has the scheme. */
json_t *report_scaled(const struct report_rows *rows, const struct scheme *scheme);
/* Customers and value by recency and frequency score: {scores, customers: rows, value: rows}; null of other schemes. */
json_t *report_grid(const struct report_rows *rows, int scheme);
/* What the fitted process says of customers who are all as old: {T, unit_days, horizon, x, tx, p_alive: rows, purchases: rows};
   null of other schemes. */
json_t *report_heat(const struct report_rows *rows, int scheme);
/* How many customers of each segment are in which of another scheme: rows of numbers. */
json_t *report_crossed(const struct report_rows *rows, int scheme, int other);

#endif
