//! Short news for people who listen, and for the status bar: what just happened.

const SHOWN_FOR_MS = 4000;

class News {
  text = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;

  tell(text: string): void {
    clearTimeout(this.#timer);
    this.text = text;
    this.#timer = setTimeout(() => {
      this.text = "";
    }, SHOWN_FOR_MS);
  }
}

export const news = new News();

/** Says it in the status bar and to screen readers. */
export function announce(text: string): void {
  news.tell(text);
}
