# For folders of Go tests with packages of npm: `make test` runs them.

include ../npm.mk

# Tests wait more than they work: more of them than there are processors may
# run at once.
PARALLEL ?= 4

.DEFAULT_GOAL := test
.PHONY: test

test: need-go $(INSTALLED)
	go test -race -count=1 -parallel $(PARALLEL) ./...
