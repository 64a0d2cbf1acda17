#include "naming.h"
#include "sorted.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Of each segment, how high a feature is: 0 to 1, 0.5 when it is like everybody's. */
struct heights {
    const char *feature;
    double *of; /* n_segments */
};

struct naming {
    const struct learning *learning;
    struct learned *learned;
    size_t n;
    struct heights *features;
};

static const struct {
    enum feature feature;
    const char *high_en, *low_en, *high_tr, *low_tr;
} words[] = {
    { FEATURE_RECENCY_DAYS, "away for long", "bought lately", "uzun süredir gelmeyen", "yakınlarda alışveriş yapan" },
    { FEATURE_TENURE_DAYS, "customers for long", "new customers", "eski müşteri", "yeni müşteri" },
    { FEATURE_ACTIVE_DAYS, "came back over a long time", "active for a short time", "uzun süre alışveriş eden",
      "kısa süre alışveriş eden" },
    { FEATURE_FREQUENCY, "many orders", "few orders", "çok sipariş", "az sipariş" },
    { FEATURE_REPEAT_FREQUENCY, "many repeat orders", "few repeat orders", "çok tekrar sipariş", "az tekrar sipariş" },
    { FEATURE_MONETARY, "high value", "low value", "yüksek harcama", "düşük harcama" },
    { FEATURE_AVG_ORDER_VALUE, "large orders", "small orders", "büyük siparişler", "küçük siparişler" },
    { FEATURE_ORDERS_ONLINE, "many online orders", "few online orders", "çok online sipariş", "az online sipariş" },
    { FEATURE_ORDERS_OFFLINE, "many store orders", "few store orders", "çok mağaza siparişi", "az mağaza siparişi" },
    { FEATURE_VALUE_ONLINE, "high online value", "low online value", "yüksek online harcama", "düşük online harcama" },
    { FEATURE_VALUE_OFFLINE, "high store value", "low store value", "yüksek mağaza harcaması", "düşük mağaza harcaması" },
    { FEATURE_SHARE_ONLINE, "mostly online", "mostly in stores", "çoğunlukla online", "çoğunlukla mağazadan" },
    { FEATURE_RECENCY_ONLINE_DAYS, "long without an online order", "bought online lately", "uzun süredir online sipariş yok",
      "yakınlarda online sipariş" },
    { FEATURE_RECENCY_OFFLINE_DAYS, "long without a store order", "bought in a store lately", "uzun süredir mağaza siparişi yok",
      "yakınlarda mağaza siparişi" },
};

static void append_phrase(struct buffer *en, struct buffer *tr, const char *name, bool high) {
    const char *separator = en->len > 0 ? ", " : "";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(feature_name(words[i].feature), name) == 0) {
            buffer_printf(en, "%s%s", separator, high ? words[i].high_en : words[i].low_en);
            buffer_printf(tr, "%s%s", separator, high ? words[i].high_tr : words[i].low_tr);
            return;
        }
    buffer_printf(en, "%s%s %s", separator, high ? "high" : "low", name);
    buffer_printf(tr, "%s%s %s", separator, high ? "yüksek" : "düşük", name);
}

/* The share of all below each segment's median. */
static struct heights measure(const struct naming *naming, const char *name) {
    const struct customers *customers = naming->learning->customers;
    const struct learned *learned = naming->learned;
    size_t n = customers->frame.n;
    double *values = customers_values(customers, feature_from_name(slice_of(name)), name),
           *members = xcalloc(n + 1, sizeof *members);
    struct sorted all = sorted_of(values, n);
    struct heights heights = { name, xcalloc((size_t)learned->n_segments, sizeof(double)) };
    for (int s = 0; s < learned->n_segments; s++) {
        size_t m = 0;
        for (size_t i = 0; i < n; i++)
            if (learned->segment_of[i] == s)
                members[m++] = values[i];
        struct sorted own = sorted_of(members, m);
        double median = sorted_quantile(&own, 0.5);
        heights.of[s] = m == 0 || all.n == 0
                            ? 0.5
                            : ((double)sorted_below(&all, median) + (double)sorted_up_to(&all, median)) / 2 / (double)all.n;
        sorted_free(&own);
    }
    sorted_free(&all);
    free(values);
    free(members);
    return heights;
}

static const struct heights *heights_of(struct naming *naming, const char *name) {
    for (size_t i = 0; i < naming->n; i++)
        if (strcmp(naming->features[i].feature, name) == 0)
            return &naming->features[i];
    naming->features = xrealloc(naming->features, (naming->n + 1) * sizeof *naming->features);
    naming->features[naming->n] = measure(naming, name);
    return &naming->features[naming->n++];
}

