//! One run: captures in, what was found out.

mod conversation;
mod engine;
mod pairs;
mod pipeline;
mod quality;
