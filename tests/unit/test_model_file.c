/* The model file: what is read, what is refused and with which words, and its golden probes. */
#include "obek/buffer.h"
#include "obek/model_file.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define MODEL_PATH "config/models/flo-kmeans7.json"

static const char good[] =
    "{\"obek_model\":1,\"name\":\"m\",\"version\":\"1\",\"created\":\"2021-06-01\",\"currency\":\"TRY\","
    "\"trained_on\":{\"anything\":[1]},\"schemes\":[{\"name\":\"k\",\"type\":\"kmeans\",\"hysteresis\":0.1,"
    "\"features\":[{\"name\":\"recency_days\",\"transform\":\"log1p\",\"clip\":[null,365],\"offset\":0.5,\"factor\":2},"
    "{\"name\":\"monetary\",\"offset\":0,\"factor\":0.01}],"
    "\"segments\":[{\"id\":\"near\",\"label\":{\"en\":\"Near\",\"tr\":\"Yak\xc4\xb1n\"},\"centroid\":[0,1]},"
    "{\"id\":\"far\",\"centroid\":[3,5]}]}],"
    "\"probes\":[{\"orders\":[{\"at\":\"2021-01-01T00:00:00Z\",\"amount\":\"100.00\",\"offline\":true}],"
    "\"now\":1609459200000,\"expect\":{\"k\":{\"segment\":\"near\",\"due\":\"2021-01-20T02:03:10.391Z\"}}}],\"input\":{}}";

/* A grid of 3 x 2 x 1 scores, and two bands. */
static const char good_others[] =
    "{\"obek_model\":1,\"name\":\"m\",\"version\":\"1\",\"created\":\"2021-06-01\",\"currency\":\"TRY\",\"schemes\":["
    "{\"name\":\"r\",\"type\":\"rfm\",\"cuts\":{\"recency_days\":[30,30.5],\"frequency\":[2],\"monetary\":[]},"
    "\"table\":[[\"lost\",\"lost\"],[\"lost\",\"was_good\"],[\"new\",\"good\"]],"
    "\"segments\":[{\"id\":\"lost\"},{\"id\":\"was_good\"},{\"id\":\"new\"},{\"id\":\"good\",\"label\":{\"en\":\"Good\"}}]},"
    "{\"name\":\"v\",\"type\":\"cltv\",\"x\":\"frequency\",\"m\":\"avg_order_value\",\"caps\":{\"orders_online\":5,"
    "\"value_offline\":99.5},\"bgnbd\":{\"r\":0.25,\"alpha\":4.5,\"a\":0.75,\"b\":2.5},\"gamma_gamma\":{\"p\":6.25,\"q\":3.75,"
    "\"v\":15.5},\"unit_days\":7,\"months\":6,\"discount\":0.01,\"cuts\":[50],\"segments\":[{\"id\":\"low\"},{\"id\":\"high\"}]}]"
    "}";

/* `text` with its first `from` replaced by `to`. */
static char *replaced(const char *good_text, const char *from, const char *to) {
    const char *at = strstr(good_text, from);
    if (at == NULL)
        fail_msg("the model has no %s", from);
    struct buffer text = { 0 };
    buffer_append(&text, good_text, (size_t)(at - good_text));
    buffer_append_text(&text, to);
    buffer_append(&text, at + strlen(from), strlen(at + strlen(from)) + 1);
    return text.data;
}

static char *changed(const char *from, const char *to) {
    return replaced(good, from, to);
}

static struct model *parsed(const char *text) {
    struct error error = { "" };
    struct model *model = model_parse(slice_of(text), "m.json", &error);
    if (model == NULL)
        fail_msg("%s", error.text);
    return model;
}

