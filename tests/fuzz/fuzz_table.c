/* A table's bytes, the first of which chooses the format: read into a frame, cleaned and added up, or an error. */
#include "../../trainer/customers.h"
#include "obek/file.h"
#include "obek/ledger.h"

#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COMMON "\"obek_recipe\":1,\"name\":\"f\",\"currency\":\"EUR\",\"schemes\":[{\"name\":\"r\",\"type\":\"rfm\"}]"
#define CUSTOMERS                                                                                                                \
    "\"rows\":\"customers\",\"columns\":{\"customer_id\":\"i\",\"orders\":\"n\",\"value\":\"v\",\"first_at\":\"f\",\"last_at\":" \
    "\"l\",\"categories\":\"c\"}"
#define ORDERS                                                                                                                   \
    "\"rows\":\"orders\",\"columns\":{\"customer_id\":\"i\",\"order_id\":\"n\",\"amount\":\"v\",\"occurred_at\":\"f\",\"kind\":" \
    "\"l\",\"channel\":\"c\"}"
#define HEADER "\"header\":[\"i\",\"n\",\"v\",\"f\",\"l\",\"c\"]"

static const char *const recipes[] = {
    "{" COMMON "," CUSTOMERS "}",
    "{" COMMON "," CUSTOMERS
    ",\"on_error\":\"skip\",\"format\":{\"separator\":\"semicolon\",\"decimal\":\"comma\"},\"cleaning\":[{"
    "\"step\":\"duplicates\"},{\"step\":\"dates\"},{\"step\":\"missing\",\"columns\":[\"value\"],\"then\":\"median\"},{\"step\":"
    "\"cap\",\"columns\":[\"orders\"]}]}",
    "{" COMMON "," ORDERS ",\"format\":{\"separator\":\"blank\",\"dates\":\"%Y%m%d\"," HEADER "}}",
    "{" COMMON "," ORDERS ",\"on_error\":\"skip\",\"format\":{\"encoding\":\"utf-16\"," HEADER "}}",
};
#define RECIPES (sizeof recipes / sizeof *recipes)

/* table_read takes a path: a file of this process, in memory where /dev/shm is. */
static const char *write_table(const uint8_t *data, size_t size) {
    static char path[] = "/dev/shm/obek-fuzz-table-XXXXXX";
    static int file = -1;
    if (file < 0 && (file = mkstemp(path)) < 0)
        abort();
    if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != (ssize_t)size)
        abort();
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct recipe *made[RECIPES];
    struct customers customers;
    struct error error;
    if (size == 0)
        return 0;
    size_t which = data[0] % RECIPES;
    if (made[which] == NULL && (made[which] = recipe_parse(slice_of(recipes[which]), "recipe", &error)) == NULL)
        abort();
    struct rejects rejects = { .skip = made[which]->input.skip, .path = "fuzz" };
    if (!customers_read(&customers, made[which], write_table(data + 1, size - 1), TIME_NONE, &rejects, &error))
        return 0;
    for (size_t i = 0; i < customers.frame.n; i++) {
        struct ledger_summary summary = customers_summary(&customers, i);
        if (summary_orders(&summary) < 1 || summary.first_at > summary.last_at || customers_id(&customers, i).len == 0)
            abort();
    }
    customers_free(&customers);
    return 0;
}
