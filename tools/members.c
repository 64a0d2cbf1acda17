#include "members.h"
#include "../lookup/member_json.h"
#include "obek/printing.h"

#include <stdlib.h>

static bool matches(const struct size_row *row, struct slice scheme, struct slice segment) {
    return slice_equal(name_slice(&row->segment), segment) && (scheme.len == 0 || slice_equal(name_slice(&row->scheme), scheme));
}

static bool tell_unknown(const struct sizes *sizes, const char *text, struct error *error) {
    struct buffer known = { 0 };
    for (size_t i = 0; i < sizes->n; i++)
        buffer_printf(&known, "%s%s/%s", i == 0 ? "" : ", ", sizes->rows[i].scheme.text, sizes->rows[i].segment.text);
    error_set(error, "there is no segment '%s'; there are: %.*s", text, (int)known.len, known.len == 0 ? "none" : known.data);
    buffer_free(&known);
    return false;
}

bool members_choose(const struct sizes *sizes, const char *text, struct name *scheme, struct name *segment, struct error *error) {
    const char *slash = strchr(text, '/');
    struct slice scheme_text = { text, slash == NULL ? 0 : (size_t)(slash - text) };
    struct slice segment_text = slice_of(slash == NULL ? text : slash + 1);
    const struct size_row *found = NULL;
    for (size_t i = 0; i < sizes->n; i++) {
        if (!matches(&sizes->rows[i], scheme_text, segment_text))
            continue;
        if (found != NULL)
            return error_set(error, "'%s' is a segment of %s and of %s: say which, SCHEME/SEGMENT", text, found->scheme.text,
                             sizes->rows[i].scheme.text);
        found = &sizes->rows[i];
    }
    if (found == NULL)
        return tell_unknown(sizes, text, error);
    *scheme = found->scheme;
    *segment = found->segment;
    return true;
}

struct wanted {
    const struct reading *reading;
    const struct name *scheme, *segment;
    bool as_json;
};

static void write_csv(const struct reading *reading, struct slice id, const struct customer *customer,
                      const struct scheme_state *state) {
    char since[32], value[32], last[32], due[32];
    struct ledger_summary summary = ledger_summarise(&customer->ledger);
    print_csv(stdout, id);
    printf(",%s,%s,%s,%s\n", reading_instant(state->since, since), reading_money(reading, summary_value(&summary), value),
           reading_instant(summary.last_at, last), customer->due == TIME_NEVER ? "" : reading_instant(customer->due, due));
}

static void write_json(const struct reading *reading, struct slice id, const struct customer *customer,
                       const struct scheme_state *state) {
    json_t *line = member_json(reading, id, customer, state);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static bool write_member(void *context, struct slice id, const struct customer *customer) {
    const struct wanted *wanted = context;
    const struct scheme_state *state = member_state(customer, wanted->scheme, wanted->segment);
    if (state != NULL)
        (wanted->as_json ? write_json : write_csv)(wanted->reading, id, customer, state);
    return ferror(stdout) == 0;
}

int64_t members_write(struct reading *reading, const struct name *scheme, const struct name *segment, bool as_json,
                      struct error *error) {
    struct wanted wanted = { .reading = reading, .scheme = scheme, .segment = segment, .as_json = as_json };
    struct reading_walk walk = { .context = &wanted, .visit = write_member };
    if (!as_json)
        puts("customer_id,since,value,last_order,due");
    return reading_all(reading, &walk, error) ? walk.damaged : -1;
}
