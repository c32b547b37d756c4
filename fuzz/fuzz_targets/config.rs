//! The file of settings. The properties are in `backend/src/fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    backend::fuzzing::a_setting_is_taken_or_complained_of(input);
});
