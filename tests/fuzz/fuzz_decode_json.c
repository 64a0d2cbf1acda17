/* JSON records, by the contract's names and by paths. */
#include "decode_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct decoder *decoder;
    static struct feed *feeds[2];
    if (decoder == NULL) {
        decoder = fuzz_decoder(NULL);
        feeds[0] = feed_new("plain", "plain");
        feeds[1] = fuzz_mapped_feed();
        feeds[0]->format = feeds[1]->format = FEED_JSON;
    }
    const struct slice value = { (const char *)data, size };
    fuzz_decode(decoder, feeds[0], value);
    fuzz_decode(decoder, feeds[1], value);
    return 0;
}
