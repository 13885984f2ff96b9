//! Remembers answers until the workspace changes, so that going back costs no question.

/** So many answers are kept, the last used: an answer is a page at most. */
const ANSWER_LIMIT = 300;

const answers = new Map<string, Promise<unknown>>();

/** The remembered answer to `key`, or that of `ask`. Failures are not remembered. */
export function remembered<T>(key: string, ask: () => Promise<T>): Promise<T> {
  const known = answers.get(key) as Promise<T> | undefined;
  const answer = known ?? ask();
  answers.delete(key);
  answers.set(key, answer);
  if (known === undefined) {
    answer.catch(() => {
      if (answers.get(key) === answer) answers.delete(key);
    });
    if (answers.size > ANSWER_LIMIT) answers.delete(answers.keys().next().value as string);
  }
  return answer;
}

/** Forgets everything: the workspace changed. */
export function dropAnswers(): void {
  answers.clear();
}
