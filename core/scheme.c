#include "cltv.h"
#include "kmeans.h"
#include "must.h"
#include "rfm.h"

struct scheme_answer scheme_evaluate(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major,
                                     int present, int64_t now) {
    switch (scheme->type) {
    case SCHEME_KMEANS:
        return kmeans_evaluate(scheme, summary, minor_per_major, present, now);
    case SCHEME_RFM:
        return rfm_evaluate(scheme, summary, minor_per_major, now);
    case SCHEME_CLTV:
        return cltv_evaluate(scheme, summary, minor_per_major, now);
    }
    __builtin_trap();
}

int scheme_values(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now,
                  struct scheme_value values[SCHEME_VALUES_MAX]) {
    switch (scheme->type) {
    case SCHEME_KMEANS:
        return kmeans_values(scheme, summary, minor_per_major, now, values);
    case SCHEME_RFM:
        return rfm_values(scheme, summary, minor_per_major, now, values);
    case SCHEME_CLTV:
        return cltv_values(scheme, summary, minor_per_major, now, values);
    }
    __builtin_trap();
}

double scheme_cltv(const struct scheme *scheme, const struct ledger_summary *summary, double minor_per_major, int64_t now) {
    MUST(scheme->type == SCHEME_CLTV);
    struct buyer buyer = buyer_of(&scheme->cltv, summary, minor_per_major);
    return buyer_value(&buyer, now);
}
