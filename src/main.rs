//! The `migqos` program: see [`migqos::cli`].
fn main() -> std::process::ExitCode {
    migqos::cli::main()
}
