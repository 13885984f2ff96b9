//! One tooltip for the whole window: what is under the pointer or has the keyboard's focus says in
//! words what it does, and which keys do the same. Attach it: `{@attach tip("Copy id", "Ctrl C")}`.

const SHOW_AFTER_MS = 450;
const GAP_PX = 6;

let bubble: HTMLElement | null = null;
let waiting: ReturnType<typeof setTimeout> | undefined;

/** Blank text attaches nothing. The words must also stand in the element or its aria-label. */
export function tip(text: string, keys?: string): (element: HTMLElement) => (() => void) | void {
  return (element) => {
    if (text === "") return;
    const onEnter = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => show(element, text, keys), SHOW_AFTER_MS);
    };
    const onFocus = () => {
      if (element.matches(":focus-visible")) show(element, text, keys);
    };
    element.addEventListener("pointerenter", onEnter);
    element.addEventListener("pointerleave", hide);
    element.addEventListener("pointerdown", hide);
    element.addEventListener("focus", onFocus);
    element.addEventListener("blur", hide);
    return () => {
      element.removeEventListener("pointerenter", onEnter);
      element.removeEventListener("pointerleave", hide);
      element.removeEventListener("pointerdown", hide);
      element.removeEventListener("focus", onFocus);
      element.removeEventListener("blur", hide);
      hide();
    };
  };
}

function show(element: HTMLElement, text: string, keys: string | undefined): void {
  clearTimeout(waiting);
  bubble ??= document.createElement("div");
  bubble.className = "tip";
  // Readers have the same words as label or text already.
  bubble.setAttribute("aria-hidden", "true");
  bubble.textContent = text;
  if (keys !== undefined) {
    const hint = document.createElement("kbd");
    hint.textContent = keys;
    bubble.append(hint);
  }
  // Inside an open dialog, which covers everything else.
  (element.closest("dialog") ?? document.body).append(bubble);
  const at = element.getBoundingClientRect();
  const own = bubble.getBoundingClientRect();
  const left = at.left + at.width / 2 - own.width / 2;
  const isBelow = at.bottom + GAP_PX + own.height < window.innerHeight;
  bubble.style.left = `${Math.max(4, Math.min(left, window.innerWidth - own.width - 4))}px`;
  bubble.style.top = `${isBelow ? at.bottom + GAP_PX : at.top - GAP_PX - own.height}px`;
  window.addEventListener("keydown", onKey, true);
}

function onKey(event: KeyboardEvent): void {
  if (event.key === "Escape") hide();
}

function hide(): void {
  clearTimeout(waiting);
  bubble?.remove();
  window.removeEventListener("keydown", onKey, true);
}
