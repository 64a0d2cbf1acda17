# Benches: real servers, programs of bench/ that load, compare and watch. BENCH='drain' chooses, BENCH='--orders 100000' shrinks.
BENCH ?=
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,load bare latency parts fits)

bench: ## rate, CPU, latency and memory against a bare librdkafka program (docs/performance.md)
	+@$(SUBMAKE) fetch
	+@$(SUBMAKE) all bench-programs
	@.fetched/venv/bin/python bench/run.py --build $(BUILD) $(BENCH)

bench-programs: $(BENCH_PROGRAMS)

$(BUILD)/bench/load: $(addprefix $(BUILD)/bench/,load.o orders.o order_bytes.o options.o)
$(BUILD)/bench/bare: $(addprefix $(BUILD)/bench/,bare.o options.o)
$(BUILD)/bench/latency: $(addprefix $(BUILD)/bench/,latency.o options.o)
$(BUILD)/bench/parts: $(addprefix $(BUILD)/bench/,parts.o orders.o order_bytes.o options.o)
$(BUILD)/bench/fits: $(addprefix $(BUILD)/bench/,fits.o options.o)

$(BENCH_PROGRAMS): $(BUILD)/libobek.a $(BUILD)/flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(OBEK_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libobek.a $(PKG_LIBS)

-include $(wildcard $(BUILD)/bench/*.d)
.PHONY: bench bench-programs
