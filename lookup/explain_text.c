/* `obek explain` in words. */
#include "explain_text.h"
#include "obek/printing.h"

#include <inttypes.h>
#include <math.h>

#define FEATURE_COLUMNS 22
#define NUMBER_COLUMNS 14

struct telling {
    struct explained *explained;
    enum language language;
    FILE *out;
};

static const char *number(struct telling *telling, double value, int decimals) {
    return arena_printf(&telling->explained->memory, "%.*f", decimals, value).data;
}

static const char *integer(struct telling *telling, int64_t value) {
    return arena_printf(&telling->explained->memory, "%" PRId64, value).data;
}

static const char *instant(struct telling *telling, int64_t ms) {
    char text[32];
    return arena_printf(&telling->explained->memory, "%s", reading_instant(ms, text)).data;
}

static const char *money(struct telling *telling, int64_t minor) {
    char text[32];
    return arena_printf(&telling->explained->memory, "%s", reading_money(telling->explained->reading, minor, text)).data;
}

/* "Loyal (loyal)": the model's label in the language, else in the other one, and the id. */
static const char *segment_words(struct telling *telling, const struct scheme *scheme, int i) {
    const struct segment *segment = &scheme->segments[i];
    const char *en = segment->label_en, *tr = segment->label_tr;
    const char *label = telling->language == TURKISH ? (tr != NULL ? tr : en) : (en != NULL ? en : tr);
    if (label == NULL)
        return segment->id.text;
    return arena_printf(&telling->explained->memory, "%s (%s)", label, segment->id.text).data;
}

/* By names, as they stand in states and histories: perhaps of a former model. */
static const char *name_words(struct telling *telling, const struct name *scheme_name, const struct name *segment) {
    const struct scheme *scheme = model_scheme(telling->explained->reading->model, scheme_name);
    int i = scheme == NULL ? -1 : scheme_segment(scheme, segment);
    return i < 0 ? segment->text : segment_words(telling, scheme, i);
}

static void tell_head(struct telling *telling) {
    const struct explained *e = telling->explained;
    const struct model *model = e->reading->model;
    const char *id = arena_printf(&telling->explained->memory, "%.*s", (int)e->id.len, e->id.data).data;
    SAY(SAY_HEAD, telling, id, instant(telling, e->now), model->name, model->version, integer(telling, model->number));
    if (e->saved->model != model->number)
        SAY(SAY_OTHER_MODEL, telling, integer(telling, e->saved->model));
    if (e->has_orders)
        SAY(SAY_TOTALS, telling, integer(telling, summary_orders(&e->summary)), money(telling, summary_value(&e->summary)),
            e->reading->config->currency_base, number(telling, days_between(e->summary.last_at, e->now), 1));
    else
        SAY(SAY_NO_ORDERS, telling, "");
}

static void print_cells(FILE *out, const char *const *cells, size_t n) {
    fputs("    ", out);
    print_padded(out, cells[0], FEATURE_COLUMNS);
    for (size_t i = 1; i < n; i++) {
        size_t columns = text_columns(cells[i]);
        for (; columns < NUMBER_COLUMNS; columns++)
            putc(' ', out);
        fprintf(out, " %s", cells[i]);
    }
    putc('\n', out);
}

static void print_part_head(struct telling *telling) {
    const char *cells[5], *at = sentence_text(SAY_PART_HEAD, telling->language);
    for (int i = 0; i < 5; i++) {
        size_t len = strcspn(at, "|");
        cells[i] = arena_printf(&telling->explained->memory, "%.*s", (int)len, at).data;
        at += len + (at[len] == '|');
    }
    print_cells(telling->out, cells, 5);
}

static void tell_parts(struct telling *telling, const struct scheme *scheme, const struct scheme_explanation *e) {
    SAY(SAY_PARTS, telling, segment_words(telling, scheme, e->answer.segment),
        segment_words(telling, scheme, e->answer.runner_up),
        arena_printf(&telling->explained->memory, "%+.4f", e->kmeans.advantage).data);
    print_part_head(telling);
    for (int i = 0; i < e->kmeans.n; i++) {
        const struct feature_part *part = &e->kmeans.features[i];
        print_cells(telling->out,
                    (const char *[]){ feature_name(part->feature), number(telling, part->value, 3),
                                      number(telling, part->typical_here, 3), number(telling, part->typical_there, 3),
                                      arena_printf(&telling->explained->memory, "%+.4f", part->advantage).data },
                    5);
    }
}

