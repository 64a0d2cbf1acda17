/* Stories of one customer in virtual time. Segments by recency at 0, 10 and 20 days: fresh, cooling, cold. */
#include "core_fixture.h"

static void fresh_cooling_cold(struct model *model, const char *scheme_name) {
    struct scaled_feature recency = plain_feature(FEATURE_RECENCY_DAYS);
    struct scheme *scheme = &model->schemes[model->n_schemes++];
    kmeans_set(scheme, scheme_name, 3, 1, &recency, (double[]){ 0, 10, 20 }, 0);
    const char *ids[3] = { "fresh", "cooling", "cold" };
    for (int i = 0; i < 3; i++)
        scheme->segments[i].id = name_of(ids[i]);
}

struct story {
    struct model model;
    struct customer customer;
    struct transitions transitions;
};

static int begin(void **state) {
    static struct story story;
    memset(&story, 0x5a, sizeof story); /* nothing may count on cleared memory */
    story.transitions = (struct transitions){ 0 };
    story.model = make_model(7, TIME_NONE);
    fresh_cooling_cold(&story.model, "age");
    customer_init(&story.customer, 32);
    *state = &story;
    return 0;
}

static int end(void **state) {
    struct story *story = *state;
    model_clear(&story->model);
    transitions_free(&story->transitions);
    return 0;
}

static enum ledger_verdict step(struct story *story, struct order order, int64_t watermark) {
    transitions_clear(&story->transitions);
    return customer_step(&story->customer, &story->model, &order, watermark, &story->transitions);
}

static void assert_moved(const struct transition *t, const char *from, const char *to, enum cause cause, int64_t at) {
    assert_string_equal(t->from.text, from);
    assert_string_equal(t->to.text, to);
    assert_int_equal(t->cause, cause);
    assert_int_equal(t->occurred_at, at);
}

static void an_entry_says_everything(void **state) {
    struct story *s = *state;
    assert_int_equal(step(s, make_order("a", EPOCH, 1000), TIME_NONE), LEDGER_APPLIED);
    assert_int_equal(s->transitions.n, 1);
    const struct transition *t = &s->transitions.items[0];
    assert_moved(t, "", "fresh", CAUSE_ORDER, EPOCH);
    assert_string_equal(t->scheme.text, "age");
    assert_int_equal(t->sequence, 1);
    assert_int_equal(t->previous_since, TIME_NONE);
    assert_int_equal(t->n_values, 1);
    assert_string_equal(t->values[0].name, "recency_days");
    assert_near(t->margin, 1, 0);
    assert_string_equal(t->runner_up.text, "cooling");
    assert_int_equal(t->next_change_at, EPOCH + 5 * DAY + 1);
    assert_string_equal(t->next_segment.text, "cooling");
    assert_int_equal(s->customer.due, EPOCH + 5 * DAY + 1);
    assert_int_equal(s->customer.as_of, EPOCH);
    assert_int_equal(s->customer.model, 7);
}

static void time_passes_before_the_next_record(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    step(s, make_order("b", EPOCH + 30 * DAY, 1000), EPOCH);
    assert_int_equal(s->transitions.n, 3);
    assert_moved(&s->transitions.items[0], "fresh", "cooling", CAUSE_TIME, EPOCH + 5 * DAY + 1);
    assert_moved(&s->transitions.items[1], "cooling", "cold", CAUSE_TIME, EPOCH + 15 * DAY + 1);
    assert_moved(&s->transitions.items[2], "cold", "fresh", CAUSE_ORDER, EPOCH + 30 * DAY);
    assert_int_equal(s->transitions.items[1].previous_since, EPOCH + 5 * DAY + 1);
    assert_int_equal(s->transitions.items[0].next_change_at, EPOCH + 15 * DAY + 1);
    assert_int_equal(s->transitions.items[1].next_change_at, TIME_NEVER);
    assert_int_equal(s->transitions.items[2].sequence, 4);
    assert_int_equal(s->customer.n_history, 4);
    assert_string_equal(s->customer.schemes[0].segment.text, "fresh");
    assert_int_equal(s->customer.schemes[0].since, EPOCH + 30 * DAY);
}

