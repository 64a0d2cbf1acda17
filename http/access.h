/* Who may ask (docs/security.md). Pure. */
#ifndef OBEK_ACCESS_H
#define OBEK_ACCESS_H

#include <stdbool.h>

/* Does the header's value carry the token? "Bearer <token>"; the time taken does not depend on how much of it is right.
   authorization NULL: there is no such header. */
bool access_has_token(const char *authorization, const char *token);

/* Is that value of Host one that a program of this machine uses: localhost or an address? Another name is one of a web page that
   has its own name lead here (DNS rebinding). host NULL: there is no such header, so no browser asks. */
bool access_is_local_name(const char *host);

#endif
