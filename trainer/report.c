#include "report.h"
#include "../codec/json_node.h"
#include "../codec/table_reader.h"
#include "json_text.h"
#include "obek/catalogue.h"
#include "obek/file.h"
#include "obek/model_file.h"
#include "obek/utf8.h"
#include "report_page.h"
#include "report_parts.h"

#include <errno.h>
#include <stdlib.h>

#define METRICS_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define GROUPS_MAX 30 /* channels, and categories: the ones with most customers */
#define GROUP_NAME_MAX 120

struct report {
    const struct report_options *options;
    struct catalogue *catalogue;
    json_t *metrics;
    struct model *model;
    struct report_rows rows;
};

bool report_language_known(const char *language) {
    return strcmp(language, "en") == 0 || strcmp(language, "tr") == 0;
}

static char *path_of(const struct report *report, const char *name) {
    struct buffer path = { 0 };
    buffer_printf(&path, "%s/%s", report->options->folder, name);
    return path.data;
}

static bool read_metrics(struct report *report, struct error *error) {
    char *path = path_of(report, "metrics.json");
    report->metrics = json_document_load(path, METRICS_BYTES_MAX, error);
    const json_t *schemes = json_object_get(report->metrics, "schemes");
    bool good = report->metrics != NULL;
    if (good && (json_integer_value(json_object_get(report->metrics, "obek_metrics")) != 1 || !json_is_array(schemes) ||
                 json_array_size(schemes) == 0))
        good = error_set(error, "%s: not written by obek train", path);
    free(path);
    return good;
}

/* The built-in one, before it the recipe's, before that the user's. */
static bool read_catalogue(struct report *report, struct error *error) {
    const char *path = report->options->catalogue;
    json_t *of_recipe = json_object_get(report->metrics, "campaigns");
    report->catalogue = catalogue_new();
    catalogue_add_built_in(report->catalogue);
    return (of_recipe == NULL || catalogue_add(report->catalogue, of_recipe, "metrics.json: campaigns", error)) &&
           (path == NULL || catalogue_load(report->catalogue, path, error));
}

static bool read_inputs(struct report *report, struct error *error) {
    if (!read_metrics(report, error) || !read_catalogue(report, error))
        return false;
    char *model = path_of(report, "model.json"), *segments = path_of(report, "segments.csv");
    report->model = model_load_to_look_at(model, error);
    bool good =
        report->model != NULL && report_rows_read(&report->rows, segments, json_object_get(report->metrics, "schemes"), error);
    free(model);
    free(segments);
    return good;
}

static bool take_profile(json_t *rows, const struct slice *cells, size_t n) {
    json_t *row = json_array();
    for (size_t c = 0; c < n; c++) {
        char *end;
        double number = strtod(cells[c].data, &end);
        if (cells[c].len == 0)
            json_array_append_new(row, json_null());
        else if (c < 2 || end != cells[c].data + cells[c].len)
            json_array_append_new(row, json_stringn(cells[c].data, cells[c].len));
        else
            json_array_append_new(row, json_real(number));
    }
    return json_array_append_new(rows, row) == 0;
}

static bool profile_header(void *context, const struct slice *cells, size_t n, struct error *error) {
    json_t *names = json_array();
    (void)error;
    for (size_t c = 0; c < n; c++)
        json_array_append_new(names, json_stringn(cells[c].data, cells[c].len));
    json_object_set_new(context, "columns", names);
    return true;
}

static bool profile_row(void *context, const struct slice *cells, size_t n, uint32_t line, struct error *error) {
    (void)line;
    return take_profile(json_object_get(context, "rows"), cells, n) || error_set(error, "not UTF-8");
}

/* profiles.csv as it is: {columns, rows}. */
static json_t *profiles_json(const struct report *report, struct error *error) {
    json_t *json = json_pack("{s:[], s:[]}", "columns", "rows");
    const struct table_format format = { .separator = ',', .has_header = true };
    const struct table_visitor visitor = { .context = json, .header = profile_header, .row = profile_row };
    char *path = path_of(report, "profiles.csv");
    if (!table_read(path, &format, &visitor, error)) {
        json_decref(json);
        json = NULL;
    }
    free(path);
    return json;
}

static int by_customers(const void *a, const void *b) {
    const json_t *one = json_object_get(*(json_t *const *)a, "customers"),
                 *two = json_object_get(*(json_t *const *)b, "customers");
    return (json_integer_value(one) < json_integer_value(two)) - (json_integer_value(one) > json_integer_value(two));
}