static void a_late_order_is_evaluated_at_the_watermark(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH - 7 * DAY, 1000), EPOCH);
    assert_moved(&s->transitions.items[0], "", "cooling", CAUSE_ORDER, EPOCH);
    step(s, make_order("b", EPOCH - 6 * DAY, 1000), EPOCH - DAY); /* as_of is later than both */
    assert_int_equal(s->transitions.n, 0);
    assert_int_equal(s->customer.as_of, EPOCH);
}

static void what_is_not_applied_changes_nothing(void **state) {
    struct story *s = *state;
    struct buffer before = { 0 }, after = { 0 };
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    state_record_write(&before, &s->customer);
    s->model.number = 8; /* neither the model's evaluation nor time's happens */
    assert_int_equal(step(s, make_order("a", EPOCH + 40 * DAY, 5), EPOCH + 50 * DAY), LEDGER_DUPLICATE);
    assert_int_equal(s->transitions.n, 0);
    state_record_write(&after, &s->customer);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    buffer_free(&before);
    buffer_free(&after);
}

static void leaving_and_coming_back(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    step(s, make_cancellation("a", EPOCH + DAY), EPOCH);
    assert_int_equal(s->transitions.n, 1);
    const struct transition *t = &s->transitions.items[0];
    assert_moved(t, "fresh", "", CAUSE_CANCELLATION, EPOCH + DAY);
    assert_int_equal(t->n_values, 0);
    assert_true(isnan(t->margin));
    assert_int_equal(t->previous_since, EPOCH);
    assert_int_equal(t->next_change_at, TIME_NEVER);
    assert_int_equal(s->customer.due, TIME_NEVER);
    assert_int_equal(s->customer.schemes[0].segment.len, 0);
    assert_int_equal(s->customer.schemes[0].since, EPOCH + DAY);
    step(s, make_order("b", EPOCH + 60 * DAY, 1000), EPOCH);
    assert_int_equal(s->transitions.n, 1);
    assert_moved(&s->transitions.items[0], "", "fresh", CAUSE_ORDER, EPOCH + 60 * DAY);
    assert_int_equal(s->transitions.items[0].previous_since, TIME_NONE);
    assert_int_equal(s->transitions.items[0].sequence, 3);
}

static void a_cancellation_rolls_recency_back(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    step(s, make_order("b", EPOCH + 4 * DAY, 1000), TIME_NONE);
    assert_int_equal(s->customer.due, EPOCH + 9 * DAY + 1);
    step(s, make_cancellation("b", EPOCH + 8 * DAY), TIME_NONE);
    assert_int_equal(s->transitions.n, 1);
    assert_moved(&s->transitions.items[0], "fresh", "cooling", CAUSE_CANCELLATION, EPOCH + 8 * DAY);
    assert_int_equal(s->customer.due, EPOCH + 15 * DAY + 1);
}

static void a_placeholder_is_no_customer(void **state) {
    struct story *s = *state;
    assert_int_equal(step(s, make_return("a", "r", EPOCH, 300), TIME_NONE), LEDGER_APPLIED);
    assert_int_equal(s->transitions.n, 0);
    assert_int_equal(s->customer.as_of, EPOCH);
    assert_int_equal(s->customer.due, TIME_NEVER);
    step(s, make_order("a", EPOCH - DAY, 1000), TIME_NONE);
    assert_int_equal(s->transitions.n, 1);
    assert_moved(&s->transitions.items[0], "", "fresh", CAUSE_ORDER, EPOCH);
}

