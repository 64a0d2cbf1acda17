# The program, its configuration (never overwritten), schemas and models, man page, completion, unit, alert rules and dashboard.
PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
bindir = $(DESTDIR)$(PREFIX)/bin
datadir = $(DESTDIR)$(PREFIX)/share/obek
docdir = $(DESTDIR)$(PREFIX)/share/doc/obek
etcdir = $(DESTDIR)$(SYSCONFDIR)/obek
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
completiondir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
systemddir = $(DESTDIR)$(PREFIX)/lib/systemd/system
sysusersdir = $(DESTDIR)$(PREFIX)/lib/sysusers.d
PACKAGING_PARTS := prometheus grafana

install: all ## installs below PREFIX (/usr/local), staged below DESTDIR
	install -d $(bindir) $(datadir)/config $(datadir)/models $(datadir)/recipes $(datadir)/schemas $(docdir) $(etcdir)
	install -m 755 $(BUILD)/obek $(bindir)/obek
	install -m 644 $(wildcard schemas/*) $(datadir)/schemas
	install -m 644 $(wildcard config/*.*) $(datadir)/config
	install -m 644 $(wildcard config/models/*) $(datadir)/models
	install -m 644 $(wildcard config/recipes/*) $(datadir)/recipes
	install -m 644 LICENSE $(wildcard README.md docs/*.md) $(docdir)
	install -d $(mandir) $(completiondir) $(systemddir) $(sysusersdir) $(PACKAGING_PARTS:%=$(datadir)/%)
	install -m 644 packaging/man/obek.1 $(mandir)/obek.1
	install -m 644 packaging/completion/obek.bash $(completiondir)/obek
	sed 's,@bindir@,$(PREFIX)/bin,; s,@sysconfdir@,$(SYSCONFDIR),' packaging/systemd/obek@.service.in > $(systemddir)/obek@.service
	chmod 644 $(systemddir)/obek@.service
	install -m 644 packaging/systemd/obek.sysusers $(sysusersdir)/obek.conf
	install -m 644 $(wildcard packaging/prometheus/*) $(datadir)/prometheus
	install -m 644 $(wildcard packaging/grafana/*) $(datadir)/grafana
	test -e $(etcdir)/obek.properties || install -m 644 config/obek.properties $(etcdir)/obek.properties

uninstall: ## removes what install put there; a configuration that was changed stays
	rm -f $(bindir)/obek $(mandir)/obek.1 $(completiondir)/obek $(systemddir)/obek@.service $(sysusersdir)/obek.conf
	! cmp -s config/obek.properties $(etcdir)/obek.properties || rm -f $(etcdir)/obek.properties
	rm -rf $(datadir) $(docdir)
	! test -d $(etcdir) || rmdir --ignore-fail-on-non-empty $(etcdir)

.PHONY: install uninstall