static void reads_a_good_model(void **state) {
    (void)state;
    struct model *model = parsed(good);
    assert_string_equal(model->name, "m");
    assert_string_equal(model->version, "1");
    assert_string_equal(model->currency, "TRY");
    assert_true(model->minor_per_major == 100);
    assert_int_equal(model->number, -1);
    assert_true(model->in_force_from == TIME_NONE);
    assert_int_equal(model->n_schemes, 1);
    assert_int_equal(model->n_probes, 1);
    const struct scheme *scheme = &model->schemes[0];
    const struct kmeans *kmeans = &scheme->kmeans;
    assert_int_equal(scheme->type, SCHEME_KMEANS);
    assert_int_equal(scheme->n_segments, 2);
    assert_string_equal(scheme->segments[0].id.text, "near");
    assert_string_equal(scheme->segments[0].label_tr, "Yak\xc4\xb1n");
    assert_null(scheme->segments[1].label_en);
    assert_true(kmeans->hysteresis == 0.1);
    assert_int_equal(kmeans->n_features, 2);
    assert_int_equal(kmeans->features[0].feature, FEATURE_RECENCY_DAYS);
    assert_int_equal(kmeans->features[0].transform, TRANSFORM_LOG1P);
    assert_true(kmeans->features[0].low == -INFINITY && kmeans->features[0].high == 365);
    assert_true(kmeans->features[0].offset == 0.5 && kmeans->features[0].factor == 2);
    assert_int_equal(kmeans->features[1].transform, TRANSFORM_NONE);
    assert_true(isinf(kmeans->features[1].high));
    assert_true(kmeans->centroids[2] == 3 && kmeans->centroids[3] == 5);
    assert_true(kmeans->distances[0] == 0 && kmeans->distances[1] == 25 && kmeans->distances[2] == 25);
    model_free(model);
}

static void reads_the_other_types(void **state) {
    (void)state;
    struct model *model = parsed(good_others);
    const struct rfm *rfm = &model->schemes[0].rfm;
    const struct cltv *cltv = &model->schemes[1].cltv;
    assert_int_equal(model->schemes[0].type, SCHEME_RFM);
    assert_int_equal(rfm->recency.n, 2);
    assert_true(rfm->recency.at[1] == 30.5 && rfm->frequency.at[0] == 2);
    assert_int_equal(rfm->monetary.n, 0);
    assert_memory_equal(rfm->table, ((uint8_t[]){ 0, 0, 0, 1, 2, 3 }), 6);
    assert_string_equal(model->schemes[0].segments[3].label_en, "Good");
    assert_int_equal(model->schemes[1].type, SCHEME_CLTV);
    assert_int_equal(cltv->x, FEATURE_FREQUENCY);
    assert_true(cltv->orders_online_cap == 5 && cltv->value_offline_cap == 99.5 && isinf(cltv->orders_offline_cap));
    assert_true(cltv->bgnbd.r == 0.25 && cltv->bgnbd.alpha == 4.5 && cltv->bgnbd.a == 0.75 && cltv->bgnbd.b == 2.5);
    assert_true(cltv->gamma_gamma.p == 6.25 && cltv->gamma_gamma.q == 3.75 && cltv->gamma_gamma.v == 15.5);
    assert_true(cltv->unit_days == 7 && cltv->months == 6 && cltv->discount == 0.01);
    assert_true(cltv->cuts.n == 1 && cltv->cuts.at[0] == 50 && model->schemes[1].n_segments == 2);
    model_free(model);
    char *text = replaced(good_others,
                          "\"x\":\"frequency\",\"m\":\"avg_order_value\",\"caps\":{\"orders_online\":5,\"value_offline\":99.5},",
                          "\"caps\":{\"orders_online\":null},");
    model = parsed(text);
    assert_int_equal(model->schemes[1].cltv.x, FEATURE_REPEAT_FREQUENCY);
    assert_true(isinf(model->schemes[1].cltv.orders_online_cap));
    model_free(model);
    free(text);
}

static void fingerprints_the_bytes(void **state) {
    (void)state;
    struct error error;
    FILE *tool = popen("sha256sum " MODEL_PATH, "r");
    assert_non_null(tool);
    char expected[65] = "";
    assert_int_equal(fread(expected, 1, 64, tool), 64);
    pclose(tool);
    struct model *model = model_load(MODEL_PATH, &error);
    assert_non_null(model);
    assert_string_equal(model->sha256, expected);
    model_free(model);
}

static void shipped_models_meet_their_probes(void **state) {
    (void)state;
    static const struct {
        const char *path;
        int schemes, segments;
    } shipped[] = { { MODEL_PATH, 1, 7 }, { "config/models/flo-rfm.json", 1, 10 }, { "config/models/flo-all.json", 3, 7 } };
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        struct error error;
        struct model *model = model_load(shipped[i].path, &error);
        if (model == NULL)
            fail_msg("%s", error.text);
        assert_int_equal(model->n_probes, 8);
        assert_int_equal(model->n_schemes, shipped[i].schemes);
        assert_int_equal(model->schemes[0].n_segments, shipped[i].segments);
        model_free(model);
    }
}

