import type { Period } from "./period";

/** The address of the messages behind a figure. */
export function messagesPath(period: Period, filter: Record<string, string>): string {
  return `/mensagens?${new URLSearchParams({ de: period.from, ate: period.to, ...filter }).toString()}`;
}
