//! SMTP commands: lines out of a stream, and what they say. The properties are in `backend/src/fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    backend::fuzzing::a_command_says_what_it_was_read_as(input);
    backend::fuzzing::lines_do_not_depend_on_how_they_arrive(input);
});
