# migqos: make (release build), make test, make report, make bench, make lint, make compare-tshark DIR=...

CARGO ?= cargo
MIGQOS := target/release/migqos
.PHONY: all release report test lint bench clean compare-tshark

all: release

release:
	$(CARGO) build --release

# The committed examples; reports/README.md says what each shows.
report: release
	$(MIGQOS) analyze fixtures/precopy-loss.pcap.zst fixtures/client-echo.pcap.zst -o reports
	$(MIGQOS) analyze fixtures/storage.pcap.zst --interval 100ms -o reports
	$(MIGQOS) analyze fixtures/precopy-loss.pcap.zst --lang id --decimal-comma --timezone Asia/Jakarta -o reports/id

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings

test: lint
	$(CARGO) test --all-targets
	$(CARGO) test --doc

bench:
	$(CARGO) bench

# DIR is a folder of captures; needs tshark.
compare-tshark:
	$(CARGO) run --release --example compare_tshark -- $(DIR)

clean:
	$(CARGO) clean
