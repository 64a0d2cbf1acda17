/* /api/v1/customers: what `obek show` and `obek explain` tell. */
#include "../lookup/explain_text.h"
#include "../lookup/show_json.h"
#include "routes.h"

#include <microhttpd.h>
#include <stdlib.h>

#define CUSTOMER_ID_BYTES_MAX 255

/* NULL: answered with what is the matter. */
static struct customer *find(struct answer *answer, const struct question *question) {
    struct error error;
    struct slice id = question->given[0];
    bool found = false;
    if (id.len > CUSTOMER_ID_BYTES_MAX) {
        answer_problem(answer, MHD_HTTP_BAD_REQUEST, "a customer id has 1 to %d bytes", CUSTOMER_ID_BYTES_MAX);
        return NULL;
    }
    struct customer *customer = xcalloc(1, sizeof *customer);
    bool ok = reading_customer(question->reading, id, customer, &found, &error);
    if (ok && found)
        return customer;
    free(customer);
    if (ok)
        answer_problem(answer, MHD_HTTP_NOT_FOUND, "there is no such customer");
    else
        answer_problem(answer,
                       redis_is_away(question->reading->store->redis) ? MHD_HTTP_SERVICE_UNAVAILABLE
                                                                      : MHD_HTTP_INTERNAL_SERVER_ERROR,
                       "%s", error.text);
    return NULL;
}

void answer_customer(struct answer *answer, const struct question *question) {
    struct customer *customer = find(answer, question);
    if (customer == NULL)
        return;
    answer_json(answer, show_json(question->reading, question->given[0], customer));
    free(customer);
}

/* In words too, where a language is asked for. */
static void add_words(json_t *json, struct explained *explained, enum language language) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return;
    explain_text(explained, language, out);
    fclose(out);
    json_object_set_new(json, "text", json_stringn(text, len));
    free(text);
}

static void explain(struct answer *answer, const struct question *question, const struct customer *customer, int64_t now,
                    const enum language *language) {
    struct explained explained;
    struct error error;
    struct catalogue *catalogue = catalogue_new();
    if (!catalogue_configure(catalogue, question->reading->config->campaign_catalogue,
                             &error)) { /* it could be read at the start */
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", error.text);
        catalogue_free(catalogue);
        return;
    }
    explaining_begin(&explained, question->reading, catalogue, question->given[0], customer, now);
    json_t *json = explain_json(&explained);
    if (language != NULL)
        add_words(json, &explained, *language);
    explaining_end(&explained);
    catalogue_free(catalogue);
    answer_json(answer, json);
}

void answer_explanation(struct answer *answer, const struct question *question) {
    struct reading *reading = question->reading;
    struct error error;
    const struct slice *lang = target_parameter(question->target, "lang");
    enum language language;
    int64_t now;
    if (lang != NULL && !language_parse(&language, lang->data))
        answer_problem(answer, MHD_HTTP_BAD_REQUEST, "lang is neither en nor tr");
    else if (reading->model == NULL)
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "no model is in force, or its file is not in Redis");
    else if (!explaining_now(reading, &now, &error))
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", error.text);
    if (answer->status != 0)
        return;
    struct customer *customer = find(answer, question);
    if (customer == NULL)
        return;
    explain(answer, question, customer, now, lang == NULL ? NULL : &language);
    free(customer);
}