static void another_model_is_evaluated_first(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    model_clear(&s->model);
    s->model = make_model(8, EPOCH + 2 * DAY);
    fresh_cooling_cold(&s->model, "newer");
    fresh_cooling_cold(&s->model, "age");
    s->model.schemes[1].segments[0].id = name_of("young");
    step(s, make_order("b", EPOCH + 6 * DAY, 1000), TIME_NONE);
    assert_int_equal(s->transitions.n, 6);
    const struct transition *t = s->transitions.items;
    assert_moved(&t[0], "", "fresh", CAUSE_MODEL, EPOCH + 2 * DAY); /* a scheme that is new */
    assert_moved(&t[1], "fresh", "young", CAUSE_MODEL, EPOCH + 2 * DAY);
    assert_int_equal(t[1].previous_since, EPOCH);
    assert_moved(&t[2], "fresh", "cooling", CAUSE_TIME, EPOCH + 5 * DAY + 1); /* a tie: the model's order */
    assert_moved(&t[3], "young", "cooling", CAUSE_TIME, EPOCH + 5 * DAY + 1);
    assert_string_equal(t[2].scheme.text, "newer");
    assert_string_equal(t[3].scheme.text, "age");
    assert_moved(&t[4], "cooling", "fresh", CAUSE_ORDER, EPOCH + 6 * DAY);
    assert_moved(&t[5], "cooling", "young", CAUSE_ORDER, EPOCH + 6 * DAY);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(t[i].sequence, i + 2);
    assert_int_equal(s->customer.model, 8);
}

static void a_scheme_that_is_gone_is_left(void **state) {
    struct story *s = *state;
    fresh_cooling_cold(&s->model, "other");
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    assert_int_equal(s->transitions.n, 2);
    model_clear(&s->model);
    s->model = make_model(8, TIME_NONE);
    fresh_cooling_cold(&s->model, "brand-new");
    fresh_cooling_cold(&s->model, "other");
    step(s, make_order("b", EPOCH + DAY, 1000), TIME_NONE);
    assert_int_equal(s->transitions.n, 2);
    assert_moved(&s->transitions.items[0], "fresh", "", CAUSE_MODEL, EPOCH); /* T: minus infinity */
    assert_string_equal(s->transitions.items[0].scheme.text, "age");
    assert_moved(&s->transitions.items[1], "", "fresh", CAUSE_MODEL, EPOCH);
    assert_string_equal(s->transitions.items[1].scheme.text, "brand-new");
    assert_int_equal(s->customer.n_schemes, 2);
    assert_string_equal(s->customer.schemes[1].scheme.text, "other");
}

static void a_model_later_than_the_record_holds_now_back(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    s->model.number = 8;
    s->model.in_force_from = EPOCH + 7 * DAY;
    step(s, make_order("b", EPOCH + DAY, 1000), TIME_NONE);
    assert_int_equal(s->transitions.n, 1);
    assert_moved(&s->transitions.items[0], "fresh", "cooling", CAUSE_MODEL, EPOCH + 7 * DAY);
    assert_int_equal(s->customer.as_of, EPOCH + 7 * DAY); /* never back */
}

static void a_model_says_nothing_of_nobody(void **state) {
    struct story *s = *state;
    step(s, make_cancellation("a", EPOCH), TIME_NONE);
    s->model.number = 8;
    s->model.in_force_from = EPOCH + 7 * DAY;
    step(s, make_order("a", EPOCH + DAY, 1000), TIME_NONE); /* voided at once */
    assert_int_equal(s->transitions.n, 0);
    assert_int_equal(s->customer.model, 8);
    assert_int_equal(s->customer.as_of, EPOCH + DAY);
}

static void history_keeps_the_last_eight(void **state) {
    struct story *s = *state;
    for (int i = 0; i < 6; i++) {
        char id[8];
        snprintf(id, sizeof id, "o%d", i);
        step(s, make_order(id, EPOCH + i * 8 * DAY, 100), TIME_NONE);
    }
    assert_int_equal(s->customer.sequence, 11); /* an entry, then five times cooling and fresh */
    assert_int_equal(s->customer.n_history, 8);
    assert_string_equal(s->customer.history[7].to.text, "fresh");
    assert_int_equal(s->customer.history[7].occurred_at, EPOCH + 40 * DAY);
    assert_int_equal(s->customer.history[0].cause, CAUSE_TIME);
    assert_int_equal(s->customer.history[0].occurred_at, EPOCH + 13 * DAY + 1);
}