static void currencies_differ_in_decimals(void **state) {
    (void)state;
    char *text = changed("\"TRY\"", "\"KWD\"");
    struct model *model = parsed(text);
    assert_true(model->minor_per_major == 1000);
    model_free(model);
    free(text);
}

/* A slip in `good`, and the words it must be refused with. */
static const struct bad {
    const char *from, *to, *message;
} bad[] = {
    { "{\"obek_model\":1,", "{", "m.json: obek_model: missing: this is no model file of obek" },
    { "\"obek_model\":1", "\"obek_model\":2", "obek_model: the file has format 2, this obek reads up to 1: a newer obek" },
    { "\"obek_model\":1", "\"obek_model\":\"1\"", "obek_model: the format's number is needed (1)" },
    { "\"obek_model\":1", "\"obek_model\":1,\"color\":1", "m.json: unknown key \"color\"" },
    { "\"obek_model\":1", "\"obek_model\":1,\"obek_model\":1", "duplicate object key" },
    { "\"input\":{}", "\"input\":{},\"probe\":[]", "unknown key \"probe\" (did you mean \"probes\"?)" },
    { "\"input\":{}", "\"input\":[]", "input: an object is needed, not an array" },
    { "\"input\":{}", "\"input\":{},\"servable\":false,\"servable_reason\":\"rank scores\"",
      "servable: the model says that it cannot be served: rank scores" },
    { "\"input\":{}", "\"servable\":1", "servable: true or false is needed, not an integer" },
    { "\"name\":\"m\",", "", "m.json: name: missing (a string is needed)" },
    { "\"name\":\"m\"", "\"name\":\"\"", "name: 1 to 255 bytes are needed, not 0" },
    { "\"name\":\"m\"", "\"name\":\"a\\u001bb\"", "name: control characters are not allowed" },
    { "\"name\":\"m\"", "\"name\":\"a\\u0000b\"", "\\u0000 is not allowed" },
    { "\"version\":\"1\"", "\"version\":1", "version: a string is needed, not an integer" },
    { "\"2021-06-01\"", "\"June\"", "created: " },
    { "\"TRY\"", "\"TRL2\"", "currency: \"TRL2\" is no currency of ISO 4217" },
    { "\"schemes\":[{", "\"schemes\":[],\"x\":[{", "unknown key \"x\"" },
    { "\"type\":\"kmeans\"", "\"type\":\"rfm\"", "schemes[0]: unknown key \"hysteresis\"" },
    { "\"type\":\"kmeans\"", "\"type\":\"cltv\"", "schemes[0]: unknown key \"hysteresis\"" },
    { "\"type\":\"kmeans\"", "\"type\":\"tree\"", "schemes[0].type: there is no scheme type \"tree\" (kmeans, rfm, cltv)" },
    { "\"name\":\"k\"", "\"name\":\"k m\"", "schemes[0].name: \"k m\" is no valid id" },
    { "\"hysteresis\"", "\"hysterisis\"", "schemes[0]: unknown key \"hysterisis\" (did you mean \"hysteresis\"?)" },
    { "\"hysteresis\":0.1", "\"hysteresis\":0.5", "schemes[0].hysteresis: 0.5 is not in [0, 0.5)" },
    { "\"hysteresis\":0.1", "\"hysteresis\":-0.1", "schemes[0].hysteresis: -0.1 is not in [0, 0.5)" },
    { "\"recency_days\"", "\"recency\"", "schemes[0].features[0].name: there is no feature \"recency\"" },
    { "\"monetary\"", "\"recency_days\"", "schemes[0].features[1]: the feature \"recency_days\" is named twice" },
    { "\"monetary\"", "\"recency_online_days\"", "schemes[0].features[1].clip: recency_online_days is infinite without" },
    { "\"monetary\"", "\"recency_offline_days\"", "schemes[0].features[1].clip: recency_offline_days is infinite without" },
    { "\"log1p\"", "\"log\"", "schemes[0].features[0].transform: \"log\" is no transform (none, log1p, sqrt)" },
    { "[null,365]", "[null]", "schemes[0].features[0].clip: 2 items are needed, not 1" },
    { "[null,365]", "[400,365]", "schemes[0].features[0].clip: the lower bound 400 exceeds the upper one, 365" },
    { "[null,365]", "[null,-1]", "schemes[0].features[0].clip: log1p needs values above -1" },
    { "\"log1p\",\"clip\":[null,365]", "\"sqrt\",\"clip\":[null,-0.5]", "schemes[0].features[0].clip: sqrt needs values of at" },
    { "[null,365]", "[null,\"365\"]", "schemes[0].features[0].clip[1]: a number is needed, not a string" },
    { "\"factor\":2", "\"factor\":1e300", "schemes[0].features[0]: offset and factor give scaled values beyond 1e+100" },
    { "\"factor\":2", "\"factor\":1e999", "real number overflow" },
    { "\"factor\":2", "\"factor\":NaN", "m.json: line 1, column" },
    { ",\"factor\":2", "", "schemes[0].features[0].factor: missing (a number is needed)" },
    { "[0,1]", "[0,1,2]", "schemes[0].segments[0].centroid: 2 items are needed, not 3" },
    { "[0,1]", "[0,\"1\"]", "schemes[0].segments[0].centroid[1]: a number is needed, not a string" },
    { "[0,1]", "[3,5]", "schemes[0].segments[1].centroid: equals the centroid of \"near\"" },
    { "[0,1]", "[0,1e101]", "schemes[0].segments[0].centroid[1]: 1e+101 lies beyond 1e+100" },
    { "\"far\"", "\"near\"", "schemes[0].segments[1].id: there are two segments \"near\"" },
    { "\"id\":\"far\",", "", "schemes[0].segments[1].id: missing (a string is needed)" },
    { "\"tr\":", "\"de\":", "schemes[0].segments[0].label: unknown key \"de\"" },
    { "\"expect\":{\"k\":", "\"expect\":{\"q\":", "probes[0].expect: the model has no scheme \"q\"" },
    { "{\"k\":{\"segment\":\"near\",\"due\":\"2021-01-20T02:03:10.391Z\"}}", "{}",
      "probes[0].expect: at least one scheme is needed" },
    { "\"segment\":\"near\"", "\"segment\":\"far\"",
      "probes[0].expect.k.segment: the probe expects \"far\", the model says \"near\"" },
    { "\"segment\":\"near\"", "\"segment\":\"mid\"", "probes[0].expect.k.segment: the scheme has no segment \"mid\"" },
    { "\"due\":\"2021-01-20T02:03:10.391Z\"", "\"due\":\"2021-01-20T02:03:10.393Z\"",
      "probes[0].expect.k.due: the probe expects 2021-01-20T02:03:10.393Z, the model says 2021-01-20T02:03:10.391Z" },
    { "\"due\":\"2021-01-20T02:03:10.391Z\"", "\"due\":null",
      "probes[0].expect.k.due: the probe expects never, the model says 2021-01-20T02:03:10.391Z" },
    { "\"amount\":\"100.00\"", "\"amount\":\"100.001\"", "probes[0].orders[0].amount: " },
    { "\"amount\":\"100.00\"", "\"amount\":100.0", "probes[0].orders[0].amount: a string is needed, not a number" },
    { "2021-01-01T00:00:00Z", "2021-01-01T00:00:00", "probes[0].orders[0].at: \"2021-01-01T00:00:00\" is no instant" },
    { "2021-01-01T00:00:00Z", "2021-01-01T00:00:01Z", "probes[0].now: lies before the last order" },
    { "\"now\":1609459200000", "\"now\":9223372036854775807", "probes[0].now: the instant is out of range" },
    { "\"orders\":[{", "\"orders\":[],\"x\":[{", "probes[0]: unknown key \"x\"" },
};

