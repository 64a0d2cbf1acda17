/* Any bytes as a model file: a model that can be asked, or an error that names the source; never a crash. */
#include "obek/model_file.h"
#include "obek/scheme.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was accepted must answer for a plain customer. */
static void ask(const struct model *model) {
    struct ledger_summary summary = { .online = { .orders = 2, .value = 12345, .first_at = 0, .last_at = MS_PER_DAY },
                                      .first_at = 0,
                                      .last_at = MS_PER_DAY };
    for (int i = 0; i < model->n_schemes; i++) {
        const struct scheme *scheme = &model->schemes[i];
        struct scheme_answer answer = scheme_evaluate(scheme, &summary, model->minor_per_major, -1, 3 * MS_PER_DAY);
        assert(answer.segment >= 0 && answer.segment < scheme->n_segments);
        assert(answer.margin >= 0 && answer.margin <= 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct error error;
    struct model *model = model_parse((struct slice){ (const char *)data, size }, "fuzz", &error);
    if (model != NULL)
        ask(model);
    else
        assert(strncmp(error.text, "fuzz: ", 6) == 0);
    model_free(model);
    return 0;
}
