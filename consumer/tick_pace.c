#include "tick_pace.h"

#define HEADS_MIN 12 /* few customers are spread unevenly */

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b) {
    return a > b ? a : b;
}

void tick_pace_begin(struct tick_pace *pace, int64_t per_second, int64_t now_ms) {
    *pace = (struct tick_pace){ .per_second = per_second,
                                .allowance = 1000 * per_second,
                                .now_ms = now_ms,
                                .live_until_ms = now_ms,
                                .rest_until_ms = now_ms };
}

void tick_pace_turn(struct tick_pace *pace, int64_t now_ms) {
    int64_t passed_ms = least(now_ms - pace->now_ms, 1000);
    pace->allowance = least(1000 * pace->per_second, pace->allowance + pace->per_second * passed_ms);
    pace->now_ms = now_ms;
}

void tick_pace_live(struct tick_pace *pace, int64_t now_ms) {
    pace->live_until_ms = now_ms + TICK_LIVE_MS;
}

void tick_pace_spend(struct tick_pace *pace, size_t customers) {
    pace->allowance -= 1000 * (int64_t)customers;
}

void tick_pace_took(struct tick_pace *pace, int64_t from_ms, int64_t to_ms) {
    pace->rest_until_ms = to_ms + TICK_LIVE_REST * (to_ms - from_ms);
}

static bool is_live(const struct tick_pace *pace) {
    return pace->now_ms < pace->live_until_ms;
}

static int64_t customers_max(const struct tick_pace *pace) {
    return is_live(pace) ? TICK_CUSTOMERS_LIVE_MAX : TICK_CUSTOMERS_MAX;
}

size_t tick_pace_most(const struct tick_pace *pace) {
    return (size_t)least(pace->allowance / 1000, customers_max(pace));
}

int64_t tick_pace_wait_ms(const struct tick_pace *pace) {
    int64_t worth = least(greatest(pace->per_second / TICKS_PER_SECOND_MAX, 1), customers_max(pace));
    int64_t missing = greatest(1000 * worth - pace->allowance, 0);
    int64_t paced_ms = (missing + pace->per_second - 1) / pace->per_second;
    int64_t rest_ms = is_live(pace) ? pace->rest_until_ms - pace->now_ms : 0;
    return greatest(paced_ms, rest_ms);
}

size_t tick_pace_heads(const struct tick_pace *pace, int64_t buckets) {
    return (size_t)(2 * customers_max(pace) / buckets + HEADS_MIN);
}
