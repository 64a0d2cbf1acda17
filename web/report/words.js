import { metrics, view } from "./data.js";
import { short } from "./dom.js";

// [English, Turkish]; {0}, {1} are filled in.
const WORDS = {
    title: ["Customer segments", "Müşteri segmentleri"],
    under: ["{0} · as of {1} · from {2}", "{0} · {1} itibarıyla · kaynak: {2}"],
    answer: ["The answer", "Yanıt"], segments: ["Segments", "Segmentler"], how: ["How it was found", "Nasıl bulundu"], care: ["What to be careful about", "Nelere dikkat etmeli"],
    dark: ["Dark", "Koyu"], light: ["Light", "Açık"], print: ["Print", "Yazdır"], scheme: ["Scheme", "Şema"], other_language: ["Türkçe", "English"],
    lead_value: ["{0} customers have brought {1}. The group that brings most, {2}, is {3} of the customers and {4} of the value.", "{0} müşteri toplam {1} değer getirdi. En çok getiren grup olan {2}, müşterilerin {3} kadarı ve değerin {4} kadarı."],
    lead_worth: ["Over the coming {0} months they are expected to bring {1}.", "Önümüzdeki {0} ayda {1} getirmeleri bekleniyor."],
    lead_customers: ["{0} customers fall into {1} segments. The largest, {2}, has {3} of them.", "{0} müşteri {1} segmente ayrılıyor. En büyüğü olan {2}, müşterilerin {3} kadarını kapsıyor."],
    customers: ["Customers", "Müşteri"], value: ["Value", "Değer"], value_each: ["Value per customer", "Müşteri başına değer"], orders: ["Orders", "Sipariş"], segments_n: ["Segments", "Segment"],
    cltv_all: ["Expected over {0} months", "{0} ayda beklenen"],
    share_customers: ["Share of customers", "Müşteri payı"], share_value: ["Share of value", "Değer payı"],
    shares: ["Who they are, and who brings the value", "Kimler, değeri kim getiriyor"],
    shares_1: ["Who they are", "Kimler"],
    shares_note: ["Pale: share of customers. Strong: share of value.", "Soluk: müşteri payı. Koyu: değer payı."],
    shares_note_1: ["Share of customers.", "Müşteri payı."],
    next: ["The one thing to do next", "Şimdi yapılacak tek şey"],
    no_advice: ["The campaign catalogue says nothing about this segment.", "Kampanya kataloğunda bu segment için bir öneri yok."],
    n_customers: ["{0} customers ({1})", "{0} müşteri ({1})"], and_value: ["{0} of the value", "değerin {0} kadarı"],
    goal: ["Goal", "Hedef"], actions: ["What to do", "Ne yapmalı"], products: ["Products and categories", "Ürünler ve kategoriler"], campaigns: ["Campaigns", "Kampanyalar"],
    numbers: ["Key numbers, with the whole base beside them", "Temel sayılar, yanında tüm müşteriler"],
    feature: ["Feature", "Özellik"], mean: ["mean", "ortalama"], median: ["median", "medyan"], all_mean: ["everyone: mean", "herkes: ortalama"], all_median: ["everyone: median", "herkes: medyan"], times: ["times everyone's mean", "herkesin ortalamasının katı"],
    apart: ["What sets them apart", "Onları ayıran"], apart_note: ["Their mean as a multiple of everyone's. A bar to the right is more, to the left less.", "Ortalamaları, herkesin ortalamasının katı olarak. Sağa uzanan çubuk daha çok, sola uzanan daha az demektir."],
    top: ["The {0} most valuable customers, by {1}", "{1} sırasıyla en değerli {0} müşteri"], customer: ["Customer", "Müşteri"],
    words_recency: ["They last bought {0} days ago on average (everyone: {1}).", "Son alışverişleri ortalama {0} gün önce (herkes: {1})."],
    words_orders: ["They have ordered {0} times (everyone: {1}).", "Ortalama {0} kez sipariş verdiler (herkes: {1})."],
    words_value: ["They have spent {0} each (everyone: {1}).", "Kişi başına {0} harcadılar (herkes: {1})."],
    words_cltv: ["Each is expected to bring {0} in the coming {2} months (everyone: {1}).", "Önümüzdeki {2} ayda kişi başına {0} getirmeleri bekleniyor (herkes: {1})."],
    words_most: ["What sets them apart most: {0}.", "En çok ayrıldıkları yanlar: {0}."],
    words_more: ["{0} {1} times everyone's", "{0}, herkesin {1} katı"], words_less: ["{0} only {1} of everyone's", "{0}, herkesin yalnızca {1} kadarı"],
    words_near: ["They differ little from the average: {0}.", "Ortalamadan pek ayrılmıyorlar: {0}."], words_with: ["{0} {1} (everyone: {2})", "{0} {1} (herkes: {2})"],
    words_channel: ["More of them than usual come by {0} ({1}; everyone: {2}).", "Olağandan daha çok {0} üzerinden geliyorlar ({1}; herkes: {2})."],
    words_category: ["More of them than usual are interested in {0} ({1}; everyone: {2}).", "Olağandan daha çok {0} ile ilgileniyorlar ({1}; herkes: {2})."],
    cleaning: ["Reading and cleaning", "Okuma ve temizleme"],
    cleaning_note: ["{0} rows were read, {1} rejected; {2} customers were learned from.", "{0} satır okundu, {1} satır reddedildi; {2} müşteriden öğrenildi."],
    step: ["Step", "Adım"], column: ["Column", "Sütun"], then: ["What was done", "Ne yapıldı"], rows: ["Rows touched", "Etkilenen satır"], low: ["Lower bound", "Alt sınır"], high: ["Upper bound", "Üst sınır"],
    no_cleaning: ["The recipe asks for no cleaning.", "Tarif bir temizleme adımı istemiyor."],
    distributions: ["Distributions", "Dağılımlar"], distributions_note: ["Customers by feature, in 20 steps of equal width; the line marks the median. Where the scale ends with a +, the last step has the highest 1% as well.", "Özelliklere göre müşteriler, eşit genişlikte 20 adımda; çizgi medyanı gösterir. Ölçeğin + ile bittiği yerde son adım en yüksek %1'i de içerir."],
    scaled: ["After transform and scaling", "Dönüşüm ve ölçeklemeden sonra"], scaled_note: ["The same customers in the numbers that distances are measured in.", "Aynı müşteriler, uzaklıkların ölçüldüğü sayılarla."],
    from: ["from", "alt"], to: ["to", "üst"],
    correlations: ["What goes together", "Birlikte değişenler"], correlations_note: ["Spearman's rank correlation of {0} customers: 1 rises together, −1 one falls as the other rises.", "{0} müşterinin Spearman sıra korelasyonu: 1 birlikte artar, −1 biri artarken öteki azalır."],
    elbow: ["How many segments", "Kaç segment"], elbow_note: ["Inertia, what is left unexplained, by the number of segments. At k = {0} the curve bends: more segments explain little more.", "Segment sayısına göre atalet, yani açıklanamayan kısım. Eğri k = {0} noktasında bükülüyor: daha çok segment pek az şey ekliyor."],
    inertia: ["Inertia", "Atalet"],
    silhouette: ["How clearly they are apart", "Ne kadar belirgin ayrılıyorlar"], silhouette_note: ["Mean silhouette by the number of segments, of {0} customers: 1 is clearly apart, 0 is no border at all.", "Segment sayısına göre ortalama silüet, {0} müşteriden: 1 belirgin ayrık, 0 sınır yok demektir."],
    silhouette_mean: ["Mean silhouette", "Ortalama silüet"], quality_note: ["Silhouette of {0} customers: 1 is clearly apart, 0 is no border at all. Davies-Bouldin is better when low, Calinski-Harabasz when high.", "{0} müşterinin silüeti: 1 belirgin ayrık, 0 sınır yok demektir. Davies-Bouldin düşükken, Calinski-Harabasz yüksekken iyidir."],
    chosen: ["chosen", "seçilen"], davies: ["Davies-Bouldin", "Davies-Bouldin"], calinski: ["Calinski-Harabasz", "Calinski-Harabasz"],
    scatter: ["Customers by any two features", "Herhangi iki özelliğe göre müşteriler"], scatter_note: ["A random sample of {0} of {1} customers; diamonds are the centres.", "{1} müşteriden rastgele seçilmiş {0} tanesi; eşkenar dörtgenler merkezlerdir."], scatter_all: ["All {0} customers; diamonds are the centres.", "{0} müşterinin hepsi; eşkenar dörtgenler merkezlerdir."],
    across: ["Across", "Yatay"], up: ["Up", "Dikey"], segment: ["Segment", "Segment"],
    centres: ["The centres side by side", "Merkezler yan yana"], centres_note: ["A line is a segment's centre; each axis runs from the least to the greatest customer, transformed as in learning.", "Her çizgi bir segmentin merkezidir; eksenler öğrenmedeki dönüşümle en küçük müşteriden en büyüğe uzanır."],
    dendrogram: ["The tree, and where it was cut", "Ağaç ve kesildiği yer"], dendrogram_note: ["The last merges by {0} linkage. The dashed line cuts it into {1} segments; below are the customers of each branch.", "{0} bağlantısıyla son birleşmeler. Kesikli çizgi ağacı {1} segmente ayırır; altta her dalın müşteri sayısı var."],
    height: ["Height", "Yükseklik"], leaf: ["Branch", "Dal"], below: ["below the cut", "kesimin altında"], above: ["above the cut", "kesimin üstünde"],
    grid_customers: ["Recency and frequency: customers", "Yakınlık ve sıklık: müşteriler"], grid_value: ["Recency and frequency: value", "Yakınlık ve sıklık: değer"],
    grid_note: ["Scores from 1 to {0}, best at the top right. The stripe is the segment's colour.", "1'den {0}'e puanlar, en iyisi sağ üstte. Şerit segmentin rengidir."],
    recency_score: ["Recency score", "Yakınlık puanı"], frequency_score: ["Frequency score", "Sıklık puanı"],
    treemap: ["Segments by size", "Büyüklüğe göre segmentler"], treemap_note: ["The area is the number of customers.", "Alan müşteri sayısını gösterir."],
    flows: ["How the segments of {0} and {1} meet", "{0} ve {1} segmentleri nasıl kesişiyor"], flows_note: ["Left {0}, right {1}; the width is the number of customers.", "Solda {0}, sağda {1}; genişlik müşteri sayısını gösterir."],
    heat_purchases: ["Expected purchases in the next {0}", "Önümüzdeki {0} içinde beklenen alışveriş"], heat_alive: ["Probability of still being a customer", "Hâlâ müşteri olma olasılığı"],
    heat_note: ["Of customers known for {0}: how often they came back, and how long after their first order they last did.", "{0} süredir tanınan müşteriler: kaç kez geri geldiler ve son alışverişleri ilkinden ne kadar sonra."],
    repeat_orders: ["Repeat orders", "Tekrar siparişler"], all_orders: ["Orders", "Siparişler"], last_after: ["Last order after", "Son siparişe dek geçen"], last_after_in: ["Last order after, {0}", "Son siparişe dek, {0}"], weeks: ["weeks", "hafta"], days_each: ["units of {0} days", "{0} günlük birim"],
    units: ["{0} weeks", "{0} hafta"], units_days: ["{0} units of {1} days", "{1} günlük {0} birim"],
    bands: ["What the bands will bring", "Bantların getireceği"], bands_note: ["Mean of a customer, by band.", "Banda göre müşteri başına ortalama."],
    band: ["Band", "Bant"], sum: ["sum", "toplam"], purchases_in: ["Purchases in {0}", "{0} içinde alışveriş"], value_in: ["Value over {0} months", "{0} ayda değer"],
    holdout: ["Held against what happened", "Gerçekleşenle karşılaştırma"], holdout_note: ["Purchases expected after the day of the analysis, and those that were made: later orders that were not learned from.", "Analiz gününden sonra beklenen alışverişler ve gerçekleşenler: öğrenmede kullanılmayan sonraki siparişler."],
    calibration: ["By how often they had bought: {0}", "Ne sıklıkta almış olduklarına göre: {0}"], calibration_note: ["Purchases of a customer afterwards, expected and made, of those who had bought equally often before. The closer the two bars, the better the model knows such customers.", "Önceden eşit sıklıkta almış müşterilerin, kişi başına sonradan beklenen ve gerçekleşen alışverişi. İki çubuk ne kadar yakınsa model böyle müşterileri o kadar iyi tanıyor."],
    expected_each: ["Expected of each", "Kişi başına beklenen"], bought_each: ["Bought by each", "Kişi başına gerçekleşen"],
    then_drop: ["row left out", "satır çıkarıldı"], then_median: ["filled with the median", "medyanla dolduruldu"], then_constant: ["filled with", "şununla dolduruldu:"], then_missing: ["counted as missing", "eksik sayıldı"], then_clip: ["cut down to the bound", "sınıra indirildi"],
    then_keep_first: ["first one kept", "ilki tutuldu"], then_keep_last: ["last one kept", "sonuncusu tutuldu"], then_drop_all: ["all left out", "hepsi çıkarıldı"],
    not_served_text: ["This page holds for the day of the analysis. obek run cannot keep these segments up to date, order by order, as they were learned here; learn them anew from time to time, or change the recipe so that it can.", "Bu sayfa çözümlemenin yapıldığı gün için geçerlidir. obek run bu segmentleri burada öğrenildikleri biçimde, sipariş sipariş güncel tutamaz; onları ara sıra yeniden öğrenin ya da tarifi buna uygun biçimde değiştirin."],
    heat_doubt: ["Do not act on it: no customer can be seen leaving (see what to be careful about).", "Buna göre davranmayın: ayrılan müşteri görülemiyor (bkz. nelere dikkat etmeli)."],
    about_months: ["{0} (about {1} months)", "{0} (yaklaşık {1} ay)"], peak: ["highest: {0}", "en yüksek: {0}"],
    expected: ["Expected", "Beklenen"], bought: ["Bought", "Gerçekleşen"], difference: ["Difference", "Fark"],
    parameters: ["Parameters", "Parametreler"], parameters_note: ["Fitted by maximum likelihood. The standard error says how far the number may be off.", "En çok olabilirlik ile uyduruldu. Standart hata, sayının ne kadar sapabileceğini söyler."],
    parameter: ["Parameter", "Parametre"], estimate: ["Estimate", "Tahmin"], standard_error: ["Standard error", "Standart hata"], model: ["Model", "Model"], likelihood: ["Log-likelihood {0}", "Log-olabilirlik {0}"],
    table: ["The table behind it", "Arkasındaki tablo"],
    own_words: ["In the trainer's words: {0}.", "Eğiticinin sözleriyle (İngilizce): {0}."],
    nothing_to_care: ["The trainer found nothing to warn about.", "Eğitim sırasında uyarılacak bir şey bulunmadı."],
    not_served: ["These segments are a study of one day", "Bu segmentler bir günün incelemesi"], rejected: ["{0} rows were rejected", "{0} satır reddedildi"],
    rejected_text: ["They are in rejected.csv with line, column and reason.", "Satır, sütun ve nedenleriyle rejected.csv dosyasında."],
    capped: ["Extremes were capped", "Uç değerler kırpıldı"], capped_text: ["{0} numbers were cut down to a bound before learning, so sums on this page are a little below those of the file.", "Öğrenmeden önce {0} sayı bir sınıra indirildi; bu yüzden bu sayfadaki toplamlar dosyadakilerin biraz altında."],
    ranks: ["{0} customers are elsewhere when scored by rank", "Sıraya göre puanlanınca {0} müşteri başka yerde"],
    ranks_text: ["By rank, ties are broken by the order of the file; by frozen cut points, a customer's own numbers decide. Only these can be served.", "Sıraya göre puanlamada eşitlikleri dosyanın sırası bozar; dondurulmuş kesim noktalarında müşterinin kendi sayıları belirler. Yalnızca bunlar sunulabilir."],
    tree: ["{0} customers are elsewhere by the centres than by the tree", "Merkezlere göre {0} müşteri ağaçtakinden başka yerde"],
    tree_text: ["A new customer goes to the nearest centre of the cut, because a tree has no place for new ones.", "Yeni bir müşteri kesimin en yakın merkezine gider, çünkü ağaçta yenilere yer yoktur."],
    sampled: ["The silhouette is that of a sample", "Silüet bir örneklemden hesaplandı"], sampled_text: ["It was computed of {0} of {1} customers.", "{1} müşteriden {0} tanesiyle hesaplandı."],
    drawn: ["Charts of single customers show a sample", "Tek tek müşteri gösteren grafikler örneklemdir"], drawn_text: ["{0} of {1} customers were drawn at random; every count and mean is that of all.", "{1} müşteriden {0} tanesi rastgele seçildi; bütün sayımlar ve ortalamalar tüm müşterilerindir."],
    source: ["obek · {0} · seed {1} · {2}", "obek · {0} · tohum {1} · {2}"], everyone: ["Everyone", "Herkes"], steps_missing: ["Missing values", "Eksik değerler"], steps_range: ["Impossible values", "Olanaksız değerler"], steps_cap: ["Extremes", "Uç değerler"], steps_dates: ["Dates in disorder", "Sırası bozuk tarihler"], steps_duplicates: ["Duplicates", "Yinelenenler"],
};

