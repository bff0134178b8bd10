import type { Period } from "./period";

const path = (page: string, period: Period, filter: Record<string, string>): string =>
  `${page}?${new URLSearchParams({ de: period.from, ate: period.to, ...filter }).toString()}`;

/** The address of the messages behind a figure. */
export const messagesPath = (period: Period, filter: Record<string, string>): string =>
  path("/mensagens", period, filter);

/** The address of the conversations behind a figure. */
export const conversationsPath = (period: Period, filter: Record<string, string>): string =>
  path("/conversas", period, filter);
