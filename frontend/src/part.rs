//! Pictures without knowledge: values in, events out. None of them reads the store or opens a line.

mod badge;
mod chip;
mod command_line;
mod copy_button;
mod dynamic;
mod glyph;
mod line;
mod segments;
mod sort_arrow;
mod sparkline;

pub use badge::StatusBadge;
pub use chip::Chip;
pub use command_line::CommandLine;
pub use copy_button::CopyButton;
pub use dynamic::{dynamic, while_it};
pub use glyph::{Glyphs, ThemeIcon};
pub use line::{LineState, LiveDot, LostBar};
pub use segments::{Segment, Segments};
pub use sort_arrow::SortArrow;
pub use sparkline::Sparkline;
