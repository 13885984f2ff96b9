//! The types that serde does not derive, in TypeScript: as their JSON is. Nothing else in this
//! crate knows TypeScript but by a derive.

use ts_rs::{Config, TS};

use crate::{Value, Zone};

/// Types that have no declaration of their own: they are written where they stand.
macro_rules! written_out {
    ($($type:ty => $words:literal,)+) => { $(
        impl TS for $type {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;

            fn name(_: &Config) -> String {
                $words.to_owned()
            }

            fn inline(config: &Config) -> String {
                <Self as TS>::name(config)
            }
        }
    )+ };
}

written_out! {
    Zone => "string",
    Value => "string | number | boolean | null | (string | number | boolean | null)[]",
}
