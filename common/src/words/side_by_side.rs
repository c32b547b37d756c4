//! The form of a list of texts without parameters, both languages side by side: `side_by_side! { Name; Word: "en", "ja"; }`.

/// Makes the enum, its list and how it is said; see the head of this file.
macro_rules! side_by_side {
    ($name:ident; $($(#[$doc:meta])* $word:ident: $en:literal, $ja:literal;)*) => {
        /// A text without parameters; see the head of this file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $word,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$word,)*];

            /// The text in this language.
            pub fn say(self, language: Language) -> &'static str {
                let both = match self {
                    $($name::$word => [$en, $ja],)*
                };
                both[language as usize]
            }
        }
    };
}
