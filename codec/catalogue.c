#include "obek/catalogue.h"
#include "campaigns_json.h"
#include "json_node.h"
#include "obek/buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 10000
#define LIST_MAX 50
#define DOCUMENTS_MAX 3 /* built-in, of a recipe, of a user */

struct catalogue {
    int n;
    json_t *documents[DOCUMENTS_MAX]; /* the one that counts first at the end */
};

/* {"en", "tr"}: one of them at least. */
static bool check_text(const struct node *words, struct error *error) {
    static const char *const known[] = { "en", "tr", NULL };
    if (!node_is_object(words, known, error))
        return false;
    for (int i = 0; i < 2; i++) {
        struct node member = node_member(words, known[i]);
        if (member.json != NULL && json_string_length(member.json) == 0)
            return node_error(&member, error, "expected a text");
    }
    return json_object_size(words->json) > 0 || node_error(words, error, "expected \"en\" or \"tr\"");
}

static bool check_words(const struct node *parent, const char *key, bool required, struct error *error) {
    struct node words = node_member(parent, key);
    return (words.json == NULL && !required) || check_text(&words, error);
}

static bool check_names(const struct node *parent, const char *key, struct error *error) {
    struct node list = node_member(parent, key);
    struct name name;
    if (list.json == NULL)
        return true;
    if (!node_is_array(&list, 1, LIST_MAX, error))
        return false;
    for (size_t i = 0; i < json_array_size(list.json); i++) {
        struct node item = node_item(&list, i);
        if (!node_name(&item, &name, error))
            return false;
    }
    return true;
}

static bool check_actions(const struct node *entry, struct error *error) {
    struct node actions = node_member(entry, "actions");
    if (actions.json == NULL)
        return true;
    if (!node_is_array(&actions, 1, LIST_MAX, error))
        return false;
    for (size_t i = 0; i < json_array_size(actions.json); i++) {
        struct node action = node_item(&actions, i);
        if (!check_text(&action, error))
            return false;
    }
    return true;
}

static bool check_campaign(const struct node *campaign, struct error *error) {
    static const char *const known[] = { "id", "name", "about", NULL };
    struct node id = node_member(campaign, "id");
    struct name name;
    return node_is_object(campaign, known, error) && node_name(&id, &name, error) && check_words(campaign, "name", true, error) &&
           check_words(campaign, "about", false, error);
}

static bool check_entry(const struct node *entry, struct error *error) {
    static const char *const known[] = { "id", "scheme", "traits", "goal", "next", "actions", "products", "campaigns", NULL };
    struct node id = node_member(entry, "id"), scheme = node_member(entry, "scheme");
    struct name name;
    if (!node_is_object(entry, known, error))
        return false;
    if ((id.json == NULL) == (json_object_get(entry->json, "traits") == NULL))
        return node_error(entry, error, "either \"id\" or \"traits\" says which segments are meant");
    return (id.json == NULL || node_name(&id, &name, error)) && (scheme.json == NULL || node_name(&scheme, &name, error)) &&
           check_names(entry, "traits", error) && check_words(entry, "goal", false, error) &&
           check_words(entry, "next", false, error) && check_actions(entry, error) &&
           check_words(entry, "products", false, error) && check_names(entry, "campaigns", error);
}

static bool check_list(const struct node *document, const char *key, bool (*check)(const struct node *, struct error *),
                       struct error *error) {
    struct node list = node_member(document, key);
    if (list.json == NULL)
        return true;
    if (!node_is_array(&list, 0, ITEMS_MAX, error))
        return false;
    for (size_t i = 0; i < json_array_size(list.json); i++) {
        struct node item = node_item(&list, i);
        if (!check(&item, error))
            return false;
    }
    return true;
}

static bool check_document(json_t *json, struct error *error) {
    static const char *const known[] = { "$schema", "obek_campaigns", "campaigns", "segments", NULL };
    struct node document = { .json = json };
    struct node format = node_member(&document, "obek_campaigns");
    if (!node_is_object(&document, known, error))
        return false;
    if (!json_is_integer(format.json) || json_integer_value(format.json) != 1)
        return node_error(&format, error, "expected 1: the format of the catalogue");
    return check_list(&document, "campaigns", check_campaign, error) && check_list(&document, "segments", check_entry, error);
}

struct catalogue *catalogue_new(void) {
    return xcalloc(1, sizeof(struct catalogue));
}

