/** Where answers are kept; live events name these to have them read again. */
export const keys = {
  /** All figures of periods. */
  figures: ["kpis"],
  metrics: ["kpis", "metrics"],
  daily: ["kpis", "daily"],
  feed: ["feed"],
  /** Pages of messages (infinite queries); a score that arrives is written into them in place. */
  messagePages: ["message-pages"],
  chat: (chatId: string) => ["message-pages", "chat", chatId],
  search: ["search"],
  prompts: ["prompts"],
  runs: ["experiments", "runs"],
  run: (id: string) => ["experiments", "runs", id],
  report: (hash: string) => ["experiments", "reports", hash],
  shadows: ["experiments", "shadows"],
  labels: ["labels"],
  billing: ["billing"],
  connections: ["connections"],
  conversations: ["conversations"],
  /** One conversation with its messages. */
  conversation: ["conversations", "one"],
  themes: ["themes"],
  retention: ["retention"],
  alerts: ["alerts"],
  views: ["views"],
  definitions: ["metric-definitions"],
  people: ["people"],
  hours: ["hours"],
  apiKeys: ["api-keys"],
  audit: ["audit"],
  exports: ["exports"],
  privacy: ["privacy"],
} as const;