static void without_a_number_the_schemes_are_the_models_all_the_same(void **state) {
    struct story *s = *state;
    s->model.number = -1; /* as outside obek run: equal to "none yet" */
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    assert_int_equal(s->transitions.n, 1);
    assert_moved(&s->transitions.items[0], "", "fresh", CAUSE_ORDER, EPOCH);
}

static void a_tick_lives_through_what_is_due(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    transitions_clear(&s->transitions);
    customer_live_until(&s->customer, &s->model, EPOCH + 5 * DAY, &s->transitions); /* 1 ms too early */
    assert_int_equal(s->transitions.n, 0);
    assert_int_equal(s->customer.as_of, EPOCH);
    customer_live_until(&s->customer, &s->model, EPOCH + 9 * DAY, &s->transitions);
    assert_int_equal(s->transitions.n, 1);
    assert_moved(&s->transitions.items[0], "fresh", "cooling", CAUSE_TIME, EPOCH + 5 * DAY + 1);
    assert_int_equal(s->customer.as_of, EPOCH + 5 * DAY + 1); /* the last due time, not the tick's */
    assert_int_equal(s->customer.due, EPOCH + 15 * DAY + 1);
    customer_live_until(&s->customer, &s->model, EPOCH + 900 * DAY, &s->transitions);
    assert_int_equal(s->transitions.n, 2);
    assert_int_equal(s->customer.as_of, EPOCH + 15 * DAY + 1);
    assert_int_equal(s->customer.due, TIME_NEVER);
}

static void ticks_or_none_the_history_is_the_same(void **state) {
    struct story *s = *state;
    struct buffer with = { 0 }, without = { 0 };
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    for (int day = 1; day < 30; day++)
        customer_live_until(&s->customer, &s->model, EPOCH + day * DAY, &s->transitions);
    step(s, make_order("b", EPOCH + 30 * DAY, 1000), TIME_NONE);
    state_record_write(&with, &s->customer);
    customer_init(&s->customer, 32);
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    step(s, make_order("b", EPOCH + 30 * DAY, 1000), TIME_NONE);
    state_record_write(&without, &s->customer);
    assert_int_equal(with.len, without.len);
    assert_memory_equal(with.data, without.data, with.len);
    buffer_free(&with);
    buffer_free(&without);
}

static void a_timer_that_fires_early_only_refiles_itself(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    transitions_clear(&s->transitions);
    s->customer.due = EPOCH + 2 * DAY; /* as a lower bound would be filed */
    customer_live_until(&s->customer, &s->model, EPOCH + 3 * DAY, &s->transitions);
    assert_int_equal(s->transitions.n, 0);
    assert_int_equal(s->customer.as_of, EPOCH);
    assert_int_equal(s->customer.due, EPOCH + 5 * DAY + 1);
    assert_int_equal(s->customer.sequence, 1);
    assert_near(s->customer.schemes[0].margin, 1, 0);
}

static void a_tick_meets_another_model_first(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    transitions_clear(&s->transitions);
    s->model.number = 8;
    s->model.in_force_from = EPOCH + 6 * DAY;
    customer_live_until(&s->customer, &s->model, EPOCH + 20 * DAY, &s->transitions);
    assert_int_equal(s->transitions.n, 2);
    assert_moved(&s->transitions.items[0], "fresh", "cooling", CAUSE_MODEL, EPOCH + 6 * DAY);
    assert_moved(&s->transitions.items[1], "cooling", "cold", CAUSE_TIME, EPOCH + 15 * DAY + 1);
    assert_int_equal(s->customer.model, 8);
}

