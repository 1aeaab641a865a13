//! The `migqos` program: see [`migqos::cli`].
/// Asks the kernel for huge pages. What is kept of thousands of connections is touched in no order, and in pages of 4 KiB
/// every touch begins with a search for the page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    migqos::cli::main()
}
