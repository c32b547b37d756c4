//! What a next hop answers. The properties are in `backend/src/fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    backend::fuzzing::a_reply_does_not_depend_on_how_it_arrives(input);
});