static void refuses(const char *text, size_t len, const char *message) {
    struct error error = { "" };
    struct model *model = model_parse((struct slice){ text, len }, "m.json", &error);
    if (model != NULL)
        fail_msg("taken, instead of: %s", message);
    if (strstr(error.text, message) == NULL)
        fail_msg("\"%s\" instead of \"%s\"", error.text, message);
}

static void refuses_bad_models(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *text = changed(bad[i].from, bad[i].to);
        refuses(text, strlen(text), bad[i].message);
        free(text);
    }
}

/* Once it was tried to evaluate them, which traps. */
static void attributes_have_no_probes(void **state) {
    (void)state;
    char *offline = changed("\"input\":{}", "\"input\":{},\"servable\":false,\"servable_reason\":\"attributes\"");
    char *text = replaced(offline, "\"monetary\"", "\"income\"");
    refuses(text, strlen(text), "m.json: probes: orders do not tell the attributes of this model: it can have no probes");
    free(text);
    free(offline);
}

static const struct bad bad_others[] = {
    { "\"recency_days\":[30,30.5],", "", "schemes[0].cuts.recency_days: missing (an array is needed)" },
    { "\"monetary\":[]", "\"monetary\":[],\"tenure\":[]", "schemes[0].cuts: unknown key \"tenure\"" },
    { "[30,30.5]", "[30,29]", "schemes[0].cuts.recency_days[1]: 29 is not at least 30: cuts are positive and ascend" },
    { "[30,30.5]", "[-1,30]", "schemes[0].cuts.recency_days[0]: -1 is not at least 0" },
    { "[30,30.5]", "[0,30]", "schemes[0].cuts.recency_days: a band from 0 to 0 days is nobody's" },
    { "[30,30.5]", "[30,\"x\"]", "schemes[0].cuts.recency_days[1]: a number is needed, not a string" },
    { "[30,30.5]", "[30]", "schemes[0].table: 2 items are needed, not 3" },
    { "[\"lost\",\"lost\"]", "[\"lost\"]", "schemes[0].table[0]: 2 items are needed, not 1" },
    { "[\"lost\",\"lost\"]", "[\"lost\",\"lots\"]", "schemes[0].table[0][1]: the scheme has no segment \"lots\"" },
    { "[\"lost\",\"lost\"]", "[\"lost\",1]", "schemes[0].table[0][1]: a string is needed, not an integer" },
    { "{\"id\":\"lost\"}", "{\"id\":\"lost\",\"centroid\":[1]}", "schemes[0].segments[0]: unknown key \"centroid\"" },
    { "\"x\":\"frequency\"", "\"x\":\"monetary\"", "schemes[1].x: \"monetary\" is neither frequency nor repeat_frequency" },
    { "\"avg_order_value\"", "\"monetary\"", "schemes[1].m: \"monetary\" is not avg_order_value" },
    { "\"orders_online\":5", "\"orders_online\":0", "schemes[1].caps.orders_online: 0 is not in [1, 1e+15]" },
    { "\"orders_online\":5", "\"orders_online\":5.5", "schemes[1].caps.orders_online: 5.5 is no whole number of orders" },
    { "\"orders_online\":5", "\"orders_onlin\":5",
      "schemes[1].caps: unknown key \"orders_onlin\" (did you mean \"orders_online\"?)" },
    { "\"value_offline\":99.5", "\"value_offline\":-1", "schemes[1].caps.value_offline: -1 is not in [0, 1e+15]" },
    { "\"r\":0.25", "\"r\":0", "schemes[1].bgnbd.r: 0 is not in (0, 1e+06]" },
    { "\"alpha\":4.5", "\"alpha\":-4.5", "schemes[1].bgnbd.alpha: -4.5 is not in (0, 1e+07]" },
    { "\"alpha\":4.5", "\"alpha\":0.001",
      "schemes[1].bgnbd.alpha: 0.001 units are 0.007 days: neither above 1e+07 nor less than" },
    { "\"alpha\":4.5", "\"alpha\":1e7", "schemes[1].bgnbd.alpha: 1e+07 units are 7e+07 days" },
    { "\"a\":0.75", "\"a\":1001", "schemes[1].bgnbd.a: 1001 is not in [0, 1000]" },
    { "\"b\":2.5", "\"b\":0", "schemes[1].bgnbd.b: 0 is not in [1e-09, 1e+06]" },
    { ",\"b\":2.5", "", "schemes[1].bgnbd.b: missing (a number is needed)" },
    { "\"p\":6.25,\"q\":3.75", "\"p\":0.5,\"q\":0.5",
      "schemes[1].gamma_gamma: a customer of one order would have no mean value: p + q" },
    { "\"v\":15.5", "\"v\":0", "schemes[1].gamma_gamma.v: 0 is not in (0, 1e+15]" },
    { "\"unit_days\":7", "\"unit_days\":0", "schemes[1].unit_days: 0 is not in (0, 366]" },
    { "\"months\":6", "\"months\":0", "schemes[1].months: 0 is not in [1, 120]" },
    { "\"months\":6", "\"months\":6.5", "schemes[1].months: 6.5 is no whole number of months" },
    { "\"discount\":0.01", "\"discount\":-0.01", "schemes[1].discount: -0.01 is not in [0, 1]" },
    { "\"cuts\":[50]", "\"cuts\":[0]", "schemes[1].cuts[0]: 0 is not above 0" },
    { "\"cuts\":[50]", "\"cuts\":[50,50]", "schemes[1].cuts[1]: 50 is not above 50" },
    { "\"cuts\":[50]", "\"cuts\":[50,60]", "schemes[1].segments: 2 cuts make 3 segments, not 2" },
    { "\"x\":\"frequency\",\"m\":\"avg_order_value\"", "\"hysteresis\":0", "schemes[1]: unknown key \"hysteresis\"" },
};

