# What developers hold the sources against. Warnings are errors here and nowhere else.
C_FILES := $(SOURCES) $(wildcard include/obek/*.h $(SOURCE_FOLDERS:%=%/*.h) tests/unit/*.[ch] tests/fuzz/*.[ch] bench/*.[ch])
# generated headers come with the objects, which is why these checks ask for them first
CHECK_INCLUDES = $(filter -I%,$(OBEK_CFLAGS)) -I$(BUILD)/generated
TIDY_FILES := $(SOURCES:%=tidy-%)

deps-check: deps-test
	@scripts/deps check

check: ## clang-format, clang-tidy, cppcheck, gcc and clang with -Werror, purity of core/, packaging/
	+@$(SUBMAKE) deps-check
	+@$(SUBMAKE) check-packaging
	+@$(SUBMAKE) check-format check-purity check-compilers
	+@$(SUBMAKE) check-cppcheck check-tidy

# versions differ in small things: the looks are those of Debian 12's
CLANG_FORMAT_VERSION := 14

check-format:
	@case "$$(clang-format --version)" in \
	*"version $(CLANG_FORMAT_VERSION)."*) clang-format --dry-run -Werror $(C_FILES) && echo "format: as clang-format has it" ;; \
	*) echo "format: SKIPPED, the sources are formatted by clang-format $(CLANG_FORMAT_VERSION), this is $$(clang-format --version)" ;; \
	esac

# compose file, unit, alerts, dashboard, man page: by the tools that read them, where they are
check-packaging:
	@scripts/fetch promtool
	@scripts/check-packaging

# core/ alone, with plain flags: its undefined symbols are held against scripts/core-symbols.allow
check-purity:
	+@$(SUBMAKE) BUILD=build-purity CFLAGS=-O2 core-objects
	@scripts/check-core-purity build-purity/core

core-objects: $(filter $(BUILD)/core/%,$(OBJECTS))

check-compilers: check-compiler-gcc check-compiler-clang

check-compiler-%:
	+@$(SUBMAKE) BUILD=build-check-$* CC=$* CFLAGS='-O2 -g -Werror' all unit-tests
	+@$(SUBMAKE) BUILD=build-check-$*-failpoints CC=$* CFLAGS='-O2 -g -Werror' CPPFLAGS=-DOBEK_FAILPOINTS all

check-cppcheck: $(OBJECTS)
	@cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
	    --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE $(CHECK_INCLUDES) -j$(shell nproc) $(SOURCES)

check-tidy: $(TIDY_FILES)

$(TIDY_FILES): tidy-%: $(OBJECTS)
	@clang-tidy --quiet --warnings-as-errors='*' $* -- $(OBEK_CFLAGS) $(CHECK_INCLUDES) $(PKG_CFLAGS)

.PHONY: deps-check check check-packaging check-format check-purity core-objects check-compilers check-cppcheck check-tidy $(TIDY_FILES)
