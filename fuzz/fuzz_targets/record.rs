//! What the journal says, and the frame around it. The properties are in `backend/src/fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    backend::fuzzing::a_record_reads_back(input);
    backend::fuzzing::a_frame_passes_only_as_it_was_written(input);
});
