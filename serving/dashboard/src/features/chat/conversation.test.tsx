import { screen } from "@testing-library/react";
import { http as wire, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";

import { show } from "@/test/screen";
import { server } from "@/test/server";

import { ConversationPage } from "./conversation-page";

const ENDED_BADLY = {
  conversation_id: "1",
  chat_id: "2",
  begun_by: "customer",
  state: "closed",
  started_at: "2026-11-27T18:09:00Z",
  is_unanswered: false,
  messages_customer: 4,
  scored: 4,
  sentiment_mean: -0.2,
  satisfaction: 20,
  trajectory: "worsening",
  trajectory_change: -0.5,
  turning_message_id: null,
  turning_change: null,
  first_response_seconds: 2,
  customer_wait_seconds: 60,
  resolution: "implicit",
  resolution_seconds: 600,
  messages: [50, 20, 20, 20].map((satisfaction, place) => ({
    id: String(place),
    direction: "in",
    type: "text",
    text: "oi",
    sent_at: `2026-11-27T18:1${place}:00Z`,
    sentiment: -0.2,
    satisfaction,
    emotion: "neutro",
    tone: "neutro",
    summary: null,
    events: [],
  })),
};

describe("one conversation", () => {
  it("tells the satisfaction of its end from that of all of it", async () => {
    server.use(
      wire.get("/api/conversations/:id", () => HttpResponse.json(ENDED_BADLY)),
      wire.get("/api/conversations/:id/similar", () => HttpResponse.json({ items: [] })),
    );
    show(<ConversationPage />, { path: "/atendimentos/:conversationId", at: "/atendimentos/1" });
    expect(await screen.findByText("Satisfação final")).toBeVisible();
    expect(screen.getByText("20,0")).toBeVisible();
    expect(screen.getByText("27,5")).toBeVisible();
    expect(screen.getByText(/média das três últimas mensagens avaliadas/)).toBeVisible();
  });
});
