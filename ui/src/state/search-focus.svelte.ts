//! The shell's search box and `/` ask for the search of people; the view that has it answers.

class SearchFocus {
  /** How often it was asked for since somebody answered. */
  #asked = $state(0);

  /** Asks for the search to take the focus, now or as soon as it is there. */
  ask(): void {
    this.#asked += 1;
  }

  /** Call it while a component is set up: `take` focuses the search. */
  onAsk(take: () => void): void {
    $effect(() => {
      if (this.#asked === 0) return;
      this.#asked = 0;
      take();
    });
  }
}

export const searchFocus = new SearchFocus();
