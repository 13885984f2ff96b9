//! What happy-dom lacks and the window uses.

import { afterEach } from "vitest";

import { dropAnswers } from "../src/ipc/answers";

/** Remembered answers are those of one test. */
afterEach(() => dropAnswers());
