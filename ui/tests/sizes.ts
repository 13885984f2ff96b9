//! Sizes for tests: happy-dom lays nothing out, so lists that draw only what is in sight would draw
//! nothing. Grids are as large as a window, all else is a row high; observers hear of it once.

const WIDTH_PX = 1240;
const GRID_PX = 800;
const ROW_PX = 32;

const heightOf = (element: Element) => (element.getAttribute("role") === "grid" ? GRID_PX : ROW_PX);

class OneTimeObserver {
  readonly #callback: ResizeObserverCallback;

  constructor(callback: ResizeObserverCallback) {
    this.#callback = callback;
  }

  observe(target: Element): void {
    const height = heightOf(target);
    const size = { blockSize: height, inlineSize: WIDTH_PX };
    const contentRect = { width: WIDTH_PX, height } as DOMRectReadOnly;
    const entry = { target, contentRect, borderBoxSize: [size], contentBoxSize: [size] };
    queueMicrotask(() => {
      this.#callback([entry as unknown as ResizeObserverEntry], this as unknown as ResizeObserver);
    });
  }

  unobserve(): void {}

  disconnect(): void {}
}

/** Call it before anything is rendered; it lasts for the whole test file. */
export function giveSizes(): void {
  const observer = OneTimeObserver as unknown as typeof ResizeObserver;
  globalThis.ResizeObserver = observer;
  if (document.defaultView !== null) document.defaultView.ResizeObserver = observer;
  for (const name of ["clientWidth", "offsetWidth"]) define(name, () => WIDTH_PX);
  for (const name of ["clientHeight", "offsetHeight"]) define(name, heightOf);
  define("offsetParent", (element) => element.parentElement);
}

function define(name: string, value: (element: HTMLElement) => unknown): void {
  Object.defineProperty(HTMLElement.prototype, name, {
    configurable: true,
    get(this: HTMLElement) {
      return value(this);
    },
  });
}