static void refuses_bad_models_of_other_types(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_others / sizeof *bad_others; i++) {
        char *text = replaced(good_others, bad_others[i].from, bad_others[i].to);
        refuses(text, strlen(text), bad_others[i].message);
        free(text);
    }
    /* repeat_frequency starts at 0: q alone must give a mean */
    char *text = replaced(good_others, "\"x\":\"frequency\",", ""), *less = replaced(text, "\"q\":3.75", "\"q\":1");
    refuses(less, strlen(less), "schemes[1].gamma_gamma: a customer of one order would have no mean value: q must exceed 1");
    free(less);
    free(text);
}

static void refuses_what_is_no_model(void **state) {
    (void)state;
    refuses("", 0, "m.json: line 1");
    refuses(NULL, 0, "m.json: line 1");
    refuses("[]", 2, "m.json: an object is needed");
    refuses(good, sizeof good - 2, "m.json: line 1");
    refuses("{\"obek_model\":1,\"\xff\":1}", 21, "unable to decode byte 0xff");
    struct error error = { "" };
    assert_null(model_load("config/models/no-such.json", &error));
    assert_string_equal(error.text, "config/models/no-such.json: No such file or directory");
    assert_null(model_load("config", &error));
    assert_string_equal(error.text, "config: Is a directory");
}

