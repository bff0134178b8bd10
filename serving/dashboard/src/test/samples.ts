import type { Schemas } from "@/lib/api/client";

export const TENANT = "019a0000-0000-7000-8000-000000000001";

export const me: Schemas["Me"] = {
  id: "019a0000-0000-7000-8000-00000000000a",
  name: "Helena Duarte",
  email: "helena@loja-aurora.example",
  role: "admin",
  tenant: { id: TENANT, name: "Loja Aurora", plan: "pro", status: "active", timezone: "America/Sao_Paulo" },
};

export function message(part: Partial<Schemas["Message"]> = {}): Schemas["Message"] {
  return {
    id: crypto.randomUUID(),
    chat_id: "019a0000-0000-7000-8000-0000000000c1",
    connection_id: "019a0000-0000-7000-8000-0000000000d1",
    direction: "in",
    type: "text",
    text: "Meu pedido não chegou",
    sent_at: "2026-11-20T14:03:21+00:00",
    edited: false,
    deleted: false,
    sentiment: -0.62,
    satisfaction: 21,
    emotion: "frustracao",
    tone: "urgente",
    ...part,
  };
}

export function metrics(part: Partial<Schemas["Metrics"]> = {}): Schemas["Metrics"] {
  return {
    tenant_id: TENANT,
    from_day: "2026-11-14",
    to_day: "2026-11-20",
    today: "2026-11-20",
    total_messages: 481,
    messages_today: 58,
    active_connections: 1,
    live_connections: 1,
    scored_by: [{ config_hash: "c1:9f2c", provider: "embedded", model: "leia-rules-1" }],
    prompt_hashes: ["p1:77ab"],
    messages_in: 267,
    messages_out: 214,
    conversations: 48,
    eligible: 262,
    scored: 261,
    coverage: 0.9962,
    avg_sentiment: 0.07,
    avg_satisfaction: 52.7,
    positive_pct: 27.2,
    neutral_pct: 55.2,
    negative_pct: 17.6,
    first_response_seconds: 126,
    unanswered_pct: 4.2,
    avg_latency_ms: 1.9,
    p95_latency_ms: 4,
    ...part,
  };
}

export function day(name: string, part: Partial<Schemas["Day"]> = {}): Schemas["Day"] {
  return {
    day: name,
    is_open: false,
    active_contacts: 12,
    messages_in: 40,
    messages_out: 30,
    conversations: 8,
    eligible: 40,
    scored: 40,
    coverage: 1,
    avg_sentiment: 0.1,
    avg_satisfaction: 55,
    positive_pct: 30,
    neutral_pct: 50,
    negative_pct: 20,
    first_response_seconds: 120,
    unanswered_pct: 0,
    avg_latency_ms: 2,
    p95_latency_ms: 4,
    ...part,
  };
}

/** A day of a series; of each metric the value only. */
export const dayCell = (name: string, values: Record<string, number> = { messages_in: 40, scored: 40 }) => ({
  day: name,
  hour: null,
  weekday: null,
  is_open: false,
  has_gap: false,
  coverage: 1,
  prompt_hashes: [],
  config_hashes: [],
  values: Object.fromEntries(
    Object.entries(values).map(([metric, value]) => [
      metric,
      { value, n: 40, low: null, high: null, is_enough: true },
    ]),
  ),
});
