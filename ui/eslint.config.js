import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

/** Only `src/ipc` may know Tauri; shared parts know no feature; features don't know each other. */
const noTauri = {
  group: ["@tauri-apps/*"],
  message: "Only src/ipc/transport.ts imports Tauri: ask through src/ipc/client.ts.",
};
const noFeature = { group: ["**/features/**"], message: "Shared parts know no feature." };
const noOtherFeature = {
  group: ["../../features/**", "../imports/**", "../first-run/**", "../people/**"],
  message: "Features don't import each other: the shell composes them.",
};
const noApp = { group: ["**/app/**"], message: "Only main.ts imports the shell." };

const restrict = (...patterns) => ({ "no-restricted-imports": ["error", { patterns }] });

export default ts.config(
  { ignores: ["dist", "node_modules", "coverage"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  prettier,
  ...svelte.configs.prettier,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      "svelte/no-at-html-tags": "error",
      "svelte/prefer-style-directive": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-undef": "off",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "@typescript-eslint/no-invalid-void-type": "off",
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig },
    },
  },
  { files: ["src/**"], rules: restrict(noTauri) },
  {
    files: ["src/{controls,format,ipc,keys,state,timeline}/**"],
    rules: restrict(noTauri, noFeature, noApp),
  },
  { files: ["src/features/**"], rules: restrict(noTauri, noOtherFeature, noApp) },
  { files: ["src/ipc/transport.ts"], rules: restrict(noFeature, noApp) },
);
