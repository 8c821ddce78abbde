# The front door: what there is to do, in one word each. Flags live in CMakePresets.json, sources in CMakeLists.txt.

BUILD := build
BINARY := $(BUILD)/ftl
JOBS := $(shell nproc)
SOURCES = $(shell git ls-files --cached --others --exclude-standard 'src/*.cpp')
FORMATTED = $(shell git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp')

# Ninja, which may have been installed a moment ago, where it is there; both build on all processors.
CONFIGURE = CMAKE_GENERATOR="$$(command -v ninja > /dev/null && echo Ninja || echo 'Unix Makefiles')" \
            cmake --preset release
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)

.DEFAULT_GOAL := build
.PHONY: train build test bench format lint clean help

train: $(BUILD)/.configured  ## Build what is missing, then train: make train ARGS="airbench94 --runs 3"
	@cmake --build --preset release --target ftl
	$(BINARY) train $(ARGS)

build: $(BUILD)/.configured  ## Build the program, with tests and benchmarks once they were asked for, into build/
	@cmake --build --preset release

test: $(BUILD)/.configured-tests  ## Build and run all tests
	@cmake --build --preset release
	@scripts/run-tests --preset release --parallel $(JOBS)

bench: $(BUILD)/.configured-benchmarks  ## Build and run the benchmarks: make bench ARGS="--benchmark_filter=convolution"
	@cmake --build --preset release --target ftl ftl_bench
	$(BUILD)/bench/ftl_bench $(ARGS)

format:  ## Format all sources in place
	@clang-format -i $(FORMATTED)

# clang does not read the headers that GCC has precompiled, so that this needs a folder without.
lint: $(BUILD)/.configured  ## Check formatting, then run clang-tidy over src/
	@$(CONFIGURE) -B $(BUILD)-lint -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
	@cmake --build $(BUILD)-lint --target ftl_event_protocol
	@clang-format --dry-run -Werror $(FORMATTED)
	@printf '%s\n' $(SOURCES) | xargs -P $(JOBS) -n 1 clang-tidy -p $(BUILD)-lint --quiet --extra-arg=-Wno-unknown-warning-option

clean:  ## Remove build/ and what lint has left
	@cmake -E rm -rf $(BUILD) $(BUILD)-lint

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

$(BUILD)/.configured: CMakePresets.json scripts/install-dependencies
	@scripts/install-dependencies
	@$(CONFIGURE)
	@touch $@

$(BUILD)/.configured-tests: $(BUILD)/.configured
	@scripts/install-dependencies tests
	@$(CONFIGURE) -DFTL_BUILD_TESTS=ON
	@touch $@

$(BUILD)/.configured-benchmarks: $(BUILD)/.configured
	@scripts/install-dependencies benchmarks
	@$(CONFIGURE) -DFTL_BUILD_BENCHMARKS=ON
	@touch $@