static void put(struct catalogue *catalogue, json_t *json) {
    assert(catalogue->n < DOCUMENTS_MAX);
    catalogue->documents[catalogue->n++] = json_incref(json);
}

void catalogue_add_built_in(struct catalogue *catalogue) {
    struct error error;
    json_t *json = json_document(slice_of(campaigns_json), &error);
    assert(json != NULL); /* a test reads it */
    put(catalogue, json);
    json_decref(json);
}

bool catalogue_add(struct catalogue *catalogue, json_t *json, const char *source, struct error *error) {
    if (!check_document(json, error))
        return error_context(error, "%s", source);
    put(catalogue, json);
    return true;
}

bool catalogue_parse(struct catalogue *catalogue, struct slice bytes, const char *source, struct error *error) {
    json_t *json = json_document(bytes, error);
    bool good = json != NULL ? catalogue_add(catalogue, json, source, error) : error_context(error, "%s", source);
    json_decref(json);
    return good;
}

bool catalogue_load(struct catalogue *catalogue, const char *path, struct error *error) {
    json_t *json = json_document_load(path, CATALOGUE_BYTES_MAX, error);
    json_t *own = json_object_get(json, "obek_recipe") != NULL ? json_object_get(json, "campaigns") : json;
    bool good = json != NULL && (own != NULL || error_set(error, "%s: a recipe without campaigns", path)) &&
                catalogue_add(catalogue, own, path, error);
    json_decref(json);
    return good;
}

bool catalogue_configure(struct catalogue *catalogue, const char *setting, struct error *error) {
    if (strcmp(setting, "built-in") == 0)
        catalogue_add_built_in(catalogue);
    else if (*setting != '\0' && !catalogue_load(catalogue, setting, error))
        return error_context(error, "campaign.catalogue");
    return true;
}

void catalogue_free(struct catalogue *catalogue) {
    for (int i = 0; catalogue != NULL && i < catalogue->n; i++)
        json_decref(catalogue->documents[i]);
    free(catalogue);
}

static bool is(const json_t *object, const char *key, const char *text) {
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL && strcmp(value, text) == 0;
}

/* "a-b-c" has the parts a, b, c. */
static bool has_part(const char *id, const char *part) {
    size_t len = strlen(part);
    for (const char *at = strstr(id, part); at != NULL; at = strstr(at + 1, part))
        if ((at == id || at[-1] == '-') && (at[len] == '\0' || at[len] == '-'))
            return true;
    return false;
}

static bool has_traits(const char *segment, const json_t *traits) {
    size_t i;
    const json_t *trait;
    json_array_foreach(traits, i, trait) if (!has_part(segment, json_string_value(trait))) return false;
    return json_array_size(traits) > 0;
}

/* How well an entry fits: 0 not at all; by id better than by traits, by more traits better than by fewer, of two such the one
   that names the scheme. */
static size_t fit_of(const json_t *entry, const char *scheme, const char *segment) {
    const json_t *traits = json_object_get(entry, "traits");
    bool names_scheme = json_object_get(entry, "scheme") != NULL;
    if (names_scheme && !is(entry, "scheme", scheme))
        return 0;
    if (is(entry, "id", segment))
        return SIZE_MAX - !names_scheme;
    return has_traits(segment, traits) ? 2 * json_array_size(traits) + names_scheme : 0;
}

const json_t *catalogue_entry(const struct catalogue *catalogue, const char *scheme, const char *segment) {
    for (int d = catalogue->n - 1; d >= 0; d--) {
        const json_t *best = NULL, *entry;
        size_t fit = 0;
        size_t i;
        json_array_foreach(json_object_get(catalogue->documents[d], "segments"), i, entry) {
            size_t here = fit_of(entry, scheme, segment);
            if (here > fit) {
                fit = here;
                best = entry;
            }
        }
        if (best != NULL)
            return best;
    }
    return NULL;
}

const json_t *catalogue_campaigns(const struct catalogue *catalogue, const char *scheme, const char *segment) {
    return json_object_get(catalogue_entry(catalogue, scheme, segment), "campaigns");
}

const json_t *catalogue_campaign(const struct catalogue *catalogue, const char *id) {
    for (int d = catalogue->n - 1; d >= 0; d--) {
        size_t i;
        const json_t *campaign;
        json_array_foreach(json_object_get(catalogue->documents[d], "campaigns"), i, campaign) {
            if (is(campaign, "id", id))
                return campaign;
        }
    }
    return NULL;
}
