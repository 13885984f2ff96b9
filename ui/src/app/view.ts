//! Which view a link shows. Pure.

export interface View {
  name: "people" | "imports" | "rules" | "settings" | "welcome";
  /** The section of the side bar that is marked; blank marks none. */
  section: string;
}

/** An empty workspace asks for events, until files were chosen or one is being imported. */
export function viewOf(section: string, state: { isEmpty: boolean; hasImportWork: boolean }): View {
  if (section === "settings") return { name: "settings", section: "settings" };
  if (state.hasImportWork && (state.isEmpty || section === "imports")) {
    return { name: "imports", section: "imports" };
  }
  if (state.isEmpty) return { name: "welcome", section: "imports" };
  if (section === "imports") return { name: "imports", section: "imports" };
  if (section === "rules") return { name: "rules", section: "rules" };
  return { name: "people", section: "users" };
}
