# The front door: what there is to do, in one word each. Flags live in CMakePresets.json, sources in CMakeLists.txt.

BUILD := build
BINARY := $(BUILD)/ftl
JOBS := $(shell nproc)
SOURCES = $(shell git ls-files --cached --others --exclude-standard 'src/*.cpp')
FORMATTED = $(shell git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp')

export CMAKE_GENERATOR := $(if $(shell command -v ninja),Ninja,Unix Makefiles)
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)

.DEFAULT_GOAL := build
.PHONY: train build test bench format lint clean help

train: $(BUILD)/.configured  ## Build what is missing, then train: make train ARGS="airbench94 --runs 3"
	@cmake --build --preset release --target ftl
	$(BINARY) train $(ARGS)

build: $(BUILD)/.configured  ## Build the program, its tests and its benchmarks into build/
	@cmake --build --preset release

test: build  ## Build and run all tests
	@scripts/run-tests --preset release --parallel $(JOBS)

bench: $(BUILD)/.configured  ## Build and run the benchmarks: make bench ARGS="--benchmark_filter=convolution"
	@cmake --build --preset release --target ftl_bench
	$(BUILD)/bench/ftl_bench $(ARGS)

format:  ## Format all sources in place
	@clang-format -i $(FORMATTED)

lint: $(BUILD)/.configured  ## Check formatting, then run clang-tidy over src/
	@cmake --build --preset release --target ftl_event_protocol
	@clang-format --dry-run -Werror $(FORMATTED)
	@printf '%s\n' $(SOURCES) | xargs -P $(JOBS) -n 1 clang-tidy -p $(BUILD) --quiet --extra-arg=-Wno-unknown-warning-option

clean:  ## Remove build/
	@cmake -E rm -rf $(BUILD)

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

$(BUILD)/.configured: CMakePresets.json scripts/install-dependencies
	@scripts/install-dependencies
	@cmake --preset release
	@touch $@
