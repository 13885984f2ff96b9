//! What the screen of session rules shows: the definition of the link, what is tried in its place,
//! and what that would change. Knows no component.

import { untrack } from "svelte";

import {
  definitionApply,
  definitionRebuild,
  definitionRemove,
  definitionUndo,
  rulesShow,
  whatIf,
  whatIfCancel,
} from "../../ipc/client";
import type {
  Definition,
  ExampleChoice,
  FieldProblem,
  PresetRow,
  RemovedRules,
  RuleChange,
  RulesPage,
  RulesRow,
  SourceRequest,
  WhatIf,
  WhatIfRequest,
} from "../../ipc/types";
import { announce } from "../../state/announce.svelte";
import { Query } from "../../state/query.svelte";
import { type RebuildSubject, rebuilds } from "../../state/rebuilds.svelte";
import { router } from "../../state/router.svelte";
import { workspace } from "../../state/workspace.svelte";
import { check, type Form, formOf, isSame, withDefaults } from "./draft";
import { type Draft, drafts } from "./drafts.svelte";
import { SourceView } from "./source.svelte";

/** So long after the last key a question goes out. */
export const ASK_AFTER_MS = 150;

export class RulesView {
  readonly page = new Query<RulesPage>(() =>
    workspace.application === null ? null : rulesShow({ application: workspace.applicationName }),
  );
  /** The question that the answer is of, as JSON; blank before the first. */
  #asked = $state("");
  readonly answer = new Query<WhatIf>(() =>
    this.#asked === "" ? null : whatIf(JSON.parse(this.#asked) as WhatIfRequest),
  );
  /** The sessions in use beside those of the source. */
  readonly source: SourceView;
  #lastChange = $state.raw<RuleChange | null>(null);
  /** The definition that was removed last in this window, while it can be brought back. */
  #removed = $state.raw<RebuildSubject | null>(null);

