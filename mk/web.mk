# Pages become C strings: web/report.html with its styles, its modules and Debian's D3 in it, and the campaign catalogue.
D3 ?= /usr/share/nodejs
LICENCES ?= /usr/share/doc
# web/common is of the report and of the dashboard
REPORT_MODULES := $(sort $(wildcard web/common/*.js web/report/*.js))
REPORT_PARTS := web/report.html web/report.css $(REPORT_MODULES)

$(BUILD)/generated/report_html.h: scripts/make-page $(REPORT_PARTS) mk/web.mk
	@mkdir -p $(@D)
	@D3=$(D3) LICENCES=$(LICENCES) scripts/make-page report_html web/report.html web/report.css web/common web/report > $@.new && mv $@.new $@

$(BUILD)/generated/campaigns_json.h: config/campaigns.json mk/web.mk
	@mkdir -p $(@D)
	@{ echo 'static const char campaigns_json[] ='; sed -e 's/[\\"?]/\\&/g' -e 's/.*/"&\\n"/' $<; echo ';'; } > $@.new && mv $@.new $@

$(BUILD)/trainer/report_page.o: $(BUILD)/generated/report_html.h
$(BUILD)/codec/catalogue.o: $(BUILD)/generated/campaigns_json.h
$(BUILD)/trainer/report_page.o $(BUILD)/codec/catalogue.o: OBEK_CFLAGS += -I$(BUILD)/generated
