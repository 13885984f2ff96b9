//! One tab stop for a row of controls: arrows, Home and End move the focus among those that match.

/** `select` also presses what gets the focus, as radio buttons and tabs do. */
export function roving(selector: string, select = false): (element: HTMLElement) => () => void {
  return (element) => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const items = [...element.querySelectorAll<HTMLElement>(selector)];
      const at = items.indexOf(document.activeElement as HTMLElement);
      const to = at === -1 ? undefined : items[target(event.key, at, items.length)];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      to.focus();
      if (select) to.click();
    };
    element.addEventListener("keydown", onKey);
    return () => element.removeEventListener("keydown", onKey);
  };
}

/** Around the corner at both ends; -1 for another key. */
function target(key: string, at: number, count: number): number {
  switch (key) {
    case "ArrowRight":
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowLeft":
    case "ArrowUp":
      return (at + count - 1) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return -1;
  }
}