  /** Call it while the screen is set up. */
  constructor() {
    this.source = new SourceView(
      () => this.#subject,
      () => this.isSourceShown,
    );
    $effect(() => {
      const change = this.answer.data?.change;
      if (change != null) this.#lastChange = change;
    });
    $effect(() => {
      const question = this.#question;
      if (question === "" || question === untrack(() => this.#asked)) return undefined;
      const isFirst = untrack(() => this.#asked === "");
      const timer = setTimeout(
        () => {
          this.#asked = question;
        },
        isFirst ? 0 : ASK_AFTER_MS,
      );
      return () => clearTimeout(timer);
    });
    $effect(() => () => {
      // Nobody is there to hear whether it could be cancelled.
      void whatIfCancel().catch(() => null);
    });
  }

  // --- What the link says

  /** Whether presets are looked at in the place of the definition. */
  hasPresets: boolean = $derived(router.param("view") === "presets");
  examples: ExampleChoice = $derived(router.param("examples") === "random" ? "random" : "most");

  /** Whether the source's sessions are compared in the place of what would change. */
  isSourceShown: boolean = $derived(router.param("beside") === "source" && !this.hasPresets);

  /** The name in the link; null where it has none. */
  get linkedName(): string | null {
    return router.segments[1] ?? null;
  }

  /** The definition that is shown; null before the answer and where there is none of that name. */
  row: RulesRow | null = $derived.by(() => {
    const rows = this.page.data?.definitions ?? [];
    const name = this.linkedName;
    return (name === null ? rows[0] : rows.find((row) => row.name === name)) ?? null;
  });

  #subject: SourceRequest | null = $derived.by(() => {
    if (this.row === null) return null;
    const [application, zone] = [workspace.applicationName, workspace.zone];
    return { application, definition: this.row.name, zone };
  });

  showSource(wants: boolean): void {
    router.setParams({ beside: wants ? "source" : null }, { replace: true });
  }

  showPresets(wants: boolean): void {
    const params = { view: wants ? "presets" : null, preset: null };
    router.setParams(params, { replace: this.hasPresets });
  }

  choose(name: string): void {
    const [examples, beside] = [router.param("examples"), router.param("beside")];
    router.go(["rules", name], { examples, beside });
  }

  chooseExamples(choice: ExampleChoice): void {
    router.setParams({ examples: choice === "most" ? null : choice }, { replace: true });
  }

  choosePreset(key: string): void {
    router.setParams({ preset: key }, { replace: true });
  }

  /** The preset that is looked at; null where none is. */
  preset: PresetRow | null = $derived.by(() => {
    if (!this.hasPresets) return null;
    const presets = this.page.data?.presets ?? [];
    return presets.find((one) => one.key === router.param("preset")) ?? presets[0] ?? null;
  });

  // --- What is tried

  #untouched: Draft | null = $derived(
    this.row === null ? null : { form: formOf(this.row.definition, workspace.zone), json: null },
  );
  draft: Draft | null = $derived(
    this.row === null
      ? null
      : (drafts.of(workspace.applicationName, this.row.name) ?? this.#untouched),
  );

  /** What the form or the text says, and what is wrong before anybody is asked. */
  #read: { definition: Definition | null; json: string | null; problems: FieldProblem[] } =
    $derived.by(() => {
      if (this.draft === null) return { definition: null, json: null, problems: [] };
      if (this.draft.json !== null) return readText(this.draft.json, this.draft.form.name);
      const { definition, problems } = check(this.draft.form, this.page.data?.ranges ?? []);
      return {
        definition,
        json: definition === null ? null : JSON.stringify(definition),
        problems,
      };
    });

  /** Whether what is tried differs from what is in use; what cannot be read does. */
  isChanged: boolean = $derived.by(() => {
    if (this.row === null || this.draft === null) return false;
    const { definition } = this.#read;
    return definition === null || !isSame(definition, this.row.definition);
  });

  /** What the right side is about: the preset that is looked at, else what is tried. */
  tried: Definition | null = $derived(
    this.preset === null ? this.#read.definition : this.preset.definition,
  );

  /** Whether what is tried is written as JSON. */
  isText: boolean = $derived(this.draft !== null && this.draft.json !== null);

  edit(change: Partial<Form>): void {
    if (this.draft !== null) this.#keep({ form: { ...this.draft.form, ...change }, json: null });
  }

  /** From the curve: this many seconds. */
  tryTimeout(words: string): void {
    if (this.preset !== null || this.draft === null || this.isBusy) return;
    const ends = this.draft.form.ends === "day" ? "both" : this.draft.form.ends;
    if (this.draft.json !== null) this.endJson();
    this.edit({ inactivity: words, ends });
  }

  beginJson(): void {
    const { definition } = this.#read;
    if (this.draft === null || definition === null) return;
    this.#keep({ ...this.draft, json: JSON.stringify(definition, null, 2) });
  }

  editJson(json: string): void {
    if (this.draft !== null) this.#keep({ ...this.draft, json });
  }

  /** Back to the table, with what the text says if it can be read, else without it. */
  endJson(): void {
    if (this.draft === null) return;
    const { definition } = this.#read;
    const isGood = definition !== null && this.problems.length === 0;
    const form = isGood ? formOf(definition, workspace.zone) : this.draft.form;
    this.#keep({ form, json: null });
  }

  discard(): void {
    this.#keep(null);
    rebuilds.forget();
  }

  /** Takes a preset's rules under the name of the definition that is shown. */
  tryPreset(preset: PresetRow): void {
    if (this.row === null) return;
    const definition = { ...preset.definition, name: this.row.name };
    this.#keep({ form: formOf(definition, workspace.zone), json: null });
    this.showPresets(false);
  }

  #keep(draft: Draft | null): void {
    if (this.row !== null) drafts.set(workspace.applicationName, this.row.name, draft);
  }

  // --- What it would change

