import { view } from "./data.js";

// [English, Turkish]; {0}, {1} are filled in.
const WORDS = {
    title: ["Customer segments, live", "Müşteri segmentleri, canlı"], dark: ["Dark", "Koyu"], light: ["Light", "Açık"], other_language: ["Türkçe", "English"],
    skip: ["Skip to the content", "İçeriğe geç"], scheme: ["Scheme", "Şema"], window: ["Time", "Süre"], forget: ["Forget the token", "Anahtarı unut"],
    w15m: ["15 minutes", "15 dakika"], w1h: ["1 hour", "1 saat"], w6h: ["6 hours", "6 saat"], w24h: ["24 hours", "24 saat"],
    ready: ["Ready", "Hazır"], not_ready: ["Not ready: {0}", "Hazır değil: {0}"], asks: ["Asking …", "Soruluyor …"], silent: ["No answer since {0}", "{0} saatinden beri yanıt yok"],
    customers: ["Customers", "Müşteri"], in_segments: ["in {0} segments", "{0} segmentte"], orders_rate: ["Orders per second", "Saniyede sipariş"], this_instance: ["taken in by this instance", "bu sürecin işlediği"],
    changes_rate: ["Changes per second", "Saniyede değişim"], all_instances: ["of all instances", "tüm süreçlerin"], lag: ["Lag", "Gecikme"], lag_records: ["{0} records", "{0} kayıt"], lag_seconds: ["the oldest {0} old", "en eskisi {0} önceden"],
    none_waits: ["nothing waits", "bekleyen yok"], time_reached: ["Time reached", "Ulaşılan zaman"], behind: ["behind the clock", "saatin gerisinde"], not_owner: ["told by another instance", "başka bir süreç bildiriyor"],
    due: ["{0} are due", "{0} müşterinin vakti geldi"], dead: ["Dead letters", "Ölü mektuplar"], since_start: ["since this instance began", "bu süreç başladığından beri"], model: ["Model", "Model"], version_number: ["version {0}, number {1}", "sürüm {0}, numara {1}"],
    sizes: ["Sizes of the segments", "Segmentlerin büyüklüğü"], sizes_note: ["Customers in each segment: as counted now, and what the changes tell of the time before.", "Her segmentteki müşteri: şimdi sayılan ve öncesi için değişimlerin anlattığı."],
    segment: ["Segment", "Segment"], share: ["Share", "Pay"], change: ["Change", "Değişim"], value: ["Value", "Değer"], share_value: ["Share of value", "Değer payı"],
    worth: ["Value by segment", "Segmentlere göre değer"], worth_note: ["What their customers' orders brought, net of returns, as of each customer's last evaluation.", "Müşterilerinin siparişlerinden iadeler düşülünce kalan; her müşterinin son değerlendirilmesi itibarıyla."],
    stake: ["Value at stake", "Risk altındaki değer"], stake_note: ["What is still to be expected of each segment's customers (CLTV, {0} months), as of each customer's last evaluation.", "Her segmentin müşterilerinden daha beklenen (CLTV, {0} ay); her müşterinin son değerlendirilmesi itibarıyla."],
    stake_counted: ["So far of {0} of {1} customers: the others have not been evaluated with this model yet.", "Şimdilik {1} müşteriden {0} tanesi: ötekiler henüz bu modelle değerlendirilmedi."],
    flows: ["Flows between segments", "Segmentler arasındaki akışlar"], flows_note: ["Who moved from where (left) to where (right) in the last {0}. {1} changes, of all instances.", "Son {0} içinde kim nereden (sol) nereye (sağ) geçti. Tüm süreçlerden {1} değişim."],
    flows_fewer: ["The largest {0} of {1} flows are drawn.", "{1} akıştan en büyük {0} tanesi çizildi."], entered: ["New", "Yeni"], left: ["Left", "Ayrıldı"], from: ["From", "Nereden"], to: ["To", "Nereye"], changes: ["Changes", "Değişim"],
    no_flows: ["Nobody moved in that time.", "Bu sürede kimse yer değiştirmedi."], catching_up: ["The topic is still being read.", "Konu hâlâ okunuyor."], problem: ["The topic of changes cannot be read: {0}", "Değişimlerin konusu okunamıyor: {0}"],
    unreadable: ["{0} records of the topic are no segment changes.", "Konudaki {0} kayıt segment değişimi değil."],
    speeds: ["Orders and changes per second", "Saniyede sipariş ve değişim"], speeds_note: ["Since this page was opened, at most five minutes. Orders: this instance's.", "Bu sayfa açıldığından beri, en çok beş dakika. Siparişler: bu sürecinki."], orders: ["Orders", "Sipariş"],
    causes: ["Moved by time or by orders", "Zamanla mı, siparişle mi"], causes_note: ["Changes of all schemes in each {0}, by what caused them.", "Her {0} içindeki tüm şemaların değişimleri, nedenine göre."],
    by_time: ["Time", "Zaman"], by_order: ["Orders, cancellations, returns", "Sipariş, iptal, iade"], by_other: ["Models, imports, erasures", "Model, aktarım, silme"],
    latest: ["Latest changes", "Son değişimler"], latest_note: ["Of the scheme chosen, the newest first. UTC.", "Seçili şemanınkiler, en yenisi üstte. UTC."], pause: ["Pause", "Durdur"], go_on: ["Go on", "Sürdür"], skipped: ["{0} came too fast to be listed.", "{0} değişim listelenemeyecek kadar hızlı geldi."],
    time: ["Time", "Zaman"], customer: ["Customer", "Müşteri"], cause: ["Cause", "Neden"], no_changes: ["None yet.", "Henüz yok."],
    look_up: ["Look up a customer", "Müşteri ara"], customer_id: ["Customer id", "Müşteri kimliği"], find: ["Look up", "Ara"], nobody: ["There is no such customer.", "Böyle bir müşteri yok."], not_askable: ["A browser cannot ask for this id; `obek show` can.", "Tarayıcı bu kimliği soramaz; `obek show` sorabilir."],
    failed: ["That failed: {0}", "Olmadı: {0}"], last_order: ["Last order", "Son sipariş"], next_change: ["Next change", "Sonraki değişim"], since: ["Since", "Başlangıç"], margin: ["Margin", "Pay"], never: ["never", "hiçbir zaman"],
    evaluated: ["Evaluated", "Değerlendirilme"], transitions: ["Last transitions", "Son geçişler"], ring: ["Orders kept", "Tutulan siparişler"], amount: ["Amount", "Tutar"], returned: ["Returned", "İade"], channel: ["Channel", "Kanal"], state: ["State", "Durum"], why: ["Why, and what next", "Neden ve sırada ne var"],
    online: ["online", "online"], offline: ["in a store", "mağaza"], live: ["live", "geçerli"], voided: ["voided", "iptal"],
    dead_note: ["Records set aside because they could not be used, by reason, since this instance began.", "Kullanılamadığı için ayrılan kayıtlar, nedenine göre, bu süreç başladığından beri."], no_dead: ["None.", "Yok."], reason: ["Reason", "Neden"], number: ["Number", "Sayı"],
    lags: ["Lag by partition", "Bölümlere göre gecikme"], lags_note: ["Of this instance's partitions.", "Bu sürecin bölümleri."], partition: ["Partition", "Bölüm"], records: ["Records", "Kayıt"], age: ["Age", "Yaş"],
    drift: ["Model and drift", "Model ve kayma"], drift_note: ["How far the customers of today are from those the model was learned from (PSI): below 0.1 alike, above 0.25 learn anew.", "Bugünkü müşteriler modelin öğrenildiği müşterilerden ne kadar uzak (PSI): 0,1 altı benzer, 0,25 üstü yeniden öğrenin."],
    no_drift: ["Not measured: the model does not say what it was learned from, or nobody has been looked at yet.", "Ölçülmedi: model neden öğrenildiğini söylemiyor ya da henüz kimseye bakılmadı."], feature: ["Feature", "Özellik"],
    in_force: ["{0}, version {1}, in force as number {2}.", "{0}, sürüm {1}, {2} numarayla yürürlükte."], no_model: ["No model is in force yet.", "Henüz yürürlükte bir model yok."],
    token_title: ["Access token", "Erişim anahtarı"], token_text: ["This obek asks for a token (http.token). It is kept until this tab is closed.", "Bu obek bir anahtar istiyor (http.token). Bu sekme kapanana kadar tutulur."], token_wrong: ["That token was not accepted.", "Bu anahtar kabul edilmedi."], open: ["Open", "Aç"],
    table: ["Table", "Tablo"], version: ["obek {0}", "obek {0}"], second: ["{0} s", "{0} sn"], minute: ["{0} min", "{0} dk"], hour: ["{0} h", "{0} sa"], day: ["{0} d", "{0} gün"],
};

