#include "rfm_fit.h"

enum { HIBERNATING, AT_RISK, CANT_LOSE, ABOUT_TO_SLEEP, NEED_ATTENTION, LOYAL, PROMISING, NEW, POTENTIAL, CHAMPIONS };

const struct rfm_named rfm_named[RFM_NAMED] = {
    [HIBERNATING] = { "hibernating", "Hibernating", "Uyuyanlar" },
    [AT_RISK] = { "at_risk", "At risk", "Risk altındakiler" },
    [CANT_LOSE] = { "cant_lose", "Cannot lose them", "Kaybedilmemesi gerekenler" },
    [ABOUT_TO_SLEEP] = { "about_to_sleep", "About to sleep", "Uyumak üzere olanlar" },
    [NEED_ATTENTION] = { "need_attention", "Need attention", "İlgi bekleyenler" },
    [LOYAL] = { "loyal_customers", "Loyal customers", "Sadık müşteriler" },
    [PROMISING] = { "promising", "Promising", "Umut verenler" },
    [NEW] = { "new_customers", "New customers", "Yeni müşteriler" },
    [POTENTIAL] = { "potential_loyalists", "Potential loyalists", "Potansiyel sadıklar" },
    [CHAMPIONS] = { "champions", "Champions", "Şampiyonlar" },
};

const uint8_t rfm_named_table[5][5] = {
    { HIBERNATING, HIBERNATING, AT_RISK, AT_RISK, CANT_LOSE },
    { HIBERNATING, HIBERNATING, AT_RISK, AT_RISK, CANT_LOSE },
    { ABOUT_TO_SLEEP, ABOUT_TO_SLEEP, NEED_ATTENTION, LOYAL, LOYAL },
    { PROMISING, POTENTIAL, POTENTIAL, LOYAL, LOYAL },
    { NEW, POTENTIAL, POTENTIAL, CHAMPIONS, CHAMPIONS },
};
