/* A recipe's bytes: an error, or a recipe that can be freed and whose input reads back from a model. */
#include "../../trainer/recipe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct error error;
    struct recipe *recipe = recipe_parse((struct slice){ (const char *)data, size }, "fuzz", &error);
    if (recipe == NULL)
        return 0;
    struct recipe_input input;
    json_t *json = recipe_input_json(recipe);
    if (!recipe_input_from_model(&input, json, &error) || input.n_columns != recipe->input.n_columns)
        abort();
    recipe_input_free(&input);
    json_decref(json);
    recipe_free(recipe);
    return 0;
}
