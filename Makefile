# Two commands do everything: `make run` plays the main session on the embedded
# node, `make test` runs the tests. The rest is for people who work on chanbot.

GO       ?= go
BIN      := bin/chanbot
SCENARIO ?= can-not-abort-while-open
GOFILES   = $(shell git ls-files --cached --others --exclude-standard '*.go')

# Tests for which the race detector is too slow, at least for all of what they do.
RACELESS  = ^(TestThousandPairs|TestFaultsAtEveryStageOfLife|TestChaosOnChain|TestRunsOfTheSameThingDifferInOneOfTwenty|TestASlowdownIsFoundWithANarrowInterval|TestSeveralRunsShowHowRunsDiffer|TestACleanNodeBreaksNothing|TestTheSameSeedPlaysTheSameCases|TestEveryCaseIsAScenario|TestDefectsAreFound|TestEveryKindOfDamageIsDrawn|TestEverySessionIsImportedAndPasses|TestSessionsOfOurOwnAreImported|TestSessionsOfOurOwnAreImportedFromOtherStages|TestFramesGoToTheSocketOfTheirMachine)$$

.PHONY: help run build test check interop bench microbench soak mutants fuzz-clean fmt kill-test fuzz-parsers

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## play a scenario on the embedded node (SCENARIO=name)
	./$(BIN) run $(SCENARIO) --transcript runs/transcripts

build: ## compile to bin/chanbot
	$(GO) build -o $(BIN) ./cmd/chanbot

# -cpu 1, because the race detector crashes when two goroutines on fake time find at once that their timers have run out
# (golang/go#78156); it finds races by what happens before what, so one processor per package is enough for it.
test: ## all tests: with the race detector, then the ones it is too slow for
	$(GO) test -race -cpu 1 -shuffle=on -timeout 14m ./...
	$(GO) test -timeout 14m -run '$(RACELESS)' ./cmd/chanbot ./bot ./results ./fuzz ./session

check: ## linters, then the tests
	@test -z "$$(gofmt -l $(GOFILES))" || { echo 'not formatted (run make fmt):'; gofmt -l $(GOFILES); exit 1; }
	$(GO) mod tidy -diff
	$(GO) fix -diff ./...
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	@$(GO) tool govulncheck ./... || { code=$$?; [ $$code -eq 3 ] && exit 3; echo 'govulncheck could not reach its database; skipped'; }
	$(MAKE) test

interop: build ## let the JavaScript SDK use the embedded node, where npm is installed
	@interop/run $(BIN)

bench: build ## measure what chanbot has to be good at beside references (BENCH_ROWS=load-8,load-9)
	$(GO) build -o bin/bench ./internal/bench
	bin/bench -chanbot $(BIN)

microbench: ## benchmarks of single functions
	$(GO) test -run '^$$' -bench . -benchmem ./...

SOAK ?= 1h
soak: build ## look whether memory grows over SOAK at moderate load
	$(GO) build -o bin/bench ./internal/bench
	bin/bench -chanbot $(BIN) -rows rel-2 -soak $(SOAK)

mutants: build ## let chanbot fuzz and conform look for every defect of the embedded node (MUTANTS='-only NAME,…')
	$(GO) run ./internal/mutants -conform $(MUTANTS) $(BIN)

FUZZSEEDS ?= 100
FUZZFIRST ?= 0
fuzz-clean: ## let FUZZSEEDS searches, from seed FUZZFIRST on, find nothing on the embedded node
	CHANBOT_FUZZ_SEEDS=$(FUZZSEEDS) CHANBOT_FUZZ_FIRST=$(FUZZFIRST) $(GO) test -count 1 -timeout 3h -run '^TestACleanNodeBreaksNothingForLong$$' -v ./fuzz

fmt: ## format the sources
	gofmt -w $(GOFILES)
	$(GO) fix ./...

KILLS ?= 100
kill-test: ## kill KILLS runs at random moments, report them and say what was lost
	CHANBOT_KILLS=$(KILLS) $(GO) test -count 1 -timeout 30m -run '^TestKilledAtAnyMoment$$' -v ./cmd/chanbot | grep -v -e '--- PASS: .*/' -e '^=== '

FUZZTIME ?= 1m
fuzz-parsers: ## fuzz every byte parser for FUZZTIME each
	@set -e; for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg; \
		done; \
	done
