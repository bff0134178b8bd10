import type { Period } from "./period";

const path = (page: string, period: Period, filter: Record<string, string>): string =>
  `${page}?${new URLSearchParams({ de: period.from, ate: period.to, ...filter }).toString()}`;

/** The address of what customers wrote, just as figures count it: in individual chats, and nothing that was not said. */
export const customerMessagesPath = (period: Period, filter: Record<string, string> = {}): string =>
  path("/mensagens", period, { quem: "in", onde: "individual", contadas: "sim", ...filter });

/** The address of that part of it which a score is known of. */
export const scoredMessagesPath = (period: Period, filter: Record<string, string> = {}): string =>
  customerMessagesPath(period, { humor: "scored", ...filter });

/** The address of the conversations behind a figure. */
export const conversationsPath = (period: Period, filter: Record<string, string>): string =>
  path("/conversas", period, filter);