export function t(key, ...values) {
    return WORDS[key][view.language === "tr" ? 1 : 0].replace(/\{(\d)\}/g, (_, i) => values[i]);
}

// {en, tr}: the language wanted, else the other one.
export const inWords = (words) => (words == null ? null : words[view.language] ?? words.en ?? words.tr ?? null);
export function labelOf(segment) {
    const label = inWords(segment.label) ?? segment.id;
    return label.charAt(0).toLocaleUpperCase(view.language) + label.slice(1);
}

// [English, Turkish, kind]
const FEATURES = {
    recency_days: ["Days since the last order", "Son siparişten bu yana gün", "number"],
    tenure_days: ["Days since the first order", "İlk siparişten bu yana gün", "number"],
    active_days: ["Days from first to last order", "İlk siparişten sonuncuya gün", "number"],
    frequency: ["Orders", "Sipariş sayısı", "number"], repeat_frequency: ["Repeat orders", "Tekrar sipariş", "number"],
    monetary: ["Value so far", "Bugüne dek değer", "money"], avg_order_value: ["Average order value", "Ortalama sipariş değeri", "money"],
    orders_online: ["Orders online", "Online sipariş", "number"], orders_offline: ["Orders in stores", "Mağaza siparişi", "number"],
    value_online: ["Value online", "Online değer", "money"], value_offline: ["Value in stores", "Mağaza değeri", "money"],
    share_online: ["Share online", "Online payı", "share"],
    recency_online_days: ["Days since the last online order", "Son online siparişten bu yana gün", "number"],
    recency_offline_days: ["Days since the last store order", "Son mağaza siparişinden bu yana gün", "number"],
    p_alive: ["Probability of being alive", "Hâlâ müşteri olma olasılığı", "share"], expected_value: ["Expected order value", "Beklenen sipariş değeri", "money"],
};

