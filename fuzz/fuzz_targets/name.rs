//! Domains and addresses. The properties are in `backend/src/fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    backend::fuzzing::a_name_reads_back(input);
});