static bool apply_rule(struct naming *naming, const struct recipe_segment *rule, struct error *error) {
    struct learned *learned = naming->learned;
    double best = -INFINITY;
    int chosen = -1;
    for (int s = 0; s < learned->n_segments; s++) {
        double sum = 0;
        for (size_t i = 0; i < rule->n_most; i++) {
            const char *name = rule->most[i].feature;
            if (!customers_have(naming->learning->customers, feature_from_name(slice_of(name)), name, error))
                return error_context(error, "segment %s", rule->id.text);
            sum += rule->most[i].sign * (heights_of(naming, name)->of[s] - 0.5);
        }
        if (learned->segments[s].id.len == 0 && sum > best) {
            best = sum;
            chosen = s;
        }
    }
    if (chosen < 0)
        return true;
    learned->segments[chosen].id = rule->id;
    learned->segments[chosen].label_en = rule->label_en != NULL ? xstrdup(rule->label_en) : NULL;
    learned->segments[chosen].label_tr = rule->label_tr != NULL ? xstrdup(rule->label_tr) : NULL;
    return true;
}

static bool id_is_taken(const struct learned *learned, const char *id) {
    for (int s = 0; s < learned->n_segments; s++)
        if (strcmp(learned->segments[s].id.text, id) == 0)
            return true;
    return false;
}

/* The most unusual feature that is not used yet. */
static const struct heights *most_unusual(const struct naming *naming, int segment, const struct heights *const *used, size_t n) {
    const struct heights *most = NULL;
    for (size_t f = 0; f < naming->n; f++) {
        bool is_used = false;
        for (size_t i = 0; i < n; i++)
            is_used = is_used || used[i] == &naming->features[f];
        if (!is_used && (most == NULL || fabs(naming->features[f].of[segment] - 0.5) > fabs(most->of[segment] - 0.5)))
            most = &naming->features[f];
    }
    return most;
}

/* "high_value_online-low_recency_days": as many features as it takes to be the only one, at least two where there are two. */
static void name_by_features(struct naming *naming, int segment) {
    struct learned *learned = naming->learned;
    const struct heights *used[SCHEME_FEATURES_MAX + 1];
    struct buffer id = { 0 }, en = { 0 }, tr = { 0 };
    struct name name = { 0 };
    for (size_t n = 0; n < naming->n && n < 4 && (n < 2 || id_is_taken(learned, name.text)); n++) {
        used[n] = most_unusual(naming, segment, used, n);
        bool high = used[n]->of[segment] >= 0.5;
        buffer_printf(&id, "%s%s_%.18s", n > 0 ? "-" : "", high ? "high" : "low", used[n]->feature);
        append_phrase(&en, &tr, used[n]->feature, high);
        name_set(&name, (struct slice){ id.data, id.len > NAME_LENGTH_MAX - 4 ? NAME_LENGTH_MAX - 4 : id.len });
    }
    for (int other = 2; id_is_taken(learned, name.text); other++) {
        char text[NAME_LENGTH_MAX + 16];
        snprintf(text, sizeof text, "%.56s-%d", id.data, other);
        name_set(&name, slice_of(text));
    }
    learned->segments[segment] = (struct learned_segment){ name, xstrndup(en.data, en.len), xstrndup(tr.data, tr.len) };
    buffer_free(&id);
    buffer_free(&en);
    buffer_free(&tr);
}

static void name_everyone(struct learned *learned) {
    name_set(&learned->segments[0].id, slice_of("everyone"));
    learned->segments[0].label_en = xstrdup("Everyone");
    learned->segments[0].label_tr = xstrdup("Herkes");
}

bool name_segments(const struct learning *learning, struct learned *learned, struct error *error) {
    const struct recipe_scheme *recipe = learned->recipe;
    struct naming naming = { .learning = learning, .learned = learned };
    bool good = true;
    learned->segments = xcalloc((size_t)learned->n_segments, sizeof *learned->segments);
    for (size_t i = 0; good && i < recipe->n_segments; i++)
        good = apply_rule(&naming, &recipe->segments[i], error);
    if (good && recipe->n_segments > (size_t)learned->n_segments)
        fprintf(stderr, "obek train: scheme %s: %zu names for %d segments; the last ones are not used\n", recipe->name.text,
                recipe->n_segments, learned->n_segments);
    for (size_t f = 0; good && f < recipe->n_features; f++)
        heights_of(&naming, recipe->features[f].name);
    if (good && learned->n_segments == 1 && learned->segments[0].id.len == 0)
        name_everyone(learned);
    for (int s = 0; good && s < learned->n_segments; s++)
        if (learned->segments[s].id.len == 0)
            name_by_features(&naming, s);
    for (size_t i = 0; i < naming.n; i++)
        free(naming.features[i].of);
    free(naming.features);
    return good;
}
