/* obek report: the report of what obek train found, written anew. */
#include "../trainer/report.h"
#include "obek/command.h"
#include "obek/options.h"
#include "obek/printing.h"

static const struct command_usage usage = {
    .name = "report",
    .operands = "FOLDER",
    .about = "Writes FOLDER/report.html anew from the files that obek train left there: one page that needs no network,\n"
             "with the segments, what to do about each, and how they were found. obek train writes it too; this is for\n"
             "another language to begin with, or another campaign catalogue.",
    .examples = "obek report flo --lang tr\n"
                "obek report flo --campaigns my-campaigns.json",
    .exits = "1  a file of the folder is missing or not what obek train wrote",
};

static int run(const struct report_options *options) {
    struct error error;
    if (report_write(options, &error)) {
        fprintf(stderr, "obek report: %s/report.html\n", options->folder);
        return EXIT_DONE;
    }
    fputs("obek report: ", stderr);
    print_text(stderr, slice_of(error.text)); /* it may hold what a file holds */
    fputc('\n', stderr);
    return EXIT_FAILED;
}

int command_report(int argc, char **argv) {
    struct report_options report = { .language = "en" };
    const struct command_option options[] = {
        { .name = "lang",
          .argument = "en|tr",
          .help = "the language the page begins with (default en)",
          .text = &report.language },
        { .name = "campaigns",
          .argument = "FILE",
          .help = "a campaign catalogue, before the built-in one",
          .text = &report.catalogue },
    };
    int first, status;
    if (!options_parse(argc, argv, &usage, options, sizeof options / sizeof options[0], &first, &status))
        return status;
    if (argc - first != 1)
        return options_wrong(&usage, "one folder is needed");
    if (!report_language_known(report.language))
        return options_wrong(&usage, "--lang %s: en or tr", report.language);
    report.folder = argv[first];
    return run(&report);
}
