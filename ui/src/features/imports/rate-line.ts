//! The line of rows a second as the points of an SVG polyline, newest at the right. Pure.

/** `x,y x,y …` in a box of `width` by `height`; blank below two points. */
export function ratePoints(
  rates: readonly number[],
  limit: number,
  width: number,
  height: number,
): string {
  if (rates.length < 2) return "";
  const highest = Math.max(...rates, 1);
  const step = width / (limit - 1);
  const from = width - step * (rates.length - 1);
  return rates
    .map((rate, at) => {
      const x = from + at * step;
      const y = height - (rate / highest) * (height - 2) - 1;
      return `${round(x)},${round(y)}`;
    })
    .join(" ");
}

/** The same line closed along the bottom, to be filled. */
export function rateArea(points: string, width: number, height: number): string {
  if (points === "") return "";
  const first = points.slice(0, points.indexOf(","));
  return `${first},${height} ${points} ${width},${height}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
