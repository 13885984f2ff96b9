//! F6: the focus goes from pane to pane, in the order of the page. A pane is an element with
//! `data-pane` and `tabindex="-1"`; inside it the element with `data-pane-focus` takes the focus.

/** 1 goes forward, -1 back; around the corner at both ends. */
export function focusPane(step: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")].filter(
    (pane) => pane.getClientRects().length > 0,
  );
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const from = at === -1 && step === -1 ? 0 : at;
  const pane = panes[(from + step + panes.length) % panes.length];
  if (pane === undefined) return;
  (pane.querySelector<HTMLElement>("[data-pane-focus]") ?? pane).focus();
}