/* Every file cut short is refused, whatever is read by then is freed. */
static void refuses_every_truncation(void **state) {
    (void)state;
    for (size_t len = 0; len < sizeof good - 2; len++)
        refuses(good, len, "m.json: line 1");
    for (size_t len = 0; len < sizeof good_others - 2; len++)
        refuses(good_others, len, "m.json: line 1");
}

static void refuses_too_many(void **state) {
    (void)state;
    struct buffer text = { 0 };
    buffer_append_text(&text,
                       "{\"obek_model\":1,\"name\":\"m\",\"version\":\"1\",\"created\":\"2021-06-01\",\"currency\":\"TRY\","
                       "\"schemes\":[{\"name\":\"k\",\"type\":\"kmeans\",\"features\":[{\"name\":\"monetary\",\"offset\":0,"
                       "\"factor\":1}],\"segments\":[");
    for (int i = 0; i < 256; i++)
        buffer_printf(&text, "%s{\"id\":\"s%d\",\"centroid\":[%d]}", i > 0 ? "," : "", i, i);
    buffer_append_text(&text, "]}]}");
    refuses(text.data, text.len, "schemes[0].segments: 1 to 255 items are needed, not 256");
    buffer_clear(&text);
    memset(buffer_reserve(&text, MODEL_FILE_BYTES_MAX + 1), ' ', MODEL_FILE_BYTES_MAX + 1);
    refuses(text.data, MODEL_FILE_BYTES_MAX + 1, "bytes, more than 16777216");
    buffer_free(&text);
}

/* The due time of the probe is held against the model, to 1 ms. Scaled recency runs from 0: the customer leaves `near` when the
   plain feature passes the bisector and the hysteresis. */
