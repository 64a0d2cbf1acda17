#include "model_file_internal.h"

#include "obek/buffer.h"

static bool read_axes(const struct node *cuts, struct rfm *rfm, struct error *error) {
    static const char *const keys[] = { "recency_days", "frequency", "monetary", NULL };
    struct cuts *const axes[] = { &rfm->recency, &rfm->frequency, &rfm->monetary };
    if (!node_is_object(cuts, keys, error))
        return false;
    for (int i = 0; i < 3; i++) {
        struct node axis = node_member(cuts, keys[i]);
        if (!scheme_read_cuts(&axis, true, axes[i], error))
            return false;
    }
    struct node recency = node_member(cuts, "recency_days");
    if (rfm->recency.n > 0 && rfm->recency.at[0] == 0)
        return node_error(&recency, error, "a band from 0 to 0 days is nobody's: the first cut must exceed 0");
    return true;
}

static bool read_cell(const struct node *node, const struct scheme *scheme, uint8_t *segment, struct error *error) {
    struct name id;
    if (!node_name(node, &id, error))
        return false;
    int found = scheme_segment(scheme, &id);
    if (found < 0)
        return node_error(node, error, "the scheme has no segment \"%s\"", id.text);
    *segment = (uint8_t)found;
    return true;
}

/* One row for each recency score from 1 up, in it a segment for each frequency score. */
static bool read_table(const struct node *node, struct scheme *scheme, struct error *error) {
    size_t rows = (size_t)scheme->rfm.recency.n + 1, columns = (size_t)scheme->rfm.frequency.n + 1;
    if (!node_is_array(node, rows, rows, error))
        return false;
    scheme->rfm.table = xcalloc(rows * columns, sizeof *scheme->rfm.table);
    for (size_t r = 0; r < rows; r++) {
        struct node row = node_item(node, r);
        if (!node_is_array(&row, columns, columns, error))
            return false;
        for (size_t c = 0; c < columns; c++) {
            struct node cell = node_item(&row, c);
            if (!read_cell(&cell, scheme, &scheme->rfm.table[r * columns + c], error))
                return false;
        }
    }
    return true;
}

bool scheme_read_rfm(const struct node *node, struct scheme *scheme, struct error *error) {
    static const char *const keys[] = { "name", "type", "cuts", "table", "segments", NULL };
    static const char *const segment_keys[] = { "id", "label", NULL };
    struct node cuts = node_member(node, "cuts"), table = node_member(node, "table");
    struct node segments = node_member(node, "segments");
    return node_is_object(node, keys, error) && read_axes(&cuts, &scheme->rfm, error) &&
           scheme_read_segments(&segments, segment_keys, scheme, error) && read_table(&table, scheme, error);
}
