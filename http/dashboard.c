/* The dashboard: a page that holds no data of its own and asks the rest of the API for them. */
#include "dashboard_html.h"
#include "obek/config.h"
#include "obek/version.h"
#include "routes.h"

#include <microhttpd.h>

/* Anybody may have the page; it has to know that it must ask for a token, because asking without one is an error to browsers. */
void answer_dashboard(struct answer *answer, const struct question *question) {
    answer_text(answer, MHD_HTTP_OK, "text/html; charset=utf-8", dashboard_html_head);
    buffer_printf(&answer->body, "{\"version\":\"%s\",\"token\":%s}\n", OBEK_VERSION,
                  question->config->http_token[0] == '\0' ? "false" : "true");
    buffer_append_text(&answer->body, dashboard_html_tail);
}
