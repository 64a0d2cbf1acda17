# Pages become C strings: web/report.html with its styles, its modules and Debian's D3 in it, and the campaign catalogue.
D3 ?= /usr/share/nodejs
LICENCES ?= /usr/share/doc
# web/common is of the report and of the dashboard
REPORT_MODULES := $(sort $(wildcard web/common/*.js web/report/*.js))
REPORT_PARTS := web/report.html web/report.css $(REPORT_MODULES)

$(BUILD)/generated/report_html.h: scripts/make-page $(REPORT_PARTS) mk/web.mk
	@mkdir -p $(@D)
	@D3=$(D3) LICENCES=$(LICENCES) scripts/make-page report_html web/report.html web/report.css web/common web/report > $@.new && mv $@.new $@

# the dashboard has the report's looks, colours and numbers
DASHBOARD_MODULES := $(sort $(wildcard web/common/*.js web/dashboard/*.js))
DASHBOARD_SHARED := $(addprefix web/report/,dom.js figure.js format.js)
DASHBOARD_STYLES := web/report.css web/dashboard.css

$(BUILD)/generated/dashboard_html.h: scripts/make-page web/dashboard.html $(DASHBOARD_STYLES) $(DASHBOARD_MODULES) $(DASHBOARD_SHARED) mk/web.mk
	@mkdir -p $(@D)
	@cat $(DASHBOARD_STYLES) > $(BUILD)/generated/dashboard.css
	@LIVE=1 D3=$(D3) LICENCES=$(LICENCES) scripts/make-page dashboard_html web/dashboard.html $(BUILD)/generated/dashboard.css web/common \
	    $(DASHBOARD_SHARED) web/dashboard > $@.new && mv $@.new $@

$(BUILD)/generated/campaigns_json.h: config/campaigns.json mk/web.mk
	@mkdir -p $(@D)
	@{ echo 'static const char campaigns_json[] ='; sed -e 's/[\\"?]/\\&/g' -e 's/.*/"&\\n"/' $<; echo ';'; } > $@.new && mv $@.new $@

$(BUILD)/trainer/report_page.o: $(BUILD)/generated/report_html.h
$(BUILD)/codec/catalogue.o: $(BUILD)/generated/campaigns_json.h
$(BUILD)/http/dashboard.o: $(BUILD)/generated/dashboard_html.h
$(BUILD)/trainer/report_page.o $(BUILD)/http/dashboard.o $(BUILD)/codec/catalogue.o: OBEK_CFLAGS += -I$(BUILD)/generated
