//! The end of DATA, coming in and going out. The properties are in `backend/src/fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    backend::fuzzing::a_body_ends_at_its_dot_alone(input);
    backend::fuzzing::a_body_survives_the_wire(input);
});
