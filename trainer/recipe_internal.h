/* The parts of the recipe's reader. Private to trainer/recipe*.c. */
#ifndef OBEK_TRAINER_RECIPE_INTERNAL_H
#define OBEK_TRAINER_RECIPE_INTERNAL_H

#include "../codec/json_node.h"
#include "recipe.h"

/* The keys of a recipe that belong to its input; NULL-terminated. */
extern const char *const recipe_input_keys[];

/* One of n words, by its index; a slip gets the nearest one as a suggestion. */
bool node_word(const struct node *node, const char *const *words, size_t n, int *index, struct error *error);
/* Members that may be missing: the target then keeps its value. */
bool member_word(const struct node *parent, const char *key, const char *const *words, size_t n, int *index, struct error *error);
bool member_flag(const struct node *parent, const char *key, bool *flag, struct error *error);
bool member_number(const struct node *parent, const char *key, double low, double high, double *number, struct error *error);
bool member_whole(const struct node *parent, const char *key, int low, int high, int *number, struct error *error);
bool member_copy(const struct node *parent, const char *key, char **text, struct error *error);
/* An array of texts, none of them empty unless `empty`. */
bool member_texts(const struct node *parent, const char *key, bool empty, char ***texts, size_t *n, struct error *error);
void texts_free(char **texts, size_t n);

bool recipe_read_input(const struct node *root, struct recipe_input *input, struct error *error);
bool recipe_read_cleaning(const struct node *node, struct recipe *recipe, struct error *error);
bool recipe_read_schemes(const struct node *node, struct recipe *recipe, struct error *error);
/* The names of the input's columns, attributes included, and those that orders become. */
bool recipe_has_column(const struct recipe *recipe, const char *name);
/* Says which column is meant perhaps. */
bool recipe_no_column(const struct node *node, const struct recipe *recipe, const char *name, struct error *error);

bool recipe_read_segments(const struct node *node, const struct recipe *recipe, struct recipe_scheme *scheme,
                          struct error *error);
void recipe_scheme_free(struct recipe_scheme *scheme);

#endif