export function t(key, ...values) {
    return WORDS[key][view.language === "tr" ? 1 : 0].replace(/\{(\d)\}/g, (_, i) => values[i]);
}

const CAUSES = {
    ORDER: ["Order", "Sipariş"], CANCELLATION: ["Cancellation", "İptal"], RETURN: ["Return", "İade"], TIME: ["Time", "Zaman"], MODEL: ["Model", "Model"], IMPORT: ["Import", "Aktarım"], ERASE: ["Erasure", "Silme"],
};
export const causeWords = (cause) => CAUSES[cause]?.[view.language === "tr" ? 1 : 0] ?? cause;

const REASONS = {
    starting: ["starting", "başlıyor"], assigning: ["taking up partitions", "bölümleri alıyor"], awaiting_model: ["no model is in force", "yürürlükte model yok"], redis_down: ["Redis does not answer", "Redis yanıt vermiyor"],
    kafka_down: ["Kafka does not answer", "Kafka yanıt vermiyor"], registry_down: ["the registry does not answer", "şema kayıt defteri yanıt vermiyor"], draining: ["ending", "bitiriyor"],
};
export const reasonWords = (reason) => REASONS[reason]?.[view.language === "tr" ? 1 : 0] ?? reason;

const FEATURES = {
    recency_days: ["Days since the last order", "Son siparişten bu yana gün"], tenure_days: ["Days since the first order", "İlk siparişten bu yana gün"], active_days: ["Days from first to last order", "İlk siparişten sonuncuya gün"],
    frequency: ["Orders", "Sipariş sayısı"], repeat_frequency: ["Repeat orders", "Tekrar sipariş"], monetary: ["Value so far", "Bugüne dek değer"], avg_order_value: ["Average order value", "Ortalama sipariş değeri"],
    orders_online: ["Orders online", "Online sipariş"], orders_offline: ["Orders in stores", "Mağaza siparişi"], value_online: ["Value online", "Online değer"], value_offline: ["Value in stores", "Mağaza değeri"],
    share_online: ["Share online", "Online payı"], recency_online_days: ["Days since the last online order", "Son online siparişten bu yana gün"], recency_offline_days: ["Days since the last store order", "Son mağaza siparişinden bu yana gün"],
};
export const featureLabel = (name) => FEATURES[name]?.[view.language === "tr" ? 1 : 0] ?? name;

export const labelOf = (segment) => segment.label?.[view.language] ?? segment.label?.en ?? segment.label?.tr ?? segment.id;

// How long, in the largest unit that leaves something before the point.
export function duration(seconds) {
    for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]])
        if (seconds >= length) return t(unit, (seconds / length).toLocaleString(view.language, { maximumFractionDigits: seconds >= 10 * length ? 0 : 1 }));
    return t("second", seconds.toLocaleString(view.language, { maximumFractionDigits: seconds >= 10 ? 0 : 1 }));
}

const clock = (options) => (at) => new Intl.DateTimeFormat(view.language === "tr" ? "tr-TR" : "en-GB", { timeZone: "UTC", ...options }).format(new Date(at));
export const hours = clock({ hour: "2-digit", minute: "2-digit" });
export const seconds = clock({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const day = clock({ year: "numeric", month: "short", day: "numeric" });
export const dayAndTime = clock({ year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
