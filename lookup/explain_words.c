#include "explain_words.h"
#include "obek/printing.h"

#include <assert.h>

static const char *const sentences[SENTENCE_COUNT][LANGUAGE_COUNT] = {
    [SAY_HEAD] = { "customer %1 at %2 (model %3, version %4, number %5)",
                   "müşteri %1, %2 itibarıyla (model %3, sürüm %4, numara %5)" },
    [SAY_OTHER_MODEL] = { "They were last evaluated with model number %1; what follows is the answer of the one in force.",
                          "Son değerlendirme %1 numaralı modelle yapıldı; aşağıdakiler yürürlükteki modelin yanıtıdır." },
    [SAY_TOTALS] = { "%1 orders worth %2 %3, the last one %4 days ago", "%1 sipariş, toplam %2 %3; sonuncusu %4 gün önce" },
    [SAY_NO_ORDERS] = { "They have no live order, so they are in no segment.",
                        "Geçerli siparişi yok, bu yüzden hiçbir segmentte değil." },
    [SAY_PENDING] = { "\nnot written yet (comes with the next tick or order)",
                      "\nhenüz yazılmadı (bir sonraki saat vuruşuyla veya siparişle gelir)" },
    [SAY_SEGMENT] = { "\n%1: %2 since %3, for %4 days", "\n%1: %2; başlangıç %3, %4 gündür" },
    [SAY_KMEANS] = { "  Why: of all segments it lies nearest; the next is %1. Margin %2 (0: on the border, 1: far from it).",
                     "  Neden: en yakın segment bu; ondan sonraki %1. Pay %2 (0: sınırda, 1: sınırdan uzak)." },
    [SAY_KMEANS_ALONE] = { "  Why: %1 is the only segment.", "  Neden: tek segment %1." },
    [SAY_KEPT] = { "  Why: %1 lies nearer by %2, but a move takes more than %3 (hysteresis), so they stay.",
                   "  Neden: %1 %2 kadar daha yakın, ama geçiş için %3 değerinden fazlası gerekir (histerezis); bu yüzden "
                   "kalıyor." },
    [SAY_HYSTERESIS] = { "  They move to %1 once it is nearer by more than %2 (hysteresis).",
                         "  %1 segmentine ancak o %2 değerinden daha fazla yakınsa geçer (histerezis)." },
    [SAY_PARTS] = { "  What speaks for %1 (+) and for %2 (-), as parts of the difference of the squared distances, %3 in all:",
                    "  %1 (+) ve %2 (-) lehine olanlar; uzaklık kareleri farkının payları, toplam %3:" },
    [SAY_PART_HEAD] = { "FEATURE|VALUE|TYPICAL HERE|TYPICAL THERE|PART", "ÖZELLİK|DEĞER|BURADA TİPİK|ORADA TİPİK|PAY" },
    [SAY_SCORE] = { "  %1 is %2: score %3 of %4 (%5)", "  %1 = %2: puan %3 / %4 (%5)" },
    [SAY_SCORE_UNUSED] = { "  %1 is %2: score %3 of %4 (%5); it does not count for the segment",
                           "  %1 = %2: puan %3 / %4 (%5); segmenti etkilemez" },
    [SAY_RFM] = { "  Why: a recency score of %1 and a frequency score of %2 make %3.",
                  "  Neden: yenilik puanı %1 ve sıklık puanı %2 birlikte şu segmenti verir: %3." },
    [SAY_CLTV] = { "  Why: they are expected to be worth %1 %2 over the next %3 months.",
                   "  Neden: önümüzdeki %3 ayda beklenen değer %1 %2." },
    [SAY_CLTV_MADE_OF] = { "  Still active with a probability of %1 %; %2 purchases expected, of %3 each.",
                           "  Hâlâ etkin olma olasılığı % %1; beklenen alışveriş sayısı %2, her biri %3." },
    [SAY_CLTV_BOUGHT] = { "  Taken from %1 purchases so far and a mean order of %2.",
                          "  Dayanak: şimdiye kadar %1 alışveriş ve ortalama %2 tutarında sipariş." },
    [SAY_CLTV_LOWER] = { "  %1 above the cut at %2; below it is %3.", "  %2 sınırının %1 üzerinde; altında %3 var." },
    [SAY_CLTV_UPPER] = { "  %1 below the cut at %2; above it is %3.", "  %2 sınırının %1 altında; üstünde %3 var." },
    [SAY_MORE_STAYS] = { "  One more order of %1 %2 (%3) now: they stay in %4, margin %5.",
                         "  Şimdi %1 %2 tutarında bir sipariş daha (%3): %4 segmentinde kalır, pay %5." },
    [SAY_MORE_MOVES] = { "  One more order of %1 %2 (%3) now: they move to %4, margin %5.",
                         "  Şimdi %1 %2 tutarında bir sipariş daha (%3): %4 segmentine geçer, pay %5." },
    [SAY_MORE_TOO_MUCH] = { "  One more order of the usual size cannot be counted: the value would not fit.",
                            "  Olağan büyüklükte bir sipariş daha sayılamaz: toplam değer sığmaz." },
    [SAY_ADVICE] = { "  What to do: %1.", "  Yapılacak: %1." },
    [SAY_CAMPAIGNS] = { "  Campaigns: %1.", "  Kampanyalar: %1." },
    [SAY_NEXT] = { "  If nothing happens: to %1 at %2, in %3 days.",
                   "  Hiçbir şey olmazsa: %2 anında, %3 gün sonra %1 segmentine." },
    [SAY_NEVER] = { "  If nothing happens: they stay; time alone does not move them.",
                    "  Hiçbir şey olmazsa: kalır; geçen zaman tek başına yerini değiştirmez." },
    [SAY_CHANGES] = { "\nlast changes", "\nson değişiklikler" },
    [SAY_ENTRY] = { "  %1 %2: came into %3 because of %4", "  %1 %2: %3 segmentine girdi; neden: %4" },
    [SAY_MOVE] = { "  %1 %2: from %3 to %4 because of %5", "  %1 %2: %3 segmentinden %4 segmentine geçti; neden: %5" },
    [SAY_LEAVE] = { "  %1 %2: left %3 because of %4", "  %1 %2: %3 segmentinden ayrıldı; neden: %4" },
    [SAY_ONLINE] = { "online", "çevrimiçi" },
    [SAY_OFFLINE] = { "offline", "mağaza" },
};

