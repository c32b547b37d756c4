//! Characters that a person does not see.

/// Characters without a glyph that change how others are read: marks, embeddings, overrides and isolates of
/// direction (Unicode TR 9), line and paragraph separators, zero-width ones, tags.
pub fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
