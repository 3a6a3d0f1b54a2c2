# make demo     installs what is missing, builds, and syncs memory-bank-sample
# make test     every test, the format check included
# make check    the quick one: format check, and the tests that start no processes
# make units    the service test alone: the daemon under a real systemd --user
# make planted  breaks each rule of the protocol in a copy of the program, and shows that a test notices
# make fresh    make demo and make test on a bare Debian 12, in a chroot (root)
# make crash    kills real daemons and Redis at random moments: make crash ROUNDS=500, SEED=1 to begin as before
# make bench    measures what `make install` installs, beside git and redis-cli; make bench BENCH='--only save --quick' a part of it
# make fuzz     looks for inputs that break something: make fuzz TIME=600 TARGET='packs paths' JOBS=2
# make sanitize runs the tests under the address and thread sanitizers: make sanitize SANITIZE=thread FILTER=MirrorTests
# make simulate whole replicas in one process: make simulate SEEDS=1000 STEPS=200 JOBS=2, or SEED=7 for the story of one
# make install  builds for release and installs under $(DESTDIR)$(PREFIX); make uninstall takes that away
# make format   formats the Swift sources; make clean removes .build

SHELL := /bin/bash
.DEFAULT_GOAL := help
PREFIX ?= /usr/local
DESTDIR ?=
# Tests to run: make test FILTER=MirrorTests
FILTER ?=
# Rounds of make crash, and where their dice begin.
ROUNDS ?= 100
SEED ?=
# What make bench is to do: make bench BENCH=--help
BENCH ?=
# For make sanitize: address, thread, or both when empty.
SANITIZE ?=
# For make fuzz: seconds for all targets together, the targets (all of them when empty), so many at once.
TIME ?= 300
TARGET ?=
JOBS ?= 1
# What the service test installs: make units DAEMON=.build/install/membank checks what `make install` would install.
DAEMON ?= .build/debug/membank

swift_sources = Sources Tests Package.swift
shell_scripts = .ci/run .ci/setup .ci/fresh .ci/test .ci/demo .ci/fuzz .ci/sanitize Tests/Service/user-systemd Tests/Service/service-check \
  Tests/Planted/plant
units = membank@.service membank-backup@.service membank-backup@.timer
bindir = $(PREFIX)/bin
unitdir = $(PREFIX)/share/systemd/user
# As it is written in a unit, and in sed's replacement.
unit_bindir = $(subst &,\&,$(subst %,%%,$(bindir)))
# What `make install` installs: linked against the system's C libraries, with Swift's own inside.
PROGRAM ?= .build/install/membank

.PHONY: help
help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

.PHONY: demo
demo:
	@.ci/setup build
	@swift build --quiet --product membank
	@.ci/demo .build/debug/membank

.PHONY: test
test: setup-test lint
	@swift build --quiet --build-tests
	@.ci/test --skip-build $(if $(FILTER),--filter '$(FILTER)')
	@$(if $(FILTER),,$(service_test))

.PHONY: check
check: setup-test lint
	@swift build --quiet --build-tests
	@.ci/test --skip-build --skip 'ProcessTests/'

.PHONY: planted
planted: setup-test
	@Tests/Planted/plant

.PHONY: fresh
fresh:
	@.ci/fresh

.PHONY: crash
crash: setup-test
	@swift build --quiet --build-tests
	@MEMBANK_CRASH_ROUNDS='$(ROUNDS)' $(if $(SEED),MEMBANK_CRASH_SEED='$(SEED)') \
	  .ci/test --skip-build --filter KillRoundsProcessTests/

.PHONY: bench
bench: setup-build release
	swift build -c release --quiet --product Benchmarks
	.build/release/Benchmarks --membank .build/install/membank $(BENCH)

.PHONY: fuzz
fuzz: setup-build
	@TIME='$(TIME)' JOBS='$(JOBS)' .ci/fuzz run $(TARGET)

.PHONY: sanitize
sanitize: setup-test
	@.ci/sanitize $(SANITIZE) $(if $(FILTER),-- --filter '$(FILTER)')

# Options of the simulator, from the variables that are set.
simulate_options = $(foreach name,SEED SEEDS FIRST STEPS JOBS SECONDS KEEP,\
  $(if $(filter command environment,$(origin $(name))),--$(shell echo $(name) | tr A-Z a-z) '$($(name))'))

.PHONY: simulate
simulate: setup-build
	@swift build -c release --quiet --product simulate
	@$$(swift build -c release --show-bin-path)/simulate $(simulate_options)

.PHONY: setup-build setup-test
setup-build setup-test: setup-%:
	@.ci/setup $*

.PHONY: lint
lint: setup-build
	@swift format lint --strict --recursive $(swift_sources)
	@for script in $(shell_scripts); do bash -n $$script || exit; done

.PHONY: format
format:
	swift format --in-place --recursive $(swift_sources)

# The daemon as a service, in a booted user manager; a machine that can't do that (77) says why.
service_test = Tests/Service/user-systemd --program '$(DAEMON)' Tests/Service/service-check || [[ $$? == 77 ]]

.PHONY: units
units: setup-test
	@$(if $(filter .build/debug/membank,$(DAEMON)),swift build --quiet --product membank)
	@$(service_test)

# Built by `make release` as yourself, so that `sudo make install` needs no toolchain and leaves no root's files here.
.build/install/membank: Package.swift $(shell find Sources -type f)
	swift build -c release --static-swift-stdlib --product membank
	install -D .build/release/membank $@

.PHONY: release
release: .build/install/membank

.PHONY: install
install: release install-files

.PHONY: install-files
install-files:
	install -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(unitdir)'
	install -m 755 '$(PROGRAM)' '$(DESTDIR)$(bindir)/membank'
	for unit in $(units); do \
	  sed 's|/usr/local/bin/|$(unit_bindir)/|' "systemd/$$unit" >'$(DESTDIR)$(unitdir)'/"$$unit" && \
	  chmod 644 '$(DESTDIR)$(unitdir)'/"$$unit" || exit; \
	done

.PHONY: uninstall
uninstall:
	rm -f '$(DESTDIR)$(bindir)/membank'
	cd '$(DESTDIR)$(unitdir)' 2>/dev/null && rm -f $(units) || true

.PHONY: clean
clean:
	rm -rf .build
