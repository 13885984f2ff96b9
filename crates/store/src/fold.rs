//! Text as search sees it: without case and accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// “Inês” and “INES” both become “ines”.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_matter() {
        for (text, folded) in [
            ("Inês", "ines"),
            ("ÅSA", "asa"),
            ("Łukasz", "łukasz"),
            ("عُمَر", "عمر"),
            ("Ｆｕｌｌ", "full"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }
}
