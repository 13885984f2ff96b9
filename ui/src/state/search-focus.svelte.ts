//! The shell's search box and `/` ask for the search of people; the view that has it answers.

class SearchFocus {
  /** How often it was asked for. */
  #asked = $state(0);
  /** How many of these were answered by somebody. */
  #answered = 0;

  /** Asks for the search to take the focus, now or as soon as it is there. */
  ask(): void {
    this.#asked += 1;
  }

  /** Call it while a component is set up: `take` focuses the search. Every caller is asked. */
  onAsk(take: () => void): void {
    let seen = this.#answered;
    $effect(() => {
      if (this.#asked === seen) return;
      seen = this.#asked;
      this.#answered = this.#asked;
      take();
    });
  }
}

export const searchFocus = new SearchFocus();