static void reevaluation_is_the_model_alone(void **state) {
    struct story *s = *state;
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    transitions_clear(&s->transitions);
    customer_reevaluate(&s->customer, &s->model, &s->transitions); /* the model that is in force already */
    assert_int_equal(s->transitions.n, 0);
    s->model.number = 8;
    s->model.in_force_from = EPOCH + 6 * DAY;
    s->model.schemes[0].segments[1].id = name_of("lukewarm");
    customer_reevaluate(&s->customer, &s->model, &s->transitions);
    customer_reevaluate(&s->customer, &s->model, &s->transitions); /* resumed: once only */
    assert_int_equal(s->transitions.n, 1);
    assert_moved(&s->transitions.items[0], "fresh", "lukewarm", CAUSE_MODEL, EPOCH + 6 * DAY);
    assert_int_equal(s->customer.as_of, EPOCH + 6 * DAY);
    assert_int_equal(s->customer.due, EPOCH + 15 * DAY + 1);
}

/* Three schemes, each change an event of its own, at its own instant. */
static void schemes_move_apart(void **state) {
    struct story *s = *state;
    rfm_set(&s->model.schemes[s->model.n_schemes++], "rfm", 1, (double[]){ 12 }, (uint8_t[]){ 0, 1 }, 2,
            (const char *const[]){ "late", "recent" });
    cltv_set(&s->model.schemes[s->model.n_schemes++], "cltv", (struct bgnbd){ 1, 10, 0, 1 }, (struct gamma_gamma){ 4, 3, 10 }, 1,
             (double[]){ 1e-3 }, (const char *const[]){ "low", "high" });
    step(s, make_order("a", EPOCH, 1000), TIME_NONE);
    assert_int_equal(s->transitions.n, 3);
    const struct transition *t = &s->transitions.items[1];
    assert_moved(t, "", "recent", CAUSE_ORDER, EPOCH);
    assert_int_equal(t->n_values, 6);
    assert_int_equal(t->next_change_at, EPOCH + 12 * DAY + 1);
    assert_string_equal(t->next_segment.text, "late");
    assert_string_equal(t->runner_up.text, "late");
    assert_moved(&s->transitions.items[2], "", "high", CAUSE_ORDER, EPOCH);
    assert_int_equal(s->transitions.items[2].n_values, 7);
    assert_int_equal(s->transitions.items[2].next_change_at, TIME_NEVER); /* above a thousandth for 100 years */
    assert_string_equal(s->transitions.items[2].runner_up.text, "low");
    transitions_clear(&s->transitions);
    customer_live_until(&s->customer, &s->model, EPOCH + 13 * DAY, &s->transitions);
    assert_int_equal(s->transitions.n, 2);
    assert_moved(&s->transitions.items[0], "fresh", "cooling", CAUSE_TIME, EPOCH + 5 * DAY + 1);
    assert_moved(&s->transitions.items[1], "recent", "late", CAUSE_TIME, EPOCH + 12 * DAY + 1);
    assert_int_equal(s->transitions.items[1].runner_up.len, 0);
    assert_int_equal(s->customer.due, EPOCH + 15 * DAY + 1);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        STORY(an_entry_says_everything),
        STORY(time_passes_before_the_next_record),
        STORY(a_late_order_is_evaluated_at_the_watermark),
        STORY(what_is_not_applied_changes_nothing),
        STORY(leaving_and_coming_back),
        STORY(a_cancellation_rolls_recency_back),
        STORY(a_placeholder_is_no_customer),
        STORY(another_model_is_evaluated_first),
        STORY(a_scheme_that_is_gone_is_left),
        STORY(a_model_later_than_the_record_holds_now_back),
        STORY(a_model_says_nothing_of_nobody),
        STORY(history_keeps_the_last_eight),
        STORY(a_tick_lives_through_what_is_due),
        STORY(ticks_or_none_the_history_is_the_same),
        STORY(a_timer_that_fires_early_only_refiles_itself),
        STORY(a_tick_meets_another_model_first),
        STORY(reevaluation_is_the_model_alone),
        STORY(schemes_move_apart),
        STORY(without_a_number_the_schemes_are_the_models_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
