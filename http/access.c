#include "access.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

/* Digests are of one length, whatever the token's is. */
static bool digest(const char *text, unsigned char out[EVP_MAX_MD_SIZE]) {
    unsigned len = 0;
    memset(out, 0, EVP_MAX_MD_SIZE);
    return EVP_Digest(text, strlen(text), out, &len, EVP_sha256(), NULL) == 1;
}

bool access_has_token(const char *authorization, const char *token) {
    unsigned char given[EVP_MAX_MD_SIZE], wanted[EVP_MAX_MD_SIZE];
    if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0)
        return false;
    authorization += 7 + strspn(authorization + 7, " ");
    return digest(authorization, given) && digest(token, wanted) && CRYPTO_memcmp(given, wanted, sizeof given) == 0;
}

bool access_is_local_name(const char *host) {
    char name[64];
    struct in_addr v4;
    if (host == NULL)
        return true;
    if (host[0] == '[') /* an address: no name has brackets */
        return true;
    size_t len = strcspn(host, ":");
    if (len >= sizeof name)
        return false;
    memcpy(name, host, len);
    name[len] = '\0';
    return strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &v4) == 1;
}