static const char *const causes[][LANGUAGE_COUNT] = {
    [CAUSE_ORDER] = { "an order", "sipariş" },       [CAUSE_CANCELLATION] = { "a cancellation", "iptal" },
    [CAUSE_RETURN] = { "a return", "iade" },         [CAUSE_TIME] = { "time going by", "geçen zaman" },
    [CAUSE_MODEL] = { "a new model", "yeni model" }, [CAUSE_IMPORT] = { "an import", "içe aktarma" },
    [CAUSE_ERASE] = { "an erasure", "silme" },
};

bool language_parse(enum language *language, const char *text) {
    static const char *const names[LANGUAGE_COUNT] = { "en", "tr" };
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        if (strcmp(text, names[i]) == 0) {
            *language = (enum language)i;
            return true;
        }
    return false;
}

const char *sentence_text(enum sentence sentence, enum language language) {
    return sentences[sentence][language];
}

const char *cause_words(enum cause cause, enum language language) {
    static const char *const other[LANGUAGE_COUNT] = { "something else", "başka bir neden" };
    bool known = (size_t)cause < sizeof causes / sizeof causes[0];
    return known ? causes[cause][language] : other[language];
}

void say(FILE *out, enum sentence sentence, enum language language, const char *const *arguments, size_t n) {
    for (const char *at = sentence_text(sentence, language); *at != '\0'; at++) {
        if (*at != '%' || at[1] < '1' || at[1] > '9') {
            putc(*at, out);
            continue;
        }
        size_t i = (size_t)(*++at - '1');
        assert(i < n);
        print_text(out, slice_of(arguments[i]));
    }
    putc('\n', out);
}
