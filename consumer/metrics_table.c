#include "metrics.h"

#include <stddef.h>

#define US UINT64_C(1000) /* in ns */
#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)
static const uint64_t durations[] = { 100 * US, 250 * US, 500 * US, 1 * MS,   2500 * US, 5 * MS, 10 * MS,
                                      25 * MS,  50 * MS,  100 * MS, 250 * MS, 500 * MS,  1 * S,  2500 * MS,
                                      5 * S,    10 * S,   30 * S,   60 * S,   0 };
static const uint64_t batch_sizes[] = { 1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000, 300000, 1000000, 0 };

#define LABELS(...) .labels = { __VA_ARGS__ }
#define SECONDS .type = METRIC_HISTOGRAM, .unit = 1e-9, .bounds = durations

/* clang-format off */
const struct metric_family metric_families[METRIC_COUNT] = {
    [METRIC_RECORDS] = { "obek_records_total", "Records read, of any kind, whose offsets this process has committed.", .type = METRIC_COUNTER, LABELS("topic") },
    [METRIC_ORDERS] = { "obek_orders_total", "Orders, cancellations and returns that were decoded, counted when their transaction is committed. Duplicates count; dead letters of decoding do not.",
                        .type = METRIC_COUNTER, LABELS("feed", "kind") },
    [METRIC_DEAD_LETTERS] = { "obek_dead_letters_total", "Dead letters written, counted when their transaction is committed.", .type = METRIC_COUNTER, LABELS("reason") },
    [METRIC_SEGMENT_CHANGES] = { "obek_segment_changes_total", "Segment changes written, by the segment come into (empty: left the scheme), counted when their transaction is committed.",
                                 .type = METRIC_COUNTER, LABELS("scheme", "segment", "cause") },
    [METRIC_STAGE_SECONDS] = { "obek_stage_duration_seconds", "How long a batch was in a stage: decode, load (states from Redis), step_save, commit (the wait for the commit stage included).",
                               SECONDS, LABELS("stage") },
    [METRIC_BATCH_RECORDS] = { "obek_batch_records", "Records of a batch.", .type = METRIC_HISTOGRAM, .unit = 1, .bounds = batch_sizes },
    [METRIC_TRANSACTIONS] = { "obek_transactions_total", "Transactions (with delivery=at_least_once: flushes with a commit) by their result.", .type = METRIC_COUNTER, LABELS("result") },
    [METRIC_TRANSACTION_SECONDS] = { "obek_transaction_duration_seconds", "From the begin of a transaction to its commit.", SECONDS },
    [METRIC_LAG_RECORDS] = { "obek_lag_records", "Offsets between what is committed and the end of the log, of the partitions this instance has.", .type = METRIC_GAUGE, LABELS("topic", "partition") },
    [METRIC_LAG_SECONDS] = { "obek_lag_seconds", "Age of the oldest record that is not committed, by its Kafka timestamp; 0 at the end of the log.", .type = METRIC_GAUGE, LABELS("topic", "partition") },
    [METRIC_WATERMARK_DELAY] = { "obek_watermark_delay_seconds", "Wall clock less the watermark, the newest event time read of the partition; missing before its first order.",
                                 .type = METRIC_GAUGE, LABELS("topic", "partition") },
    [METRIC_ASSIGNMENTS] = { "obek_assignments_total", "How often partitions were taken up.", .type = METRIC_COUNTER },
    [METRIC_TICKS] = { "obek_ticks_total", "Ticks lived through: of time, and to reevaluate after a new model.", .type = METRIC_COUNTER, LABELS("kind") },
    [METRIC_TICK_CUSTOMERS] = { "obek_tick_customers_total", "Customers reached by ticks.", .type = METRIC_COUNTER, LABELS("kind") },
    [METRIC_IMPORTED] = { "obek_imported_customers_total", "Customers of imports: set, known (imported or erased up to there before), refused (docs/ledger.md).", .type = METRIC_COUNTER, LABELS("result") },
    [METRIC_ERASED] = { "obek_erased_customers_total", "Customers erased.", .type = METRIC_COUNTER },
    [METRIC_TICK_LATENESS] = { "obek_tick_lateness_seconds", "How far the time reached was past the first due time of the last tick written. Only from the instance that owns the control topic.", .type = METRIC_GAUGE },
    [METRIC_TIME_REACHED_DELAY] = { "obek_time_reached_delay_seconds", "Wall clock less the time reached, up to which customers are moved. Only from the instance that owns the control topic.", .type = METRIC_GAUGE },
    [METRIC_TIMERS_DUE] = { "obek_timers_due", "Customers due at or before the time reached and not moved yet. Only from the instance that owns the control topic, so the sum over instances is right.", .type = METRIC_GAUGE },
    [METRIC_CACHE_LOOKUPS] = { "obek_cache_lookups_total", "Customers of batches whose state was in memory (hit) or came from Redis (miss).", .type = METRIC_COUNTER, LABELS("result") },
    [METRIC_SAVES_REFUSED] = { "obek_saves_refused_total", "Save calls that Redis refused because something had changed meanwhile; they are stepped again.", .type = METRIC_COUNTER },
    [METRIC_REDIS_SECONDS] = { "obek_redis_duration_seconds", "How long the answers to calls of Redis were waited for, a pipeline of them at a time; without outages.", SECONDS, LABELS("client") },
    [METRIC_REDIS_ERRORS] = { "obek_redis_errors_total", "Errors of Redis: broken (connection, time-out, or an answer such as LOADING; repeated) and refused.", .type = METRIC_COUNTER, LABELS("client", "kind") },
    [METRIC_CLOCK_AHEAD] = { "obek_clock_ahead_seconds", "How far this host's clock is ahead (behind: negative) of that of Redis' host, as far as is certain.", .type = METRIC_GAUGE },
    [METRIC_KAFKA_SECONDS] = { "obek_kafka_duration_seconds", "How long a call to Kafka took.", SECONDS, LABELS("call") },
    [METRIC_KAFKA_ERRORS] = { "obek_kafka_errors_total", "Errors that a client of Kafka told of, by librdkafka's name.", .type = METRIC_COUNTER, LABELS("client", "code") },
    [METRIC_SEGMENT_CUSTOMERS] = { "obek_segment_customers", "Customers in the segment, all instances' together. Only from the instance that owns the control topic, so the sum over instances is right.",
                                   .type = METRIC_GAUGE, LABELS("scheme", "segment") },
    [METRIC_SEGMENT_VALUE] = { "obek_segment_value", "Value of their orders net of returns, in the base currency, each as of the customer's last evaluation. From the same instance.",
                               .type = METRIC_GAUGE, LABELS("scheme", "segment") },
    [METRIC_SEGMENT_CLTV] = { "obek_segment_cltv", "What is still expected of the segment's customers (CLTV) in the base currency, each as of their last evaluation with the model in force. Where that has a scheme of type cltv; from the same instance.", .type = METRIC_GAUGE, LABELS("scheme", "segment") },
    [METRIC_SEGMENT_CLTV_CUSTOMERS] = { "obek_segment_cltv_customers", "Customers in that sum: those evaluated with the model in force. After a new model it grows until all have met it.", .type = METRIC_GAUGE, LABELS("scheme", "segment") },
    [METRIC_FEATURE_DRIFT] = { "obek_feature_drift_psi", "How far the feature is from the model's training (population stability index), by a random sample of customers evaluated now, every two minutes. Where the model says how it was spread; from the same instance.", .type = METRIC_GAUGE, LABELS("feature") },
    [METRIC_DRIFT_CUSTOMERS] = { "obek_drift_sample_customers", "Customers with an order in that sample. From the same instance.", .type = METRIC_GAUGE },
    [METRIC_MODEL_INFO] = { "obek_model_info", "1: the model in force.", .type = METRIC_GAUGE, LABELS("name", "version", "number") },
    [METRIC_BUILD_INFO] = { "obek_build_info", "1: the versions of obek and of librdkafka.", .type = METRIC_GAUGE, LABELS("version", "librdkafka") },
    [METRIC_READY] = { "obek_ready", "1: ready, as /readyz says.", .type = METRIC_GAUGE },
    [METRIC_NOT_READY] = { "obek_not_ready", "1: this keeps the instance from being ready.", .type = METRIC_GAUGE, LABELS("reason") },
    [METRIC_HTTP_REQUESTS] = { "obek_http_requests_total", "HTTP requests answered, by route and status.", .type = METRIC_COUNTER, LABELS("route", "code") },
    [METRIC_HTTP_LISTENERS] = { "obek_http_listeners", "Who listens to /api/v1/events just now.", .type = METRIC_GAUGE },
    [METRIC_CHANGES_READ] = { "obek_changes_read_total", "Records of the campaign topic that this process has read for /api/v1/flows and /api/v1/events: change, and unreadable, which are no segment changes.",
                              .type = METRIC_COUNTER, LABELS("kind") },
};
/* clang-format on */
