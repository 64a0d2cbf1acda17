# obek: see README.md. `make deps` installs what is missing, `make` builds build/obek, `make test` runs everything.
BUILD ?= build
CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
# contraction off: distances are summed exactly as the design (and the reference) sums them
OBEK_CFLAGS := -std=c11 -D_GNU_SOURCE -ffp-contract=off -pthread -Iinclude $(WARNINGS)
PACKAGES := rdkafka hiredis avro-c jansson libcurl zlib openssl
PKG_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS = $(shell pkg-config --libs $(PACKAGES)) -lcsv -lm

SOURCES := $(wildcard base/*.c core/*.c codec/*.c consumer/*.c tools/*.c)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
LIB_OBJECTS := $(filter-out $(BUILD)/tools/main.o,$(OBJECTS))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))

all: $(BUILD)/obek

$(BUILD)/obek: $(OBJECTS)
	$(CC) $(CFLAGS) $(OBEK_CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/libobek.a: $(LIB_OBJECTS)
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(OBEK_CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libobek.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(OBEK_CFLAGS) $(PKG_CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(BUILD)/libobek.a $(PKG_LIBS) -lcmocka

unit: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do echo "== $$t"; $$t || exit 1; done

deps:
	@scripts/deps build

deps-test: deps
	@scripts/deps test

fetch: deps-test
	@scripts/fetch

clean:
	rm -rf $(BUILD)

-include $(OBJECTS:.o=.d)
.PHONY: all unit clean deps deps-test fetch
include $(wildcard mk/*.mk)
