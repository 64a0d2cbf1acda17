/* Gamma's relatives against 40-digit numbers. */
#include "../../trainer/special.h"
#include "core_fixture.h"

static void log_beta_does_not_cancel(void **state) {
    (void)state;
    static const struct {
        double a, b, value;
    } cases[] = {
        { 0.5, 0.25, 1.6571065161914822 },    { 1e-07, 3, 16.118095500958326 },
        { 3, 1e-09, 20.723265835446411 },     { 2.5, 7.25, -4.905336618839304 },
        { 9.99, 10.01, -13.736218710401053 }, { 0.3, 1e6, -3.0488550675711995 },
        { 1e-05, 1e8, 11.512735486088436 },   { 12, 15, -18.568172732389435 },
        { 900, 9.3, -52.052993155519915 },    { 917.15000000000009, 0.47, -2.5722914979399648 },
        { 1e6, 1e6, -1386300.0033629211 },    { 1e8, 0.001, 6.8887582046448963 },
        { 2e8, 3e5, -2250917.3249271187 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double tolerance = 1e-14 * fmax(1, fabs(cases[i].value));
        assert_near(log_beta(cases[i].a, cases[i].b), cases[i].value, tolerance);
        assert_near(log_beta(cases[i].b, cases[i].a), cases[i].value, tolerance);
    }
}

static void derivatives_of_log_gamma(void **state) {
    (void)state;
    static const struct {
        double x, first, second;
    } cases[] = {
        { 1e-07, -10000000.577215501, 100000000000001.65 },
        { 0.01, -100.56088545786867, 10001.621213528313 },
        { 0.5, -1.9635100260214235, 4.9348022005446793 },
        { 1, -0.57721566490153286, 1.6449340668482264 },
        { 1.4616321449683622, -9.2412655217294275e-17, 0.96767224544762125 },
        { 2, 0.42278433509846714, 0.64493406684822644 },
        { 3.75, 1.1825373886117962, 0.30533985269025308 },
        { 9.999, 2.2516474172057353, 0.10517738667672886 },
        { 10, 2.2517525890667211, 0.10516633568168575 },
        { 25.5, 3.2189424728839198, 0.039994669649562924 },
        { 1000, 6.9072551956488121, 0.0010005001666666333 },
        { 1e9, 20.723265836446411, 1.0000000005e-9 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_near(digamma(cases[i].x), cases[i].first, 1e-14 * fmax(1, fabs(cases[i].first)));
        assert_near(trigamma(cases[i].x), cases[i].second, 1e-14 * cases[i].second);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(log_beta_does_not_cancel), cmocka_unit_test(derivatives_of_log_gamma) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
