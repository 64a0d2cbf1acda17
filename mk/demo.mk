# make demo: nothing but the packages that building needs. KEEP=1 leaves it running, NO_COLOR=1 is honoured.
DEMO_PROGRAMS := $(addprefix $(BUILD)/demo/,broker generate watch)

demo-programs: $(DEMO_PROGRAMS)

$(BUILD)/demo/broker: demo/broker.c demo/child.h
$(BUILD)/demo/generate: demo/generate.c demo/shop.c demo/child.h demo/shop.h
$(BUILD)/demo/watch: demo/watch.c demo/flows.c demo/child.h demo/flows.h

$(DEMO_PROGRAMS): $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(OBEK_CFLAGS) $(PKG_CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) $(PKG_LIBS)

.PHONY: demo demo-programs
