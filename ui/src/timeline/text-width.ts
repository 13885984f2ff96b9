//! How wide a short text will be, in pixels, before it is painted. A careful guess from the widths
//! of Inter's glyphs: measuring for real would force a layout for every label on every resize.
//! Must not touch the document.

const NARROW = new Set([..."fijlrtI.,:;'!|()[]{}- "]);
const WIDE = new Set([..."mwMW@%&—…×"]);

/** Width of a text set in the interface font, in pixels; rather too wide than too narrow. */
export function textWidth(text: string, fontPx: number): number {
  let em = 0;
  for (const char of text) {
    if (NARROW.has(char)) em += 0.31;
    else if (WIDE.has(char)) em += 0.9;
    else if (char >= "0" && char <= "9") em += 0.63;
    else if (char >= "A" && char <= "Z") em += 0.7;
    else if (char < "\u0250") em += 0.58;
    else em += 1;
  }
  return Math.ceil(em * fontPx);
}