/* The greatest groups, with names that a page can bear: [{name, customers, orders, value}]. */
static json_t *groups_json(json_t *groups) {
    size_t n = 0;
    const char *name;
    json_t *group, **list = xcalloc(json_object_size(groups) + 1, sizeof(json_t *)), *json = json_array();
    json_object_foreach(groups, name, group) {
        struct slice shown = utf8_cut(slice_of(name), GROUP_NAME_MAX);
        list[n] = json_pack("{s:s%}", "name", shown.data, shown.len);
        json_object_update_missing(list[n++], group);
    }
    qsort(list, n, sizeof *list, by_customers);
    for (size_t i = 0; i < n; i++)
        if (i < GROUPS_MAX)
            json_array_append_new(json, list[i]);
        else
            json_decref(list[i]);
    free(list);
    return json;
}

/* metrics.json, less what may be long and is not shown. */
static void shorten(json_t *metrics) {
    json_t *exploration = json_object_get(metrics, "exploration"), *column;
    size_t i;
    json_object_del(metrics, "campaigns"); /* the segments' entries are enough */
    json_array_foreach(json_object_get(exploration, "columns"), i, column) {
        json_object_del(column, "top");
    }
    json_object_set_new(exploration, "channels", groups_json(json_object_get(exploration, "channels")));
    json_object_set_new(exploration, "categories", groups_json(json_object_get(exploration, "categories")));
}

static const struct scheme *model_scheme_of(const struct report *report, const char *name) {
    struct name wanted;
    if (!name_set(&wanted, slice_of(name)))
        return NULL;
    return model_scheme(report->model, &wanted);
}

/* What is added to each scheme of metrics.json. */
static json_t *parts_json(const struct report *report) {
    const json_t *schemes = json_object_get(report->metrics, "schemes");
    json_t *list = json_array();
    for (size_t s = 0; s < json_array_size(schemes); s++) {
        const char *name = json_string_value(json_object_get(json_array_get(schemes, s), "name"));
        json_t *crossed = json_array();
        for (size_t other = 0; other < json_array_size(schemes); other++)
            json_array_append_new(crossed, other == s ? json_null() : report_crossed(&report->rows, (int)s, (int)other));
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o}", "top", report_top(&report->rows, (int)s), "scaled",
                                              report_scaled(&report->rows, model_scheme_of(report, name)), "grid",
                                              report_grid(&report->rows, (int)s), "heat", report_heat(&report->rows, (int)s),
                                              "crossed", crossed));
    }
    return list;
}

/* The entries of the catalogue for the segments: [scheme][segment], and the campaigns they name. */
static json_t *catalogue_json(const struct report *report) {
    json_t *entries = json_array(), *campaigns = json_object(), *scheme, *segment, *id;
    size_t s, g, i;
    json_array_foreach(json_object_get(report->metrics, "schemes"), s, scheme) {
        json_t *list = json_array();
        json_array_foreach(json_object_get(scheme, "segments"), g, segment) {
            const json_t *entry = catalogue_entry(report->catalogue, json_string_value(json_object_get(scheme, "name")),
                                                  json_string_value(json_object_get(segment, "id")));
            json_array_append_new(list, entry != NULL ? json_deep_copy(entry) : json_null());
            json_array_foreach(json_object_get(entry, "campaigns"), i, id) {
                const json_t *campaign = catalogue_campaign(report->catalogue, json_string_value(id));
                if (campaign != NULL)
                    json_object_set_new(campaigns, json_string_value(id), json_deep_copy(campaign));
            }
        }
        json_array_append_new(entries, list);
    }
    return json_pack("{s:o, s:o}", "segments", entries, "campaigns", campaigns);
}

static json_t *report_json(struct report *report, struct error *error) {
    json_t *profiles = profiles_json(report, error);
    if (profiles == NULL)
        return NULL;
    shorten(report->metrics);
    return json_pack("{s:i, s:s, s:O, s:o, s:o, s:o, s:o, s:o}", "obek_report", 1, "language", report->options->language,
                     "metrics", report->metrics, "profiles", profiles, "parts", parts_json(report), "sample",
                     report_sample(&report->rows), "spread", report_spread(&report->rows), "catalogue", catalogue_json(report));
}

static bool put_page(const struct report *report, const json_t *json, struct error *error) {
    struct new_file file = { 0 };
    char *path = path_of(report, "report.html");
    bool good = new_file_open(&file, path, error);
    if (good) {
        report_page_print(file.out, json);
        good = new_file_commit(&file, error);
    }
    free(path);
    return good;
}

static void report_free(struct report *report) {
    catalogue_free(report->catalogue);
    json_decref(report->metrics);
    model_free(report->model);
    report_rows_free(&report->rows);
}

bool report_write(const struct report_options *options, struct error *error) {
    struct report report = { .options = options };
    json_t *json = NULL;
    bool good = read_inputs(&report, error) && (json = report_json(&report, error)) != NULL && put_page(&report, json, error);
    json_decref(json);
    report_free(&report);
    return good;
}
