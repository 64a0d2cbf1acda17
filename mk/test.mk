# Tests. Each target first installs (deps), fetches and builds what it needs, one after the other, whatever -j says.
FUZZ_SECONDS ?= 5
PYTEST ?=
RUN_TESTS = scripts/run-tests --build $(BUILD)
SUBMAKE = $(MAKE) --no-print-directory

deps-test: deps ## installs what the tests need beyond that
	@scripts/deps test

fetch: deps-test ## fetches what only the tests need (Kafka, registry, Python packages) into .fetched
	@scripts/fetch

unit: ## unit tests only
	+@$(SUBMAKE) unit-tests
	@$(RUN_TESTS) unit

system: ## system tests only; PYTEST='-k name' chooses
	+@$(SUBMAKE) fetch
	+@$(SUBMAKE) all test-programs failpoints mutants
	@$(RUN_TESTS) system -- $(PYTEST)

soak: ## the long system tests
	+@$(SUBMAKE) fetch
	+@$(SUBMAKE) all test-programs failpoints
	@$(RUN_TESTS) system -- -m soak $(PYTEST)

fuzz: ## libFuzzer on every parser of outside bytes (FUZZ_SECONDS each, default here 60)
	+@$(SUBMAKE) deps-test
	+@$(SUBMAKE) fuzzers
	@$(RUN_TESTS) --fuzz-seconds $(if $(filter file,$(origin FUZZ_SECONDS)),60,$(FUZZ_SECONDS)) fuzz

unit-tests: $(UNIT_TESTS)

# what tests in Python ask: the core (held against the reference), and where logs end
TEST_PROGRAMS := $(addprefix $(BUILD)/tests/,core/answers system/ends)

test-programs: $(TEST_PROGRAMS)

$(TEST_PROGRAMS): $(BUILD)/%: %.c $(BUILD)/libobek.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(OBEK_CFLAGS) $(PKG_CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(BUILD)/libobek.a $(PKG_LIBS)

-include $(TEST_PROGRAMS:=.d)

# Variants of the program. Each has a folder of its own; a change of flags or sources rebuilds what it must.
failpoints:
	+@$(SUBMAKE) BUILD=$(BUILD)-failpoints CPPFLAGS='$(CPPFLAGS) -DOBEK_FAILPOINTS' all

# A mutant is the program with a patch of tests/mutants that takes out something the promise rests on: a test must fail on it.
MUTANTS := $(patsubst tests/mutants/%.patch,%,$(sort $(wildcard tests/mutants/*.patch)))

mutants: $(MUTANTS:%=mutant-%)

mutant-%: failpoints
	+@scripts/build-mutant $* $(BUILD)-failpoints CC='$(CC)' CFLAGS='$(CFLAGS)' LDFLAGS='$(LDFLAGS)' CPPFLAGS='$(CPPFLAGS) -DOBEK_FAILPOINTS'

FUZZERS := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

fuzzers:
	+@$(SUBMAKE) BUILD=build-fuzz CC=clang CFLAGS='-O1 -g $(SANITIZERS) -fsanitize=fuzzer-no-link' fuzz-programs

fuzz-programs: $(FUZZERS)

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(BUILD)/libobek.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer $(OBEK_CFLAGS) $(PKG_CFLAGS) -MMD -MP -o $@ $< $(BUILD)/libobek.a $(PKG_LIBS)

-include $(FUZZERS:=.d)

# SANITIZE_SET=unit leaves the system tests out. Mutants are broken on purpose and add nothing here.
SANITIZE_SET ?= unit system
SANITIZE_TARGETS = unit-tests $(if $(filter system,$(SANITIZE_SET)),all test-programs failpoints)

sanitize: ## the tests under address and undefined-behaviour sanitizers (SANITIZE_SET='unit system')
	+@$(SUBMAKE) fetch
	+@$(SUBMAKE) BUILD=build-sanitize CFLAGS='-O1 -g $(SANITIZERS)' $(SANITIZE_TARGETS)
	@scripts/run-tests --build build-sanitize $(SANITIZE_SET) -- -m 'not soak and not mutant and not model' $(PYTEST)

# librdkafka starts its threads by thrd_create, which the thread sanitizer does not know and crashes on: unit tests only
tsan: ## unit tests under the thread sanitizer
	+@$(SUBMAKE) fetch
	+@$(SUBMAKE) BUILD=build-tsan CFLAGS='-O1 -g -fsanitize=thread' unit-tests
	@scripts/run-tests --build build-tsan unit

.PHONY: deps-test fetch test unit system soak fuzz unit-tests test-programs failpoints mutants fuzzers fuzz-programs sanitize tsan
