# For Makefiles beside a package.json: it has the packages installed that
# package-lock.json pins.

NODE_MIN  := 20
INSTALLED := node_modules/.package-lock.json

.PHONY: need-go need-node

# npm leaves this file behind, with the time of the newest package in it.
$(INSTALLED): package.json package-lock.json | need-node
	npm ci --prefer-offline --no-audit --no-fund
	@touch $@

need-node:
	@command -v npm >/dev/null || { echo "Node.js $(NODE_MIN) or newer with npm is needed: https://nodejs.org"; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) >= $(NODE_MIN) ? 0 : 1)' || { \
		echo "Node.js $(NODE_MIN) or newer is needed; this is $$(node --version)."; exit 1; }

need-go:
	@command -v go >/dev/null || { echo "Go 1.26 or newer is needed: https://go.dev/dl"; exit 1; }
