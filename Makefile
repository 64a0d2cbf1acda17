# obek: see README.md. `make help` lists the targets.
BUILD ?= build
CC := $(if $(filter default,$(origin CC)),cc,$(CC))
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
# contraction off: distances are summed exactly as the design (and the reference) sums them
OBEK_CFLAGS := -std=c11 -D_GNU_SOURCE -ffp-contract=off -pthread -Iinclude $(WARNINGS)
PACKAGES := rdkafka hiredis avro-c jansson libcurl libmicrohttpd zlib openssl nlopt

# asked once, and only when something is compiled: `make deps` must work where pkg-config is still missing
pkg_config = $(or $(shell pkg-config $1 $(PACKAGES)),$(error libraries are missing: run `make deps`))
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(call pkg_config,--cflags))$(PKG_CFLAGS)
# jemalloc takes a third off the CPU an order costs (docs/performance.md); sanitizers bring an allocator of their own
ALLOCATOR = $(if $(findstring -fsanitize,$(CFLAGS)),,-ljemalloc)
PKG_LIBS = $(eval PKG_LIBS := $$(call pkg_config,--libs) -lcsv -lm $(ALLOCATOR))$(PKG_LIBS)

SOURCE_FOLDERS := base core codec consumer trainer lookup http tools
SOURCES := $(sort $(wildcard $(SOURCE_FOLDERS:%=%/*.c)))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
LIB_OBJECTS := $(filter-out $(BUILD)/tools/main.o,$(OBJECTS))
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/test_*.c)))

# as many jobs as processors unless -j says else
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

# one short line a file; V=1 shows the commands
Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $1	$2')

all: $(BUILD)/obek ## builds build/obek (CC, CFLAGS, LDFLAGS, BUILD=folder)

$(BUILD)/obek: $(OBJECTS) $(BUILD)/flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(OBEK_CFLAGS) $(LDFLAGS) -o $@ $(OBJECTS) $(PKG_LIBS)

$(BUILD)/libobek.a: $(LIB_OBJECTS) $(BUILD)/flags
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_OBJECTS)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(OBEK_CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libobek.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(OBEK_CFLAGS) $(PKG_CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(BUILD)/libobek.a $(PKG_LIBS) -lcmocka

# what everything depends on: the flags, and which sources there are
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@

# the two commands of the README; their parts are in mk/demo.mk and mk/test.mk
demo: ## shows obek at work: a private Redis, a mock broker, made-up orders (KEEP=1: leaves it running)
	+@$(MAKE) --no-print-directory deps
	+@$(MAKE) --no-print-directory all demo-programs
	@scripts/demo $(if $(KEEP),--keep) $(BUILD)

test: ## everything: unit tests, short fuzzing, purity of core/, system tests on real servers
	+@$(SUBMAKE) fetch
	+@$(SUBMAKE) all unit-tests test-programs failpoints mutants fuzzers
	@$(RUN_TESTS) --fuzz-seconds $(FUZZ_SECONDS) unit purity fuzz system -- $(PYTEST)

deps: ## installs the packages that building and the demo need (OBEK_NO_INSTALL=1: lists what is missing)
	@scripts/deps build

source-folders: # for scripts
	@echo $(SOURCE_FOLDERS)

clean: ## removes what was built; what was fetched for the tests stays (see distclean)
	rm -rf build build-* $(filter-out .,$(BUILD))

distclean: clean ## also removes what was fetched
	rm -rf .fetched

help: ## lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | expand -t 14

.PHONY: all deps source-folders clean distclean help FORCE
.DELETE_ON_ERROR:

-include $(OBJECTS:.o=.d) $(UNIT_TESTS:=.d)
include $(sort $(wildcard mk/*.mk))

# after the last OBEK_CFLAGS +=
FLAGS := $(CC) $(CPPFLAGS) $(CFLAGS) $(OBEK_CFLAGS) $(LDFLAGS) $(SOURCES)
