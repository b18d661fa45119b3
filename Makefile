# What people and CI run. `make help` lists it.
.PHONY: help build demo test soak bench lint vm-test vm-demo vm-conformance vm-bench nix-test clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

build: ## bin/zfsrep, a static program
	CGO_ENABLED=0 go build -trimpath -o bin/zfsrep ./cmd/zfsrep

demo: ## five nights on a simulated pair of machines
	CGO_ENABLED=0 go build -trimpath -o bin/zfsrep-demo ./cmd/zfsrep-demo
	./bin/zfsrep-demo

test: build ## every test that needs no other machine
	go vet ./...
	go test ./...
	.ci/scenarios bin/zfsrep

soak: ## 100,000 random histories; takes hours
	ZFSREP_SOAK=100000 go test ./internal/proof -run TestHistories -timeout 10h -v

bench: build ## benchmarks; they measure, they do not judge
	go test -run '^$$' -bench . -benchmem ./...
	tests/bench/plan.py bin/zfsrep

lint: ## formatting, vet, staticcheck
	.ci/lint

vm-test: ## the end-to-end suite on two machines with real OpenZFS
	tests/vm/run

vm-demo: ## the daily workflow on two machines with real OpenZFS
	tests/vm/run 10_daily_workflow

vm-conformance: ## the simulator's cases, asked of real OpenZFS
	tests/vm/conformance

vm-bench: ## how long a night takes, beside syncoid
	tests/vm/run tests/bench/night.py

nix-test: ## everything about the Nix half that can be checked here
	nix/check

clean:
	rm -rf bin result result-*
