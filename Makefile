# `make` formats, lints and tests. `make help` lists the rest.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c

GOLANGCI  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME  ?= 20s
BENCHARGS ?=
ROUNDS    ?= 10
SOAKTIME  ?= 10m

# Recorded provider streams. They are no part of this repository.
export TIDEGATE_TRANSCRIPTS ?= $(abspath ../shared/transcripts)

# Go refuses to build where git refuses to answer, as in a folder that belongs
# to somebody else.
VCS := $(if $(shell git rev-parse HEAD 2>/dev/null),auto,false)

# The gateway that tests run which need its binary: the one that GATEWAY names,
# or one with the race detector.
export GATEWAY := $(abspath $(or $(GATEWAY),bin/gateway-race))

LOADTEST := bin/gateway loadtest -profiles all -faults all,none=10 -tokens 200

.DEFAULT_GOAL := all
.PHONY: all build build-race run fmt lint test test-go test-load test-sdk test-web test-client test-browser soak bench fuzz clean help \
	need-go need-cc need-chromium need-promtool need-transcripts

all: fmt lint test ## format, lint, test

build: need-go ## bin/gateway
	go build -trimpath -buildvcs=$(VCS) -o bin/gateway ./cmd/gateway

build-race: need-cc
	go build -race -buildvcs=false -o bin/gateway-race ./cmd/gateway

run: build ## run the gateway with a scripted provider inside
	bin/gateway demo $(ARGS)

fmt: need-go ## format all Go files
	gofmt -l -w .

lint: need-go ## check formatting, modules and code
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; fi
	go mod tidy -diff
	go -C test/sdk mod tidy -diff
	go -C test/browser mod tidy -diff
	go run $(GOLANGCI) run ./...
	cd test/sdk && go run $(GOLANGCI) run ./...
	cd test/browser && go run $(GOLANGCI) run ./...

# Two side by side, as tests wait more than they work; more of them would starve
# a browser on a small machine. What they need is there by then: two that install
# something at once would be in each other's way.
test: build build-race need-transcripts need-promtool need-chromium ## all tests: test-go, test-load, test-sdk and test-web
	$(MAKE) -j2 --output-sync=target test-go test-client test-sdk test-browser test-load

test-go: build-race need-transcripts need-promtool ## the Go packages, with the race detector
	go vet ./...
	go vet -tags autobahn ./downstream
	go test -race -timeout 30m ./...

test-load: build ## a minute of flaky clients and failing providers
	$(LOADTEST) -rate 12 -ramp 5s -duration 35s -keep-alive 5s -slack 20s -cancel 10s

test-sdk: build-race ## the providers' own SDKs, unmodified
	$(MAKE) -C test/sdk test

test-web: test-client test-browser ## the TypeScript client, and both it and the playground in Chromium

test-client: build-race
	$(MAKE) -C web/client test

test-browser: build-race need-chromium
	$(MAKE) -C test/browser test

soak: build need-cc need-transcripts ## flaky clients for SOAKTIME, every recording through breaking lines ROUNDS times
	$(LOADTEST) -rate 8 -ramp 10s -duration $(SOAKTIME) -slack 10s -cancel 5s -html bin/soak.html
	TIDEGATE_SOAK=$(ROUNDS) go test -race ./cmd/gateway -run 'ExactlyOnce|Wild' -count=1 -timeout 30m -v

bench: build ## compare with other proxies on this machine (BENCHARGS="-quick")
	go run ./internal/bench -gateway bin/gateway $(BENCHARGS)

fuzz: need-go ## every fuzz target for FUZZTIME
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		for target in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | cut -c6-); do \
			echo "$$dir $$target"; \
			go test $$dir -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x; \
		done; \
	done

clean: ## remove what was built
	rm -rf bin dist

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

need-go:
	@command -v go >/dev/null || { echo "Go 1.26 or newer is needed: https://go.dev/dl"; exit 1; }

# The race detector is linked with a C compiler.
need-cc: need-go
	@cc=$$(go env CC); command -v $${cc%% *} >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq gcc libc6-dev; \
	else \
		echo "The race detector needs a C compiler ($$cc): install gcc, or set CC."; exit 1; \
	fi

need-chromium: | need-cc
	@$(MAKE) --no-print-directory -C test/browser $@

# Out of Debian's package, which would also start a server.
need-promtool: | need-cc
	@[ -z "$${PROMTOOL:-}" ] && [ ! -x bin/promtool ] && ! command -v promtool >/dev/null || exit 0; \
	if ! command -v apt-get >/dev/null; then \
		echo "promtool is needed, of Prometheus: https://prometheus.io/download, or set PROMTOOL to its path."; exit 1; \
	fi; \
	if [ "$$(id -u)" = 0 ]; then apt-get update -qq; fi; \
	mkdir -p bin/promtool.d && cd bin/promtool.d && apt-get -qq -o APT::Sandbox::User=root download prometheus && \
	dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool > promtool && chmod +x promtool && \
	mv promtool .. && cd .. && rm -r promtool.d

need-transcripts:
	@ls "$$TIDEGATE_TRANSCRIPTS"/*.sse >/dev/null 2>&1 || { \
		echo "There are no recordings (*.sse) in $$TIDEGATE_TRANSCRIPTS."; \
		echo "Set TIDEGATE_TRANSCRIPTS to the folder that has them."; exit 1; }
