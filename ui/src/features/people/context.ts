//! The few fields of a device's snapshot that say most about a moment. Pure.

import type { ContextGroup, PropertyRow } from "../../ipc/types";

/** By how much they explain: where the event came from, which build, what state. */
const TELLING = [
  "device_model",
  "device_type",
  "operating_system",
  "os_version",
  "app_version",
  "timezone",
  "time_zone",
  "network_type",
  "battery_level",
];
const BRIEF_LIMIT = 6;

/** At most six fields, the telling ones first; the first fields where none of these is there. */
export function briefContext(groups: readonly ContextGroup[]): PropertyRow[] {
  const fields = groups.flatMap((group) => group.fields);
  const telling = TELLING.flatMap((key) => fields.filter((field) => field.key === key));
  return (telling.length > 0 ? telling : fields).slice(0, BRIEF_LIMIT);
}
