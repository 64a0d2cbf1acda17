# The program, its configuration (never overwritten), schemas and models.
PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
bindir = $(DESTDIR)$(PREFIX)/bin
datadir = $(DESTDIR)$(PREFIX)/share/obek
docdir = $(DESTDIR)$(PREFIX)/share/doc/obek
etcdir = $(DESTDIR)$(SYSCONFDIR)/obek

install: all ## installs below PREFIX (/usr/local), staged below DESTDIR
	install -d $(bindir) $(datadir)/config $(datadir)/models $(datadir)/recipes $(datadir)/schemas $(docdir) $(etcdir)
	install -m 755 $(BUILD)/obek $(bindir)/obek
	install -m 644 $(wildcard schemas/*) $(datadir)/schemas
	install -m 644 $(wildcard config/*.*) $(datadir)/config
	install -m 644 $(wildcard config/models/*) $(datadir)/models
	install -m 644 $(wildcard config/recipes/*) $(datadir)/recipes
	install -m 644 LICENSE $(wildcard README.md docs/*.md) $(docdir)
	test -e $(etcdir)/obek.properties || install -m 644 config/obek.properties $(etcdir)/obek.properties

uninstall: ## removes what install put there; a configuration that was changed stays
	rm -f $(bindir)/obek
	! cmp -s config/obek.properties $(etcdir)/obek.properties || rm -f $(etcdir)/obek.properties
	rm -rf $(datadir) $(docdir)
	! test -d $(etcdir) || rmdir --ignore-fail-on-non-empty $(etcdir)

.PHONY: install uninstall
