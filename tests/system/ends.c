/* consumer/partition_ends.h for a test on real brokers: each line of stdin is a question.

   usage: ends FILE.properties
   Each line of stdout: {"number", "whole", "error", "took_ms", "ends": {"<topic>/<partition>": [low, end], ...}}; -1: no answer.
   Ends with its input, and then says how long that took: {"ended_ms"}. "?" asks and does not wait for the answer. */
#include "../../consumer/partition_ends.h"
#include "obek/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static void print(const struct ends_answer *answer, int64_t asked_ms) {
    printf("{\"number\": %" PRIu64 ", \"whole\": %s, \"error\": \"%s\", \"took_ms\": %" PRId64 ", \"ends\": {", answer->number,
           answer->whole ? "true" : "false", answer->error.text, monotonic_ms() - asked_ms);
    for (size_t i = 0; i < answer->n; i++)
        printf("%s\"%s/%" PRId32 "\": [%" PRId64 ", %" PRId64 "]", i == 0 ? "" : ", ", answer->items[i].topic,
               answer->items[i].partition, answer->items[i].low, answer->items[i].end);
    puts("}}");
    fflush(stdout);
}

static void ask(struct partition_ends *ends) {
    const struct timespec pause = { .tv_nsec = 1000000 };
    int64_t asked_ms = monotonic_ms();
    partition_ends_ask(ends);
    const struct ends_answer *answer;
    while ((answer = partition_ends_take(ends)) == NULL || answer->asked_ms < asked_ms)
        nanosleep(&pause, NULL);
    print(answer, asked_ms);
}

int main(int argc, char **argv) {
    struct error error;
    struct config *config = argc == 2 ? config_load(argv[1], NULL, 0, &error) : NULL;
    struct partition_ends *ends = config == NULL ? NULL : partition_ends_new(config, &error);
    if (ends == NULL) {
        fprintf(stderr, "ends: %s\n", argc == 2 ? error.text : "usage: ends FILE.properties");
        return 1;
    }
    char line[16];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (*line == '?')
            partition_ends_ask(ends);
        else
            ask(ends);
    }
    int64_t before = monotonic_ms();
    partition_ends_free(ends);
    printf("{\"ended_ms\": %" PRId64 "}\n", monotonic_ms() - before);
    config_free(config);
    return 0;
}
