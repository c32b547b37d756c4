//! `cargo xtask compress`: brotli and gzip beside each file of the console, made once so that the server never compresses.
//!
//! Trunk calls it after a build and names the folder. Debug builds are left alone: nobody waits for a loopback. A variant
//! that would not be smaller is not written, so the server takes the best file that is there. Before that, the names between
//! the program and its script are made short (`shorten`); nothing else of what Trunk made changes.

use crate::arguments;
use crate::failure::{Failure, Outcome};
use crate::fingerprint;
use crate::place::Place;
use crate::shorten::shorten;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// What compresses well. Pictures and fonts of the web are compressed already.
const KINDS: [&str; 8] = ["wasm", "js", "css", "html", "svg", "json", "txt", "webmanifest"];

/// Brotli's best, and its largest window: a build waits some seconds so that every visit is shorter.
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW: u32 = 24;
const BROTLI_BUFFER_BYTES: usize = 64 * 1024;

/// Bytes of one folder in each form. A file without a smaller variant counts as it is.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sizes {
    files: usize,
    raw: usize,
    brotli: usize,
    gzip: usize,
}

/// The hook: acts on Trunk's staging folder in release builds.
pub fn run(_: &Place, words: &[OsString]) -> Outcome {
    arguments::none("compress", words)?;
    let Some(folder) = env::var_os("TRUNK_STAGING_DIR") else {
        let sentence = "Trunk calls this after a build; to build the console, say `cargo xtask build`.";
        return Err(Failure::usage(sentence));
    };
    if env::var_os("TRUNK_PROFILE").as_deref() != Some(OsStr::new("release")) {
        return Ok(());
    }
    let folder = Path::new(&folder);
    let sizes = shorten(folder)
        .and_then(|()| squeeze(folder))
        .map_err(|error| Failure::system(format!("compress {}", folder.display()), error))?;
    eprintln!(
        "compress: {} files, {:.1} kB; brotli {:.1} kB, gzip {:.1} kB",
        sizes.files,
        kilobytes(sizes.raw),
        kilobytes(sizes.brotli),
        kilobytes(sizes.gzip)
    );
    Ok(())
}

fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1000.0
}

/// Writes `NAME.br` and `NAME.gz` beside each file worth it.
fn squeeze(folder: &Path) -> io::Result<Sizes> {
    let mut sizes = Sizes::default();
    for path in fingerprint::files(folder)? {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        if !KINDS.contains(&extension) {
            continue;
        }
        let raw = fs::read(&path)?;
        let keep = |extension, small: Vec<u8>| {
            if small.len() >= raw.len() {
                return Ok(raw.len());
            }
            fs::write(path.with_added_extension(extension), &small)?;
            io::Result::Ok(small.len())
        };
        sizes.brotli += keep("br", brotli(&raw)?)?;
        sizes.gzip += keep("gz", gzip(&raw)?)?;
        sizes.raw += raw.len();
        sizes.files += 1;
    }
    Ok(sizes)
}

fn brotli(raw: &[u8]) -> io::Result<Vec<u8>> {
    let mut small = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut small, BROTLI_BUFFER_BYTES, BROTLI_QUALITY, BROTLI_WINDOW);
    writer.write_all(raw)?;
    drop(writer); // ends the stream
    Ok(small)
}

fn gzip(raw: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(raw)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use std::io::Read;

    #[test]
    fn both_variants_unpack_to_the_original() {
        let scratch = Scratch::new("squeeze");
        let script = "let hosts = new Map();\n".repeat(4_000);
        fs::create_dir(scratch.folder.join("snippets")).unwrap();
        let path = scratch.folder.join("snippets/app.js");
        fs::write(&path, &script).unwrap();

        let sizes = squeeze(&scratch.folder).unwrap();
        assert_eq!((sizes.files, sizes.raw), (1, script.len()));
        assert!(sizes.brotli < sizes.gzip && sizes.gzip < sizes.raw / 10);

        let packed = fs::read(path.with_added_extension("br")).unwrap();
        let mut text = String::new();
        brotli::Decompressor::new(&packed[..], 4096).read_to_string(&mut text).unwrap();
        assert_eq!(text, script);

        let packed = fs::read(path.with_added_extension("gz")).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, script);
    }

    #[test]
    fn what_would_not_shrink_and_what_is_no_text_stay_alone() {
        let scratch = Scratch::new("alone");
        fs::write(scratch.folder.join("tiny.css"), "a{}").unwrap();
        fs::write(scratch.folder.join("font.woff2"), "x".repeat(5_000)).unwrap();
        let sizes = squeeze(&scratch.folder).unwrap();
        assert_eq!(sizes, Sizes { files: 1, raw: 3, brotli: 3, gzip: 3 });
        assert_eq!(fs::read_dir(&scratch.folder).unwrap().count(), 2);
    }
}
