#include "show_table.h"
#include "obek/event.h"
#include "obek/features.h"
#include "obek/printing.h"

#include <inttypes.h>
#include <math.h>

static void print_head(const struct reading *reading, struct slice id, const struct customer *customer) {
    char as_of[32], due[32], past[32];
    printf("customer     ");
    print_text(stdout, id);
    printf("  (bucket %" PRId64 ")\n", reading_bucket(reading, id));
    printf("as of        %s, sequence %" PRIu64 "\n", reading_instant(customer->as_of, as_of), customer->sequence);
    printf("next change  %s\n", reading_instant(customer->due, due));
    if (customer->imported_until != TIME_NONE)
        printf("imported     until %s: order records up to then are duplicates\n",
               reading_instant(customer->imported_until, past));
    if (customer->erased_at != TIME_NONE)
        printf("erased       at %s: order records up to then are turned away\n", reading_instant(customer->erased_at, past));
    if (customer->model < 0)
        printf("model        none yet\n");
    else if (reading->model != NULL && reading->model_number == customer->model)
        printf("model        %s, version %s (number %" PRId64 ")\n", reading->model->name, reading->model->version,
               customer->model);
    else
        printf("model        number %" PRId64 " (another one is in force)\n", customer->model);
}

static void print_scheme_state(const struct reading *reading, const struct customer *customer, int i) {
    const struct scheme_state *state = &customer->schemes[i];
    const char *label = reading_label(reading, &state->scheme, &state->segment), *next;
    char since[32], at_text[32];
    printf("  %-8s ", state->scheme.text);
    print_padded(stdout, state->segment.len == 0 ? "none" : state->segment.text, 16);
    printf(" since %s", reading_instant(state->since, since));
    if (state->segment.len > 0)
        printf(", margin %.3f", state->margin);
    int64_t at = reading_next_change(reading, customer, i, &next);
    if (next != NULL)
        printf(", to %s at %s", next, reading_instant(at, at_text));
    else if (at == TIME_NEVER && state->segment.len > 0)
        printf(", stays if nothing happens");
    if (label != NULL)
        printf("\n           \"%s\"", label);
    printf("\n");
}

static void print_features(const struct reading *reading, const struct customer *customer, const struct ledger_summary *summary) {
    if (summary_orders(summary) == 0) {
        printf("\nfeatures     none: no live order\n");
        return;
    }
    char as_of[32];
    printf("\nfeatures     at %s\n", reading_instant(customer->as_of, as_of));
    double minor_per_major = pow(10, reading->decimals);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        double value = feature_value((enum feature)i, summary, customer->as_of, minor_per_major);
        printf("  %-21s %14.*f", feature_name((enum feature)i), isfinite(value) && value == floor(value) ? 0 : 3, value);
        fputs(i % 2 == 1 ? "\n" : "   ", stdout);
    }
}

static void print_base(const struct reading *reading, const char *side_name, const struct ledger_side *side) {
    char value[32], first[32], last[32];
    if (side->orders > 0)
        printf("  older, %-8s %" PRId64 " orders, %s, from %s to %s\n", side_name, side->orders,
               reading_money(reading, side->value, value), reading_instant(side->first_at, first),
               reading_instant(side->last_at, last));
}

static void print_order(const struct reading *reading, const struct ledger_entry *entry) {
    char time[32], amount[32], returned[32];
    printf("  %s %14s", reading_instant(entry->time, time), reading_money(reading, entry->amount, amount));
    printf(" %12s", entry->returned == 0 ? "" : reading_money(reading, entry->returned, returned));
    printf("  %-7s  %-6s  %016" PRIx64 "\n", entry->offline ? "offline" : "online", entry->voided ? "voided" : "live",
           entry->id_hash);
}

static void print_waiting(const struct reading *reading, const struct ledger_entry *entry) {
    char returned[32];
    printf("  waits for its order: %016" PRIx64, entry->id_hash);
    if (entry->voided)
        printf(", cancelled");
    if (entry->whole)
        printf(", returned as a whole");
    else if (entry->n_returns > 0)
        printf(", %s returned", reading_money(reading, entry->returned, returned));
    printf("\n");
}

static void print_ledger(const struct reading *reading, const struct ledger *ledger, const struct ledger_summary *summary) {
    char value[32];
    printf("\norders       %" PRId64 ", worth %s %s; the newest %d are kept apart\n", summary_orders(summary),
           reading_money(reading, summary_value(summary), value), reading->config->currency_base, (int)ledger->capacity);
    if (ledger->n_orders > 0)
        printf("  %-24s %14s %12s  %-7s  %-6s  %s\n", "TIME", "AMOUNT", "RETURNED", "CHANNEL", "STATUS", "ORDER (HASH)");
    print_base(reading, "online", &ledger->base.online);
    print_base(reading, "offline", &ledger->base.offline);
    for (int i = 0; i < ledger->n_orders; i++)
        print_order(reading, &ledger->orders[i]);
    for (int i = 0; i < ledger->n_waiting; i++)
        print_waiting(reading, &ledger->waiting[i]);
}

static void print_history(const struct customer *customer) {
    printf("\nlast changes\n");
    for (int i = 0; i < customer->n_history; i++) {
        const struct past_transition *past = &customer->history[i];
        char at[32];
        printf("  %s  %-8s %s -> %s (%s)\n", reading_instant(past->occurred_at, at), past->scheme.text,
               past->from.len == 0 ? "none" : past->from.text, past->to.len == 0 ? "none" : past->to.text,
               event_cause_text(past->cause));
    }
}

void show_table(const struct reading *reading, struct slice id, const struct customer *customer) {
    struct ledger_summary summary = ledger_summarise(&customer->ledger);
    print_head(reading, id, customer);
    printf("\nsegments\n");
    for (int i = 0; i < customer->n_schemes; i++)
        print_scheme_state(reading, customer, i);
    print_features(reading, customer, &summary);
    print_ledger(reading, &customer->ledger, &summary);
    print_history(customer);
}
