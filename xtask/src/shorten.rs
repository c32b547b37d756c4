//! The names by which the console's program calls its script, made short: wasm-bindgen gives each a hash of sixteen digits,
//! twice, and no packer can shrink those. Comments and indents of the script go as well, since Trunk's own pass over scripts
//! cannot read this one.
//!
//! Promises: program and script are changed together or not at all; whatever is not of the expected form is left as it came.
//! Never reads the meaning of the script: a name is replaced where it stands as a whole word.

use crate::fingerprint;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

/// The section of a module that names what it imports.
const IMPORTS: u8 = 2;
/// Magic and version of a module.
const HEAD: usize = 8;

/// Rewrites each `NAME_bg.wasm` of a folder and its `NAME.js`.
pub fn shorten(folder: &Path) -> io::Result<()> {
    for program in fingerprint::files(folder)? {
        let Some(stem) = program.to_str().and_then(|name| name.strip_suffix("_bg.wasm")) else { continue };
        let script = Path::new(stem).with_added_extension("js");
        let (module, text) = (fs::read(&program)?, fs::read_to_string(&script)?);
        if let Some((module, text)) = pair(&module, &text) {
            fs::write(&program, module)?;
            fs::write(&script, text)?;
        }
    }
    Ok(())
}

/// Both with short names, or nothing if one of them is not as expected.
fn pair(module: &[u8], script: &str) -> Option<(Vec<u8>, String)> {
    let (start, end) = section(module, IMPORTS)?;
    let imports = Imports::read(&module[start..end])?;
    if script.contains('$') && script.replace("${", "").contains('$') {
        return None; // ours begin with it
    }
    let mut short = HashMap::new();
    for import in imports.0.iter().filter(|import| script.contains(import.name)) {
        let next = format!("${:x}", short.len());
        short.entry(import.name).or_insert(next);
    }
    let body = imports.written(&short);
    let mut out = module[..HEAD].to_vec();
    let mut at = HEAD;
    while at < module.len() {
        let (length, from) = number(module, at + 1)?;
        let to = from.checked_add(length)?;
        if module[at] == IMPORTS {
            out.push(IMPORTS);
            push_number(&mut out, body.len());
            out.extend(&body);
        } else {
            out.extend(module.get(at..to)?);
        }
        at = to;
    }
    Some((out, renamed(&bare(script), &short)))
}

/// One import: from where, under which name, and what it is, as it came.
struct Import<'a> {
    module: &'a str,
    name: &'a str,
    kind: &'a [u8],
}

struct Imports<'a>(Vec<Import<'a>>);

impl<'a> Imports<'a> {
    /// Functions only: this program imports nothing else.
    fn read(body: &'a [u8]) -> Option<Imports<'a>> {
        let (count, mut at) = number(body, 0)?;
        let mut imports = Vec::new();
        for _ in 0..count {
            let (module, next) = text(body, at)?;
            let (name, next) = text(body, next)?;
            if *body.get(next)? != 0 {
                return None;
            }
            let (_, end) = number(body, next + 1)?;
            imports.push(Import { module, name, kind: &body[next..end] });
            at = end;
        }
        (at == body.len()).then_some(Imports(imports))
    }

    fn written(&self, short: &HashMap<&str, String>) -> Vec<u8> {
        let mut out = Vec::new();
        push_number(&mut out, self.0.len());
        for import in &self.0 {
            let name = short.get(import.name).map_or(import.name, String::as_str);
            for word in [import.module, name] {
                push_number(&mut out, word.len());
                out.extend(word.as_bytes());
            }
            out.extend(import.kind);
        }
        out
    }
}

/// Where the body of a section lies.
fn section(module: &[u8], wanted: u8) -> Option<(usize, usize)> {
    let mut at = HEAD;
    while at < module.len() {
        let (length, from) = number(module, at + 1)?;
        let to = from.checked_add(length)?;
        if module[at] == wanted {
            return (to <= module.len()).then_some((from, to));
        }
        at = to;
    }
    None
}

/// An unsigned LEB128 number, and where it ends.
fn number(octets: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let (mut value, mut shift) = (0_usize, 0_u32);
    loop {
        let octet = *octets.get(at)?;
        value |= usize::from(octet & 0x7f).checked_shl(shift)?;
        at += 1;
        if octet < 0x80 {
            return Some((value, at));
        }
        shift += 7;
    }
}

fn push_number(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn text(octets: &[u8], at: usize) -> Option<(&str, usize)> {
    let (length, from) = number(octets, at)?;
    let end = from.checked_add(length)?;
    Some((std::str::from_utf8(octets.get(from..end)?).ok()?, end))
}

/// Without indents, comments on lines of their own and empty lines; as it came where a text of the script runs over lines.
fn bare(script: &str) -> String {
    if script.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return script.to_owned();
    }
    let is_comment = |line: &&str| line.is_empty() || ["//", "/*", "*"].iter().any(|mark| line.starts_with(mark));
    let lines: Vec<&str> = script.lines().map(str::trim).filter(|line| !is_comment(line)).collect();
    lines.join("\n") + "\n"
}

/// Each name that stands as a whole word by its short one.
fn renamed(script: &str, short: &HashMap<&str, String>) -> String {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(start) = rest.find(is_part) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|letter| !is_part(letter)).unwrap_or(word.len());
        out.push_str(before);
        out.push_str(short.get(&word[..end]).map_or(&word[..end], String::as_str));
        rest = &word[end..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "__wbg_now_0123456789abcdef";

    fn module(kind: u8) -> Vec<u8> {
        let mut body = vec![1, 3];
        body.extend(b"./x");
        body.push(NAME.len() as u8);
        body.extend(NAME.as_bytes());
        body.extend([kind, 5]);
        let mut module = b"\0asm\x01\0\0\0\x01\x01\x00\x02".to_vec();
        module.push(body.len() as u8);
        module.extend(body);
        module.extend([10, 2, 7, 7]);
        module
    }

    #[test]
    fn program_and_script_get_the_same_short_name() {
        let script = format!("/**\n * a comment\n */\nconst x = {{\n    {NAME}: 1, {NAME}0: `a{NAME}`,\n}};\n");
        let (program, script) = pair(&module(0), &script).unwrap();
        assert_eq!(program, b"\0asm\x01\0\0\0\x01\x01\x00\x02\x0a\x01\x03./x\x02$0\x00\x05\x0a\x02\x07\x07");
        assert_eq!(script, format!("const x = {{\n$0: 1, {NAME}0: `a{NAME}`,\n}};\n"));
    }

    #[test]
    fn what_is_not_as_expected_stays_as_it_came() {
        assert!(pair(&module(1), NAME).is_none(), "an import that is no function");
        assert!(pair(&module(0)[..30], NAME).is_none(), "a module that ends too early");
        assert!(pair(&module(0), &format!("let $0 = {NAME};")).is_none(), "a name that might be ours");
        assert_eq!(bare("  a = `\n  b`;\n"), "  a = `\n  b`;\n", "a text over two lines");
    }
}