// The column that a scheme cltv writes the value to bears its name: the months that it covers.
const cltv_months = new Map(metrics.schemes.filter((s) => s.type === "cltv").map((s) => [s.name, s.months]));

export function featureLabel(name) {
    if (FEATURES[name]) return FEATURES[name][view.language === "tr" ? 1 : 0];
    const horizon = /^(?:.*_)?purchases_([\d.]+)$/.exec(name);
    if (horizon) return t("purchases_in", t("units", horizon[1]));
    if (cltv_months.has(name)) return t("value_in", cltv_months.get(name));
    return short(name, 60);
}
export const featureKind = (name) => FEATURES[name]?.[2] ?? (cltv_months.has(name) || name.endsWith("_expected_value") ? "money" : "number");

// What the trainer's warnings mean: [title, text] in both languages; a code that is not here is told in the trainer's own words.
const WARNINGS = {
    no_dropout: [["No customer can be seen leaving", "Ayrılan müşteri görülemiyor"], ["People who never leave explain these purchases just as well, so everybody counts as still a customer. Do not act on that probability. A longer history that keeps customers who have been silent for long would help.", "Hiç ayrılmayan müşteriler bu alışverişleri aynı ölçüde iyi açıklıyor; bu yüzden herkes hâlâ müşteri sayılıyor. Bu olasılığa göre davranmayın. Uzun süredir sessiz müşterileri de içeren daha uzun bir geçmiş yardımcı olur."]],
    dropout_uncertain: [["Leaving can hardly be told from staying", "Ayrılan ile kalan zor ayırt ediliyor"], ["Take the probability of being a customer as a rough hint.", "Müşteri olma olasılığını kaba bir ipucu olarak alın."]],
    few_repeaters: [["Few customers have bought again", "Pek az müşteri yeniden alışveriş yapmış"], ["The forecast is little more than a guess. Learn from more customers or a longer time.", "Öngörü tahminden öteye geçmiyor. Daha çok müşteriden ya da daha uzun bir süreden öğrenin."]],
    running_off: [["Some parameters have no natural value", "Bazı parametrelerin doğal bir değeri yok"], ["They ran off and were stopped at a bound. Single parameters mean nothing; the forecasts may still be right.", "Sınıra kadar kaçtılar ve durduruldular. Tek tek parametreler bir şey söylemez; öngörüler yine de doğru olabilir."]],
    no_standard_errors: [["How sure the parameters are is not known", "Parametrelerin kesinliği bilinmiyor"], ["The fit is flat or at a bound there. Do not read single parameters.", "Uyum orada düz ya da sınırda. Tek tek parametreleri yorumlamayın."]],
    not_converged: [["The search ended early", "Arama erken bitti"], ["The result may not be the best one. Look for customers unlike all others, or let it search longer.", "Sonuç en iyisi olmayabilir. Ötekilere hiç benzemeyen müşterilere bakın ya da aramayı uzatın."]],
    no_mean: [["The average value of a purchase is not defined", "Bir alışverişin ortalama değeri tanımsız"], ["The parameter q is not above 1, so values of customers who bought once are not to be trusted. This comes with the penalty that the recipe asks for.", "q parametresi 1'in üstünde değil; bu yüzden bir kez alışveriş yapanların değerlerine güvenilmez. Bu, tarifin istediği cezadan kaynaklanır."]],
    q_held: [["A parameter was held at its bound", "Bir parametre sınırında tutuldu"], ["Without the bound the fit would be better. Check the values for extremes.", "Sınır olmasa uyum daha iyi olurdu. Değerlerde uçlara bakın."]],
    zero_values: [["Orders worth nothing were left out", "Değeri sıfır olan siparişler dışarıda bırakıldı"], ["The value model knows positive values only. Check whether free orders should count.", "Değer modeli yalnızca pozitif değerleri bilir. Ücretsiz siparişlerin sayılıp sayılmayacağına bakın."]],
    equal_cuts: [["Some scores or bands are nobody's", "Bazı puan ya da bantlarda kimse yok"], ["Many customers share a value, so cut points are equal. Take fewer scores or bands.", "Birçok müşterinin değeri aynı; kesim noktaları eşit çıktı. Daha az puan ya da bant kullanın."]],
};
export function warningWords(warning) {
    const known = WARNINGS[warning.code], i = view.language === "tr" ? 1 : 0;
    const own = [warning.text, warning.advice].filter(Boolean).join(". ");
    return known ? { title: known[0][i], text: known[1][i], own } : { title: warning.code, text: own, own: null };
}
