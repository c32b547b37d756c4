//! The properties over chance, and over every input that a fuzzer once broke one with (`fuzz/found/TARGET`).

use super::*;
use proptest::prelude::*;
use std::path::Path;

type Property = fn(&[u8]);

/// The targets of the package `fuzz`, by the name of their file there.
const TARGETS: [(&str, &[Property]); 7] = [
    ("command", &[a_command_says_what_it_was_read_as, lines_do_not_depend_on_how_they_arrive]),
    ("body", &[a_body_ends_at_its_dot_alone, a_body_survives_the_wire]),
    ("reply", &[a_reply_does_not_depend_on_how_it_arrives]),
    ("record", &[a_record_reads_back, a_frame_passes_only_as_it_was_written]),
    ("name", &[a_name_reads_back]),
    ("filter", &[a_filter_means_its_terms]),
    ("config", &[a_setting_is_taken_or_complained_of]),
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

#[test]
fn what_a_fuzzer_found_and_what_it_starts_from_holds() {
    for (target, properties) in TARGETS {
        for kind in ["found", "seeds"] {
            let Ok(entries) = std::fs::read_dir(folder().join(kind).join(target)) else { continue };
            for entry in entries {
                let octets = std::fs::read(entry.expect("an entry").path()).expect("an input");
                properties.iter().for_each(|property| property(&octets));
            }
        }
        assert!(folder().join("fuzz_targets").join(format!("{target}.rs")).exists(), "{target} is no fuzz target");
    }
}

proptest! {
    #[test]
    fn chance_breaks_no_property(
        input in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..400),
            proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), any::<u8>()], 0..60),
        ],
        target in 0..TARGETS.len(),
    ) {
        TARGETS[target].1.iter().for_each(|property| property(&input));
    }
}
