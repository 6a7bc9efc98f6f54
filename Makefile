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

LOADTEST := bin/gateway loadtest -profiles all -faults all,none=10 -tokens 200

.DEFAULT_GOAL := all
.PHONY: all build run fmt lint test test-go test-load test-sdk test-web soak bench fuzz clean help need-go need-cc need-transcripts

all: fmt lint test ## format, lint, test

build: need-go ## bin/gateway
	go build -trimpath -buildvcs=$(VCS) -o bin/gateway ./cmd/gateway

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

test: test-go ## all tests: test-go, test-load, test-sdk and test-web
	$(MAKE) -j2 --output-sync=target test-load test-sdk test-web

test-go: need-go need-cc need-transcripts ## the Go packages, with the race detector
	go vet ./...
	go vet -tags autobahn ./downstream
	go test -race ./...

test-load: build ## a minute of flaky clients and failing providers
	$(LOADTEST) -rate 12 -ramp 5s -duration 35s -keep-alive 5s -slack 20s -cancel 10s

test-sdk: need-go need-cc ## the providers' own SDKs, unmodified
	$(MAKE) -C test/sdk test

test-web: need-go need-cc ## the TypeScript client, and both it and the playground in Chromium
	$(MAKE) -C web/client test
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
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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

need-transcripts:
	@ls "$$TIDEGATE_TRANSCRIPTS"/*.sse >/dev/null 2>&1 || { \
		echo "There are no recordings (*.sse) in $$TIDEGATE_TRANSCRIPTS."; \
		echo "Set TIDEGATE_TRANSCRIPTS to the folder that has them."; exit 1; }