  #request: WhatIfRequest | null = $derived.by(() => {
    const json = this.preset === null ? this.#read.json : JSON.stringify(this.preset.definition);
    if (this.row === null || json === null) return null;
    return {
      application: workspace.applicationName,
      definition: this.row.name,
      json,
      examples: this.examples,
      zone: workspace.zone,
    };
  });
  #question: string = $derived(this.#request === null ? "" : JSON.stringify(this.#request));

  /** The figures that are there, of the last rules that could be tried. */
  change: RuleChange | null = $derived(this.answer.data?.change ?? this.#lastChange);
  /** Whether the figures are not (yet) those of what is tried. */
  isOld: boolean = $derived(
    this.#question !== this.#asked || this.answer.isLoading || this.answer.data?.change == null,
  );

  /** All that is wrong with what is tried: told here, or by Rust about the same rules. */
  problems: FieldProblem[] = $derived.by(() => {
    if (this.#read.problems.length > 0 || this.preset !== null) return this.#read.problems;
    const told = this.#question === this.#asked ? this.answer.data?.problem : null;
    return told == null ? [] : [told];
  });

  problemAt(path: string): string {
    return this.problems.find((problem) => problem.path === path)?.problem ?? "";
  }

  // --- What is written

  /** Whether a rebuild runs, of whichever definition. */
  isBusy: boolean = $derived(rebuilds.running !== null);

  canApply: boolean = $derived(
    this.isChanged &&
      !this.isBusy &&
      !this.hasPresets &&
      this.#read.json !== null &&
      this.problems.length === 0,
  );

  async apply(): Promise<void> {
    const { json } = this.#read;
    if (!this.canApply || this.row === null || json === null) return;
    const { name } = this.row;
    const application = workspace.applicationName;
    const isDone = await rebuilds.run(
      { application, name },
      (progress) => definitionApply({ application, json }, progress),
      `${name}: the new rules are in place`,
    );
    if (isDone) drafts.set(application, name, null);
  }

  /** Adds a preset's definition under a name of its own, and shows it. */
  async add(preset: PresetRow, name: string): Promise<void> {
    const application = workspace.applicationName;
    const json = JSON.stringify({ ...preset.definition, name });
    const isDone = await rebuilds.run(
      { application, name },
      (progress) => definitionApply({ application, json }, progress),
      `${name} was added`,
    );
    if (isDone && router.section === "rules") this.choose(name);
  }

  async undo(): Promise<void> {
    await this.#again("the change was undone", definitionUndo);
  }

  async rebuild(): Promise<void> {
    await this.#again("its sessions were built again", definitionRebuild);
  }

  /** What was removed here last; null where it is back, or another application is looked at. */
  removed: RemovedRules | null = $derived.by(() => {
    if (this.#removed?.application !== workspace.applicationName) return null;
    const name = this.#removed.name;
    return this.page.data?.removed.find((one) => one.name === name) ?? null;
  });

  /** Brings a removed definition back, and shows it. */
  async bringBack({ name }: RemovedRules): Promise<void> {
    const subject = { application: workspace.applicationName, name };
    const isDone = await rebuilds.run(
      subject,
      (progress) => definitionUndo(subject, progress),
      `${name} is back`,
    );
    if (isDone && router.section === "rules") this.choose(name);
  }

  async #again(news: string, start: typeof definitionUndo): Promise<void> {
    if (this.row === null || this.isBusy) return;
    const subject = { application: workspace.applicationName, name: this.row.name };
    await rebuilds.run(subject, (progress) => start(subject, progress), `${subject.name}: ${news}`);
  }

  /** Rejects with an `ApiError`. */
  async remove(): Promise<void> {
    if (this.row === null) return;
    const subject = { application: workspace.applicationName, name: this.row.name };
    await definitionRemove(subject);
    drafts.set(subject.application, subject.name, null);
    this.#removed = subject;
    announce(`${subject.name} was removed`);
    router.go(["rules"]);
  }
}

/** A text as a definition; which fields there may be is known in Rust alone. */
function readText(
  text: string,
  name: string,
): { definition: Definition | null; json: string | null; problems: FieldProblem[] } {
  const wrong = (path: string, problem: string) => ({
    definition: null,
    json: null,
    problems: [{ path, problem }],
  });
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (thrown) {
    return wrong("", `This is not valid JSON: ${thrown instanceof Error ? thrown.message : ""}`);
  }
  if (typeof read !== "object" || read === null || Array.isArray(read)) {
    return wrong("", "A definition is a map in braces");
  }
  if (!("name" in read) || read.name !== name) {
    return wrong("name", `The name stays “${name}”: another one is added under Presets`);
  }
  return { definition: shaped(read as Partial<Definition>), json: text, problems: [] };
}

/** Null for a map of another shape: Rust then says what is wrong with it. */
function shaped(read: Partial<Definition>): Definition | null {
  try {
    return check(formOf(withDefaults(read), ""), []).definition;
  } catch {
    return null;
  }
}