static void probes_hold_due_times(void **state) {
    (void)state;
    static const char form[] =
        "{\"obek_model\":1,\"name\":\"m\",\"version\":\"1\",\"created\":\"2021-06-01\",\"currency\":\"TRY\",\"schemes\":[{"
        "\"name\":\"k\",\"type\":\"kmeans\",\"hysteresis\":0.25,\"features\":[{\"name\":\"recency_days\",\"offset\":0,"
        "\"factor\":1}],\"segments\":[{\"id\":\"near\",\"centroid\":[0]},{\"id\":\"far\",\"centroid\":[4]}]}],"
        "\"probes\":[{\"orders\":[{\"at\":0,\"amount\":\"1\"}],\"now\":0,"
        "\"expect\":{\"k\":{\"segment\":\"near\",\"due\":%lld}}}]}";
    /* bisector at 2 days, moved by a quarter of 4 days: leaves 1 ms after 3 days */
    const long long due = 3 * 86400000LL + 1;
    char text[1024];
    for (long long away = -2; away <= 2; away++) {
        snprintf(text, sizeof text, form, due + away);
        struct error error = { "" };
        struct model *model = model_parse(slice_of(text), "m.json", &error);
        if ((model != NULL) != (away >= -1 && away <= 1))
            fail_msg("%lld ms away: %s", away, model != NULL ? "taken" : error.text);
        model_free(model);
    }
}

static bool same_number(const json_t *a, const json_t *b) {
    double x = json_number_value(a), y = json_number_value(b);
    return x == y || fabs(x - y) <= 1e-13 * fabs(x); /* log1p differs in its last bit between C libraries */
}

static bool same(const json_t *a, const json_t *b) {
    if (json_is_number(a) && json_is_number(b))
        return same_number(a, b);
    if (json_is_array(a) && json_is_array(b)) {
        bool all = json_array_size(a) == json_array_size(b);
        for (size_t i = 0; all && i < json_array_size(a); i++)
            all = same(json_array_get(a, i), json_array_get(b, i));
        return all;
    }
    if (json_is_object(a) && json_is_object(b)) {
        bool all = json_object_size(a) == json_object_size(b);
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)a, key, value) {
            all = all && same(value, json_object_get(b, key));
        }
        return all;
    }
    return json_equal(a, b) != 0;
}

static void is_what_the_script_makes(const char *name, const char *shared) {
    struct buffer text = { 0 };
    buffer_printf(&text, "python3 tests/make_flo_model.py %s '%s'", name, shared);
    buffer_append(&text, "", 1);
    FILE *script = popen(text.data, "r");
    assert_non_null(script);
    json_t *made = json_loadf(script, 0, NULL);
    assert_int_equal(pclose(script), 0);
    buffer_clear(&text);
    buffer_printf(&text, "config/models/%s.json", name);
    buffer_append(&text, "", 1);
    json_t *shipped = json_load_file(text.data, 0, NULL);
    assert_non_null(made);
    assert_non_null(shipped);
    if (!same(made, shipped))
        fail_msg("%s is not what the script makes", text.data);
    json_decref(made);
    json_decref(shipped);
    buffer_free(&text);
}

static void shipped_models_are_what_the_script_makes(void **state) {
    (void)state;
    const char *shared = getenv("OBEK_SHARED") != NULL ? getenv("OBEK_SHARED") : "../shared";
    struct buffer data = { 0 };
    buffer_printf(&data, "%s/oracles/flo_kmeans7_centers.csv", shared);
    buffer_append(&data, "", 1);
    bool there = access(data.data, R_OK) == 0;
    if (!there)
        print_message("SKIPPED: %s is not there, so the shipped models are not made anew\n", data.data);
    buffer_free(&data);
    if (!there)
        skip();
    is_what_the_script_makes("flo-kmeans7", shared);
    is_what_the_script_makes("flo-rfm", shared);
    is_what_the_script_makes("flo-all", shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_good_model),
        cmocka_unit_test(reads_the_other_types),
        cmocka_unit_test(fingerprints_the_bytes),
        cmocka_unit_test(shipped_models_meet_their_probes),
        cmocka_unit_test(currencies_differ_in_decimals),
        cmocka_unit_test(refuses_bad_models),
        cmocka_unit_test(attributes_have_no_probes),
        cmocka_unit_test(refuses_bad_models_of_other_types),
        cmocka_unit_test(refuses_what_is_no_model),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(refuses_too_many),
        cmocka_unit_test(probes_hold_due_times),
        cmocka_unit_test(shipped_models_are_what_the_script_makes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
