//! What is on a display: its pixels, whether a window has painted itself, and a picture of it.
//! ImageMagick's `import` looks; the judging is here.

use std::collections::HashSet;
use std::path::Path;

use crate::failure::Outcome;
use crate::headless::Headless;
use crate::tool::{output_of, tool};

/// An empty root window has one colour, a window without content two or three.
const PAINTED_COLOR_COUNT: usize = 16;

/// A blinking caret may change this many pixels of a picture that otherwise stands still.
const STILL_CHANGED_PIXELS: usize = 64;

/// The pixels of one moment, three bytes each.
pub(crate) struct Pixels(Vec<u8>);

impl Pixels {
    /// Looks at the display.
    pub(crate) fn of(display: &Headless) -> Outcome<Self> {
        let mut import = tool("import");
        display.lend_to(import.args(["-silent", "-window", "root", "-depth", "8", "rgb:-"]));
        output_of(&mut import).map(Self)
    }

    /// Whether more is drawn than empty surfaces.
    pub(crate) fn are_painted(&self) -> bool {
        let (pixels, _) = self.0.as_chunks::<3>();
        let mut colors = HashSet::new();
        pixels
            .iter()
            .any(|color| colors.insert(color) && colors.len() > PAINTED_COLOR_COUNT)
    }

    /// Whether two moments show the same but for a caret.
    pub(crate) fn look_like(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.0.as_chunks::<3>().0, other.0.as_chunks::<3>().0);
        let changed_count = ours.iter().zip(theirs).filter(|(a, b)| a != b).count();
        ours.len() == theirs.len() && changed_count <= STILL_CHANGED_PIXELS
    }
}

/// Writes a PNG of the display.
pub(crate) fn save_picture(display: &Headless, file: &Path) -> Outcome {
    let mut import = tool("import");
    display.lend_to(import.args(["-silent", "-window", "root"]).arg(file));
    output_of(&mut import).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of `pixel_count` pixels that cycles through `color_count` greys.
    fn picture(pixel_count: usize, color_count: usize) -> Pixels {
        let grey = |index: usize| (index % color_count) as u8;
        Pixels(
            (0..pixel_count)
                .flat_map(|index| [grey(index); 3])
                .collect(),
        )
    }

    #[test]
    fn a_picture_is_painted_from_the_seventeenth_colour_on() {
        assert!(!picture(10_000, 1).are_painted());
        assert!(!picture(10_000, 16).are_painted());
        assert!(picture(10_000, 17).are_painted());
        assert!(!Pixels(Vec::new()).are_painted());
    }

    #[test]
    fn a_caret_does_not_make_a_picture_move_but_a_new_row_does() {
        let before = picture(10_000, 20);
        let mut caret = before.0.clone();
        caret[..64 * 3].fill(255);
        assert!(before.look_like(&Pixels(caret)));
        let mut row = before.0.clone();
        row[..65 * 3].fill(255);
        assert!(!before.look_like(&Pixels(row)));
        assert!(!before.look_like(&picture(9_999, 20)));
    }
}
