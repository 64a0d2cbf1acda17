# The Avro schemas that the program registers are compiled into it: schemas/NAME.avsc -> NAME.avsc.h, a C string literal.
SCHEMA_HEADERS := $(patsubst schemas/%.avsc,$(BUILD)/schemas/%.avsc.h,$(wildcard schemas/*.avsc))
OBEK_CFLAGS += -I$(BUILD)/schemas
$(OBJECTS): | $(SCHEMA_HEADERS)

$(BUILD)/schemas/%.avsc.h: schemas/%.avsc mk/schemas.mk
	@mkdir -p $(@D)
	@sed -e 's/[\\"]/\\&/g' -e 's/^/"/' -e 's/$$/\\n"/' $< > $@.new && mv $@.new $@
