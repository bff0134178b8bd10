import type { Schemas } from "@/lib/api/client";
import { text } from "@/lib/text";

export type Version = Schemas["PromptVersion"];

/** `v3`, or the beginning of the hash of a version that is not ours to see. */
export function versionName(versions: readonly Version[] | undefined, hash: string | null): string {
  if (hash === null) return text.experiments.shared;
  const found = versions?.find((each) => each.prompt_hash === hash);
  return found ? labelOf(found) : hash.slice(0, 10);
}

export const labelOf = (version: Version): string =>
  version.is_shared
    ? `${text.experiments.version(version.version_no)} (${text.experiments.shared})`
    : text.experiments.version(version.version_no);

/** Replays name versions by channel, `v3` or hash. */
export function candidateName(versions: readonly Version[] | undefined, reference: string): string {
  const channel = text.experiments.channels[reference];
  if (channel) return channel;
  return reference.startsWith("p1:") ? versionName(versions, reference) : reference;
}

interface Template {
  messages: { role: string; content: string }[];
}

/** The words of a version by role. */
export function wordsOf(version: Version): Template["messages"] {
  const { messages } = version.template as Partial<Template>;
  return messages ?? [];
}

export const measureName = (measure: string): string => text.experiments.report.measures[measure] ?? measure;
