/* ISO 4217, list one of 2025 and the codes withdrawn since 2020 (history is fed too), by number of decimals. Codes without a
   minor unit (metals, funds for testing) are no currencies that an order can be paid in. */
#include "obek/money.h"

static const char decimals_0[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF "
                                 "XPF ";
static const char decimals_2[] = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND "
                                 "BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU "
                                 "CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
                                 "GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES "
                                 "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT "
                                 "MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB "
                                 "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
                                 "SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD "
                                 "TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG "
                                 "ZWL ";
static const char decimals_3[] = "BHD IQD JOD KWD LYD OMR TND ";
static const char decimals_4[] = "CLF UYW ";

static bool lists(const char *codes, struct slice code) {
    for (; *codes != '\0'; codes += 4)
        if (memcmp(codes, code.data, 3) == 0)
            return true;
    return false;
}

int currency_decimals(struct slice code) {
    if (code.len != 3 || memchr(code.data, ' ', 3) != NULL || memchr(code.data, '\0', 3) != NULL)
        return -1;
    if (lists(decimals_2, code))
        return 2;
    if (lists(decimals_0, code))
        return 0;
    if (lists(decimals_3, code))
        return 3;
    return lists(decimals_4, code) ? 4 : -1;
}
