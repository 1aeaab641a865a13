# migqos: make (release build), make test, make report, make bench, make lint, make compare, make performance,
# make instructions, make compare-tshark DIR=...

CARGO ?= cargo
MIGQOS := target/release/migqos
.PHONY: all release report test lint bench compare performance instructions compare-tshark clean

all: release

release:
	$(CARGO) build --release

# The committed examples; reports/README.md says what each shows.
report: release
	$(MIGQOS) analyze fixtures/precopy-loss.pcap.zst --log fixtures/precopy-loss.task.log -o reports
	$(MIGQOS) analyze fixtures/client-echo.pcap.zst -o reports
	$(MIGQOS) analyze fixtures/storage.pcap.zst --log fixtures/storage.task.log --interval 100ms -o reports
	$(MIGQOS) analyze fixtures/precopy-rounds.pcap.zst --log fixtures/precopy-rounds.query-migrate.json \
		--interval 100ms -o reports
	$(MIGQOS) analyze fixtures/precopy-loss.pcap.zst --log fixtures/precopy-loss.task.log \
		--lang id --decimal-comma --timezone Asia/Jakarta -o reports/id

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings

test: lint
	$(CARGO) test --all-targets
	$(CARGO) test --doc

bench:
	$(CARGO) bench

# Beside tcptrace, tshark, capinfos, tcpdump and a bare walk over the headers; docs/PERFORMANCE.md says more.
# PACKETS=1000000 for a quick look, RUNS=5, ONLY=ae for some of the files, COMPARE_DIR for where they are made.
COMPARE := $(CARGO) build --release --bin migqos --example walk && $(CARGO) run --release --quiet --example compare --
compare:
	$(COMPARE)

# The same, and into the document.
performance:
	$(COMPARE) --write docs/PERFORMANCE.md

# Records how many instructions a packet costs; needs valgrind.
instructions:
	$(COMPARE) --record-instructions

# DIR is a folder of captures; needs tshark.
compare-tshark:
	$(CARGO) run --release --example compare_tshark -- $(DIR)

clean:
	$(CARGO) clean
