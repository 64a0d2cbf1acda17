#include "kernels.h"

#include <math.h>
#include <stdbool.h>

/* any processor's: two doubles are a register of SSE2 and of NEON */
#define NAME "plain"
#define WIDTH 2
#define VARIANT(name) name##_plain
#define TARGET
#define ROOT(v)                                                                                                                  \
    __extension__({                                                                                                              \
        vector of = (v);                                                                                                         \
        (vector){ sqrt(of[0]), sqrt(of[1]) };                                                                                    \
    })
#include "kernels_body.h"

#ifdef __x86_64__
#include <immintrin.h>

#define NAME "avx2"
#define WIDTH 4
#define VARIANT(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#define ROOT(v) _mm256_sqrt_pd(v)
#include "kernels_body.h"

#define NAME "avx512"
#define WIDTH 8
#define VARIANT(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512dq")))
#define ROOT(v) _mm512_sqrt_pd(v)
#include "kernels_body.h"

const struct kernels *kernels_variant(size_t i) {
    const struct kernels *const all[] = {
        &kernels_plain,
        __builtin_cpu_supports("avx2") ? &kernels_avx2 : NULL,
        __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? &kernels_avx512 : NULL,
    };
    return i < sizeof all / sizeof all[0] ? all[i] : NULL;
}
#else
const struct kernels *kernels_variant(size_t i) {
    return i == 0 ? &kernels_plain : NULL;
}
#endif

const struct kernels *kernels(void) {
    size_t i = 0;
    while (kernels_variant(i + 1) != NULL)
        i++;
    return kernels_variant(i);
}

void lane_least_begin(struct lane_least *least, double limit) {
    for (size_t lane = 0; lane < LANES; lane++) {
        least->value[lane] = limit;
        least->tile[lane] = 0;
    }
}

size_t lane_least_row(const struct lane_least *least, double *value) {
    size_t best = 0;
    for (size_t lane = 1; lane < LANES; lane++)
        if (least->value[lane] < least->value[best] ||
            (least->value[lane] == least->value[best] && least->tile[lane] < least->tile[best]))
            best = lane;
    *value = least->value[best];
    return (size_t)least->tile[best] * LANES + best;
}
