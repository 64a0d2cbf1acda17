/* A recipe: how a table of customers or of orders is read, cleaned and learned from (schemas/recipe.schema.json,
   docs/training.md). JSON with "obek_recipe": 1. */
#ifndef OBEK_TRAINER_RECIPE_H
#define OBEK_TRAINER_RECIPE_H

#include "hierarchy.h"
#include "obek/error.h"
#include "obek/model.h"
#include "purchase_model.h"
#include "rfm_fit.h"

#include <jansson.h>
#include <stdint.h>

#define RECIPE_BYTES_MAX (1024 * 1024)

enum recipe_rows { ROWS_CUSTOMERS, ROWS_ORDERS };

/* What a column of the input is to obek. Times are dates or instants. */
enum role {
    /* of a customer; of an order too */
    ROLE_CUSTOMER_ID,
    ROLE_CHANNEL,
    ROLE_CATEGORIES,
    /* of a customer: orders and values of either class of channel, or of both together */
    ROLE_ORDERS,
    ROLE_ORDERS_ONLINE,
    ROLE_ORDERS_OFFLINE,
    ROLE_VALUE,
    ROLE_VALUE_ONLINE,
    ROLE_VALUE_OFFLINE,
    ROLE_FIRST_AT,
    ROLE_LAST_AT,
    ROLE_LAST_ONLINE_AT,
    ROLE_LAST_OFFLINE_AT,
    /* of an order (contract, "An order") */
    ROLE_ORDER_ID,
    ROLE_KIND,
    ROLE_RETURN_ID,
    ROLE_OCCURRED_AT,
    ROLE_AMOUNT,
    ROLE_CURRENCY,
    /* a number of a customer that obek's state does not know */
    ROLE_ATTRIBUTE,
    ROLE_COUNT = ROLE_ATTRIBUTE
};
const char *role_name(enum role role);

struct recipe_column {
    enum role role;
    char *name;   /* the role's name, or the attribute's */
    char *header; /* the column's name in the file */
};

/* How the file is written. */
struct input_format {
    char separator; /* ' ': columns are separated by blanks, without quotes */
    char decimal;   /* '.' or ',' */
    char *encoding; /* for iconv */
    char *dates;    /* a pattern of strptime; NULL: RFC 3339 or a date */
    size_t n_header;
    char **header; /* names of the columns of a file without a header line */
    size_t n_missing;
    char **missing; /* texts that mean: no value; an empty cell always does */
};

/* The part of a recipe that a model carries as `input`, too. */
struct recipe_input {
    enum recipe_rows rows;
    struct input_format format;
    size_t n_columns;
    struct recipe_column *columns;
    size_t n_offline;
    char **offline; /* channels that count as offline */
    bool skip;      /* on_error: skip wrong lines instead of stopping at the first */
};

enum clean_what { CLEAN_MISSING, CLEAN_RANGE, CLEAN_CAP, CLEAN_DATES, CLEAN_DUPLICATES };
enum clean_then {
    THEN_DROP,
    THEN_MISSING,
    THEN_CLIP,
    THEN_MEDIAN,
    THEN_CONSTANT,
    THEN_KEEP_FIRST,
    THEN_KEEP_LAST,
    THEN_DROP_ALL
};

struct clean_step {
    enum clean_what what;
    enum clean_then then;
    size_t n_columns;
    char **columns;           /* names of roles or attributes */
    double constant;          /* THEN_CONSTANT */
    double low, high;         /* CLEAN_RANGE: bounds; CLEAN_CAP: quantiles */
    double factor;            /* CLEAN_CAP: times the distance of the two quantiles; 0: the quantiles themselves are the bounds */
    bool upper, lower, whole; /* CLEAN_CAP: which sides are capped; whole: caps are rounded to whole numbers */
};

enum scaler { SCALER_NONE, SCALER_MINMAX, SCALER_STANDARD, SCALER_ROBUST };

struct recipe_feature {
    enum feature feature; /* FEATURE_COUNT: an attribute */
    char *name;
    enum transform transform;
    enum scaler scaler;
    double low, high; /* clip; infinite when absent */
};

struct recipe_segment {
    struct name id;
    char *label_en, *label_tr; /* NULL: none given */
    size_t n_most;             /* naming by rule: features whose mean should be large... */
    struct {
        char *feature;
        double sign; /* ...or, with -1, small */
    } * most;
};

enum recipe_type { RECIPE_KMEANS, RECIPE_HIERARCHICAL, RECIPE_RFM, RECIPE_CLTV };

struct recipe_scheme {
    struct name name;
    enum recipe_type type;
    size_t n_segments;
    struct recipe_segment *segments; /* rfm, cltv: all, in order; kmeans, hierarchical: rules, may be none or too few */
    double hysteresis;               /* kmeans, hierarchical */
    size_t n_features;
    struct recipe_feature features[SCHEME_FEATURES_MAX];
    struct {
        int k_from, k_to; /* equal: no elbow */
        int starts;
        int silhouette_max; /* exact up to that many customers, else sampled; 0: SILHOUETTE_ROWS_DEFAULT */
    } kmeans;
    struct {
        enum linkage linkage;
        int k; /* 0: cut by height */
        double height;
        int dendrogram; /* the last merges to keep in metrics.json */
    } hierarchical;
    struct {
        bool rank; /* else frozen cut points */
        int scores;
        /* index of a segment by recency score - 1, then frequency score - 1: scores rows of as many; NULL: rfm_named_table */
        uint8_t *table;
    } rfm;
    struct {
        enum purchase_model_type process;
        bool all_orders;                            /* x counts all orders (frequency), not the repeated ones */
        bool merge_days;                            /* purchases of one day count as one */
        bool repeat_mean;                           /* the mean value leaves the first purchase out */
        double unit_days, round_units, round_money; /* rounding of times (in units) and of means; 0: none */
        double penalty, gamma_penalty;              /* 0: none */
        int months;
        double discount;
        size_t n_horizons;
        double horizons[8]; /* in units */
    } cltv;
};

struct recipe {
    char *name, *description; /* description may be NULL */
    char currency[4];
    int decimals;  /* of the currency */
    int64_t as_of; /* ms; TIME_NONE: the midnight after the last date of the input */
    struct recipe_input input;
    size_t n_cleaning;
    struct clean_step *cleaning;
    size_t n_schemes;
    struct recipe_scheme schemes[MODEL_SCHEMES_MAX];
    json_t *json; /* the document; for the model's `input` */
};

/* NULL with an error that names the file and the place in it: "r.json: schemes[0].k: ...". */
struct recipe *recipe_load(const char *path, struct error *error);
struct recipe *recipe_parse(struct slice json, const char *source, struct error *error);
void recipe_free(struct recipe *recipe);

/* Reads the members of an input (rows, format, columns, ...) from a model's `input`. */
bool recipe_input_from_model(struct recipe_input *input, json_t *json, struct error *error);
void recipe_input_free(struct recipe_input *input);
/* The members of an input, for a model's `input`; a new reference. */
json_t *recipe_input_json(const struct recipe *recipe);

#endif
