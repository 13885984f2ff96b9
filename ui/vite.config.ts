//! How the window's files are built, served and tested. `--mode mock` swaps the one importer of
//! Tauri for answers from fixtures, to look at screens in a plain browser; a build refuses it.

import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode, command }) => {
  if (mode === "mock" && command === "build") {
    throw new Error("The mock answers are for looking at screens and never part of a build.");
  }
  return {
    plugins: [svelte(), ...(mode === "test" ? [svelteTesting()] : [])],
    clearScreen: false,
    resolve: {
      alias:
        mode === "mock" || mode === "test"
          ? [
              {
                find: /^.*\/ipc\/transport$|^\.\/transport$/,
                replacement: here("tests/mock/transport.ts"),
              },
            ]
          : [],
    },
    server: { port: 5173, strictPort: true, host: "127.0.0.1" },
    build: {
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      cssCodeSplit: true,
      chunkSizeWarningLimit: 400,
      reportCompressedSize: true,
    },
    test: {
      environment: "happy-dom",
      include: ["src/**/*.test.ts", "tests/**/*.test.ts"],
      setupFiles: ["tests/setup.ts"],
      // Only a hang ends a test early: a busy machine must not.
      testTimeout: 60_000,
    },
  };
});
