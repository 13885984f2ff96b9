//! The generator's own dice: SplitMix64 and integer tables, so that every platform throws alike.
//! Must not know what is thrown for; holds no floating point (the last bit of `ln` or `exp`
//! differs between platforms).

/// A range of whole numbers, both ends included.
pub(crate) type Band = (i64, i64);

/// One stream of dice. Streams of different numbers are independent of each other, so a change
/// to one household leaves the others as they were.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = Rng(seed ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03));
        rng.next();
        rng
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..n`; `n` is at least 1.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// True in `per_mille` of 1,000 throws.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    pub(crate) fn between(&mut self, (low, high): Band) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    /// A number from one of the bands: bands of growing width stand in for a long-tailed
    /// distribution.
    pub(crate) fn banded(&mut self, bands: &[Band]) -> i64 {
        let band = self.pick(bands);
        self.between(band)
    }

    /// A copy of one of the choices.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        *self.one_of(choices)
    }

    pub(crate) fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// An index into `weights`, each as likely as its weight; their sum is at least 1.
    pub(crate) fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: u32 = weights.iter().sum();
        let mut left = self.below(u64::from(total)) as u32;
        for (index, &weight) in weights.iter().enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        weights.len() - 1
    }

    pub(crate) fn uuid(&mut self) -> uuid::Uuid {
        let bits = u128::from(self.next()) << 64 | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dice_are_splitmix64() {
        // Published first outputs of SplitMix64 from the state 1234567.
        let mut rng = Rng(1_234_567);
        assert_eq!(rng.next(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn bands_and_weights_keep_their_bounds() {
        let mut rng = Rng::new(1, 2);
        let mut seen = [0; 3];
        for _ in 0..3000 {
            assert!((3..=7).contains(&rng.between((3, 7))));
            seen[rng.weighted(&[1, 0, 2])] += 1;
        }
        assert_eq!(seen[1], 0);
        assert!(seen[2] > seen[0] && seen[0] > 0);
    }
}
