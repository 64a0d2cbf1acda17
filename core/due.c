#include "cltv.h"
#include "kmeans.h"
#include "rfm.h"

struct due scheme_due(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int present,
                      int64_t after) {
    int64_t until = after > TIME_NEVER - 1 - DUE_HORIZON_MS ? TIME_NEVER - 1 : after + DUE_HORIZON_MS;
    switch (scheme->type) {
    case SCHEME_KMEANS:
        return kmeans_due(scheme, summary, minor_per_major, present, after, until);
    case SCHEME_RFM:
        return rfm_due(scheme, summary, present, after, until);
    case SCHEME_CLTV:
        return cltv_due(scheme, summary, minor_per_major, present, after, until);
    }
    __builtin_trap();
}
