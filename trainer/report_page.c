#include "report_page.h"
#include "json_text.h"
#include "report_html.h"

/* Without "<" nothing in a text can end the script element that holds it, or begin another (HTML, 4.12.1.3). In JSON it can only
   be in a text. */
static void print_escaped(FILE *out, struct slice json) {
    for (size_t i = 0; i < json.len; i++)
        if (json.data[i] == '<')
            fputs("\\u003c", out);
        else
            fputc(json.data[i], out);
}

void report_page_print(FILE *out, const json_t *data) {
    struct buffer json = { 0 };
    json_text(&json, data);
    fputs(report_html_head, out);
    print_escaped(out, buffer_slice(&json));
    fputs(report_html_tail, out);
    buffer_free(&json);
}