static void tell_kmeans(struct telling *telling, const struct scheme *scheme, const struct scheme_explanation *e) {
    if (e->answer.runner_up < 0) {
        SAY(SAY_KMEANS_ALONE, telling, segment_words(telling, scheme, e->answer.segment));
        return;
    }
    const char *other = segment_words(telling, scheme, e->answer.runner_up);
    const char *takes = number(telling, fabs(e->kmeans.leaves_below), 4);
    if (e->kmeans.advantage < 0)
        SAY(SAY_KEPT, telling, other, number(telling, -e->kmeans.advantage, 4), takes);
    else
        SAY(SAY_KMEANS, telling, other, number(telling, e->answer.margin, 3));
    tell_parts(telling, scheme, e);
    if (e->kmeans.advantage >= 0 && scheme->kmeans.hysteresis > 0)
        SAY(SAY_HYSTERESIS, telling, other, takes);
}

static const char *band_words(struct telling *telling, const struct band_explanation *band) {
    struct arena *memory = &telling->explained->memory;
    if (isinf(band->above))
        return isinf(band->up_to) ? "-" : arena_printf(memory, "<= %.15g", band->up_to).data;
    if (isinf(band->up_to))
        return arena_printf(memory, "> %.15g", band->above).data;
    return arena_printf(memory, "> %.15g, <= %.15g", band->above, band->up_to).data;
}

static void tell_score(struct telling *telling, enum sentence sentence, const struct band_explanation *band) {
    SAY(sentence, telling, feature_name(band->feature), number(telling, band->value, band->feature == FEATURE_FREQUENCY ? 0 : 2),
        integer(telling, band->score), integer(telling, band->scores), band_words(telling, band));
}

static void tell_rfm(struct telling *telling, const struct scheme *scheme, const struct scheme_explanation *e) {
    SAY(SAY_RFM, telling, integer(telling, e->rfm.recency.score), integer(telling, e->rfm.frequency.score),
        segment_words(telling, scheme, e->answer.segment));
    tell_score(telling, SAY_SCORE, &e->rfm.recency);
    tell_score(telling, SAY_SCORE, &e->rfm.frequency);
    tell_score(telling, SAY_SCORE_UNUSED, &e->rfm.monetary);
}

static void tell_cltv(struct telling *telling, const struct scheme *scheme, const struct scheme_explanation *e) {
    const struct cltv_explanation *cltv = &e->cltv;
    int band = e->answer.segment;
    SAY(SAY_CLTV, telling, number(telling, cltv->cltv, 2), telling->explained->reading->config->currency_base,
        integer(telling, scheme->cltv.months));
    SAY(SAY_CLTV_MADE_OF, telling, number(telling, 100 * cltv->p_alive, 1), number(telling, cltv->purchases, 3),
        number(telling, cltv->order_value, 2));
    SAY(SAY_CLTV_BOUGHT, telling, number(telling, cltv->purchases_so_far, 0), number(telling, cltv->avg_order_value, 2));
    if (isfinite(cltv->to_lower))
        SAY(SAY_CLTV_LOWER, telling, number(telling, cltv->to_lower, 2), number(telling, cltv->above, 2),
            segment_words(telling, scheme, band - 1));
    if (isfinite(cltv->to_upper))
        SAY(SAY_CLTV_UPPER, telling, number(telling, cltv->to_upper, 2), number(telling, cltv->up_to, 2),
            segment_words(telling, scheme, band + 1));
}

static void tell_one_more(struct telling *telling, const struct scheme *scheme, int i) {
    const struct explained *e = telling->explained;
    if (!e->one_more) {
        SAY(SAY_MORE_TOO_MUCH, telling, "");
        return;
    }
    const struct scheme_state *before = &e->present->schemes[i], *after = &e->after->schemes[i];
    SAY(name_equal(&before->segment, &after->segment) ? SAY_MORE_STAYS : SAY_MORE_MOVES, telling, money(telling, e->order.amount),
        e->reading->config->currency_base, sentence_text(e->order.offline ? SAY_OFFLINE : SAY_ONLINE, telling->language),
        name_words(telling, &scheme->name, &after->segment), number(telling, after->margin, 3));
}

