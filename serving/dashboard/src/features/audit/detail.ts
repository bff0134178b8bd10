/** The details of an entry of the audit log in words; what there are none for stays as the API writes it. */
import { digits, integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

const { audit } = text;
/** Pairs of what was before and what is now. */
const CHANGES = ["access", "addons", "plan", "status"];

export const detailOf = (detail: Record<string, unknown>): string =>
  Object.entries(detail)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${audit.fields[name] ?? audit.words[name] ?? name}: ${valueOf(name, value)}`)
    .join(" · ");

function valueOf(name: string, value: unknown): string {
  if (Array.isArray(value)) {
    const parts = value.map((each) => valueOf(name, each));
    if (CHANGES.includes(name)) return [...new Set(parts)].join(" → ");
    // Ids say nothing to a person; how many there were does.
    return name === "connections" ? integer(parts.length) : parts.join(", ");
  }
  if (value === null || value === undefined) return text.common.nothing;
  if (typeof value === "boolean") return value ? text.common.yes : text.common.no;
  if (typeof value === "number") return Number.isInteger(value) ? integer(value) : digits(value);
  if (typeof value === "string") return audit.words[value] ?? text.insight.labels[value] ?? value;
  return Object.keys(value).length === 0
    ? text.common.nothing
    : detailOf(value as Record<string, unknown>).replaceAll(" · ", ", ");
}
