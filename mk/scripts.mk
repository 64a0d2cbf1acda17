# Lua scripts become C strings: consumer/scripts/save.lua -> $(BUILD)/generated/save_lua.h, `static const char save_lua[]`
LUA_HEADERS := $(patsubst consumer/scripts/%.lua,$(BUILD)/generated/%_lua.h,$(wildcard consumer/scripts/*.lua))

$(BUILD)/generated/%_lua.h: consumer/scripts/%.lua
	@mkdir -p $(@D)
	@{ echo 'static const char $*_lua[] ='; sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/    "&\\n"/' $<; echo '    ;'; } > $@

$(BUILD)/consumer/store.o $(BUILD)/tools/audit.o: $(LUA_HEADERS)
$(BUILD)/consumer/store.o $(BUILD)/tools/audit.o: OBEK_CFLAGS += -I$(BUILD)/generated