static void tell_next(struct telling *telling, const struct scheme *scheme, const struct due *due) {
    if (due->segment < 0)
        SAY(SAY_NEVER, telling, "");
    else
        SAY(SAY_NEXT, telling, segment_words(telling, scheme, due->segment), instant(telling, due->at),
            number(telling, days_between(telling->explained->now, due->at), 1));
}

static void tell_advice(struct telling *telling, const struct scheme *scheme, int segment) {
    const json_t *entry = catalogue_entry(telling->explained->catalogue, scheme->name.text, scheme->segments[segment].id.text);
    const json_t *next = json_object_get(entry, "next"), *campaigns = json_object_get(entry, "campaigns");
    const json_t *words = json_object_get(next, telling->language == TURKISH ? "tr" : "en");
    if (words == NULL)
        words = json_object_get(next, telling->language == TURKISH ? "en" : "tr");
    if (words != NULL)
        SAY(SAY_ADVICE, telling, json_string_value(words));
    const char *ids = NULL;
    for (size_t i = 0; i < json_array_size(campaigns); i++) {
        const char *id = json_string_value(json_array_get(campaigns, i));
        ids = ids == NULL ? id : arena_printf(&telling->explained->memory, "%s, %s", ids, id).data;
    }
    if (ids != NULL)
        SAY(SAY_CAMPAIGNS, telling, ids);
}

static void tell_scheme(struct telling *telling, int i) {
    static void (*const tellers[])(struct telling *, const struct scheme *, const struct scheme_explanation *) = {
        [SCHEME_KMEANS] = tell_kmeans, [SCHEME_RFM] = tell_rfm, [SCHEME_CLTV] = tell_cltv
    };
    const struct explained *e = telling->explained;
    const struct scheme *scheme = explaining_scheme(e, i);
    const struct scheme_state *state = &e->present->schemes[i];
    SAY(SAY_SEGMENT, telling, scheme->name.text, name_words(telling, &scheme->name, &state->segment),
        instant(telling, state->since), number(telling, days_between(state->since, e->now), 1));
    tellers[scheme->type](telling, scheme, &e->schemes[i]);
    tell_advice(telling, scheme, e->schemes[i].answer.segment);
    tell_one_more(telling, scheme, i);
    tell_next(telling, scheme, &e->schemes[i].due);
}

static void tell_transition(struct telling *telling, const struct past_transition *past) {
    const char *at = instant(telling, past->occurred_at), *cause = cause_words(past->cause, telling->language);
    const char *from = name_words(telling, &past->scheme, &past->from), *to = name_words(telling, &past->scheme, &past->to);
    if (past->from.len == 0)
        SAY(SAY_ENTRY, telling, at, past->scheme.text, to, cause);
    else if (past->to.len == 0)
        SAY(SAY_LEAVE, telling, at, past->scheme.text, from, cause);
    else
        SAY(SAY_MOVE, telling, at, past->scheme.text, from, to, cause);
}

static void tell_pending(struct telling *telling) {
    const struct transitions *pending = &telling->explained->pending;
    if (pending->n > 0)
        SAY(SAY_PENDING, telling, "");
    for (size_t i = 0; i < pending->n; i++) {
        const struct transition *t = &pending->items[i];
        tell_transition(
            telling, &(struct past_transition){
                         .scheme = t->scheme, .from = t->from, .to = t->to, .cause = t->cause, .occurred_at = t->occurred_at });
    }
}

void explain_text(struct explained *explained, enum language language, FILE *out) {
    struct telling telling = { explained, language, out };
    tell_head(&telling);
    tell_pending(&telling);
    for (int i = 0; explained->has_orders && i < explained->reading->model->n_schemes; i++)
        tell_scheme(&telling, i);
    SAY(SAY_CHANGES, &telling, "");
    for (int i = 0; i < explained->saved->n_history; i++)
        tell_transition(&telling, &explained->saved->history[i]);
}
