/** Every page in every state: while it loads, when it is empty, when it fails, when it is not allowed. */
import { screen, waitFor } from "@testing-library/react";
import { http as wire, HttpResponse } from "msw";
import { type ComponentType, createElement } from "react";
import { describe, expect, it, vi } from "vitest";

import { RulesPage } from "@/features/alerts/rules-page";
import { AuditPage } from "@/features/audit/audit-page";
import { BillingPage } from "@/features/billing/billing-page";
import { ChatPage } from "@/features/chat/chat-page";
import { ConversationPage } from "@/features/chat/conversation-page";
import { ConversationsPage } from "@/features/chat/conversations-page";
import { ConnectionsPage } from "@/features/connections/connections-page";
import { ExperimentsPage } from "@/features/experiments/experiments-page";
import { PromptsPage } from "@/features/experiments/prompts-page";
import { ReportPage } from "@/features/experiments/report-page";
import { RunPage } from "@/features/experiments/run-page";
import { ShadowsPage } from "@/features/experiments/shadows-page";
import { ExplainPage } from "@/features/explain/explain-page";
import { ExportsPage } from "@/features/exports/exports-page";
import { HoursPage } from "@/features/hours/hours-page";
import { KeysPage } from "@/features/keys/keys-page";
import { LabelsPage } from "@/features/labels/labels-page";
import { MessagesPage } from "@/features/messages/messages-page";
import { OverviewPage } from "@/features/overview/overview-page";
import { PeoplePage } from "@/features/people/people-page";
import { PrivacyPage } from "@/features/privacy/privacy-page";
import { ContactsPage } from "@/features/retention/contacts-page";
import { RetentionPage } from "@/features/retention/retention-page";
import { SearchPage } from "@/features/search/search-page";
import { SettingsPage } from "@/features/settings/settings-page";
import { ThemesPage } from "@/features/themes/themes-page";
import { text } from "@/lib/text";
import { metrics } from "@/test/samples";
import { show } from "@/test/screen";
import { server } from "@/test/server";

// Charts draw nothing without a layout; their tables and what stands around them are here.
vi.mock("recharts", async (original) => {
  const real = await original<Record<string, unknown>>();
  return { ...real, ResponsiveContainer: () => null };
});

interface Look {
  page: ComponentType;
  path?: string;
  at?: string;
  /** What it says when there is nothing; left away: it has nothing to list. */
  empty?: string;
  /** How an endpoint answers when there is nothing, by the end of its path. */
  nothing?: Record<string, unknown>;
}

const page = { items: [], next_page: null };
const PAGES: Record<string, Look> = {
  "/": {
    page: OverviewPage,
    empty: text.overview.empty,
    nothing: {
      metrics: metrics({ total_messages: 0 }),
      series: { cells: [] },
      alerts: [],
    },
  },
  "/mensagens": { page: MessagesPage, empty: text.messages.none, nothing: { messages: page } },
  "/conversas": {
    page: ConversationsPage,
    empty: text.conversations.empty,
    nothing: { conversations: page, connections: [] },
  },
  "/conversas/1": {
    page: ChatPage,
    path: "/conversas/:chatId",
    empty: text.chat.empty,
    nothing: { messages: page },
  },
  "/atendimentos/1": { page: ConversationPage, path: "/atendimentos/:conversationId" },
  "/busca?q=x&modo=palavras": {
    page: SearchPage,
    path: "/busca",
    empty: text.search.empty,
    nothing: { search: { items: [], next_page: null, matched: "all", embedder: null }, connections: [] },
  },
  "/temas": {
    page: ThemesPage,
    empty: text.themes.empty,
    nothing: { themes: { scored: 0, net_sentiment: null, themes: [] } },
  },
  "/retencao": {
    page: RetentionPage,
    empty: text.retention.noChurn,
    nothing: {
      retention: { columns: [[0, 0]], cohorts: [], means: [null] },
      lifecycle: [],
      stickiness: { contacts: {}, periods: 1, mean_share: null },
      "silent-churn": { n: 0, items: [] },
    },
  },
  "/retencao/contatos?grupo=2026-11-16&coluna=1": {
    page: ContactsPage,
    path: "/retencao/contatos",
    empty: text.retention.nobody,
    nothing: { contacts: { n: 0, items: [] } },
  },
  "/conexoes": { page: ConnectionsPage, empty: text.connections.empty, nothing: { connections: [] } },
  "/experimentos": {
    page: ExperimentsPage,
    empty: text.experiments.runs.empty,
    nothing: { experiments: [], prompts: [] },
  },
  "/experimentos/prompts": {
    page: PromptsPage,
    empty: text.experiments.prompts.empty,
    nothing: {
      prompts: [],
      channels: [],
      events: [],
      policy: { name: "sentiment", four_eyes: false, needs_report: true },
      proposals: [],
    },
  },
  "/experimentos/sombras": {
    page: ShadowsPage,
    empty: text.experiments.shadows.empty,
    nothing: { shadows: [], prompts: [] },
  },
  "/experimentos/1": { page: RunPage, path: "/experimentos/:runId" },
  "/experimentos/relatorios/r1": { page: ReportPage, path: "/experimentos/relatorios/:reportHash" },
  "/rotular": { page: LabelsPage, empty: text.labelling.empty, nothing: { waiting: [] } },
  "/billing": { page: BillingPage },
  "/configuracoes": { page: SettingsPage },
  "/configuracoes/horario": { page: HoursPage },
  "/configuracoes/alertas": {
    page: RulesPage,
    empty: text.alerts.rules.empty,
    nothing: { "alert-rules": [], metrics: [] },
  },
  "/configuracoes/pessoas": {
    page: PeoplePage,
    empty: text.people.noInvitations,
    nothing: { users: [], invitations: [] },
  },
  "/configuracoes/exportacoes": {
    page: ExportsPage,
    empty: text.exporting.empty,
    nothing: {
      exports: [],
      reports: [],
      backfills: [],
      estimate: { messages: 0, cost_usd: 0, seconds: 0 },
    },
  },
  "/configuracoes/privacidade": {
    page: PrivacyPage,
    empty: text.privacy.empty,
    nothing: { requests: [], holds: [] },
  },
  "/configuracoes/chaves": {
    page: KeysPage,
    empty: text.apiKeys.empty,
    nothing: { "api-keys": { items: [] } },
  },
  "/configuracoes/auditoria": {
    page: AuditPage,
    empty: text.audit.empty,
    nothing: { "audit-log": page, users: [] },
  },
  "/explicar?metrica=messages_in": {
    page: ExplainPage,
    path: "/explicar",
    empty: text.insight.explain.empty,
    nothing: { explain: { kind: "message", n: 0, counted: 0, items: [] }, metrics: [] },
  },
};

const open = ([address, look]: [string, Look]) =>
  show(createElement(look.page), { path: look.path ?? address, at: address });

const refuse = (status: number, code: string) =>
  server.use(
    wire.all("/api/*", () =>
      HttpResponse.json(
        { type: "x", title: "x", status, detail: "why", code, request_id: "req-1" },
        { status },
      ),
    ),
  );

const cases = Object.entries(PAGES);

describe.each(cases)("%s", (...one) => {
  const [, look] = one;

  it("says that it loads, with its heading already there", () => {
    server.use(wire.all("/api/*", () => new Promise<never>(() => undefined)));
    const { container } = open(one);
    expect(screen.getByRole("heading", { level: 1 })).toBeVisible();
    const waits = container.querySelectorAll("[data-slot=skeleton], [role=status][aria-label]");
    // Only what a person has anyway is there at once.
    if (look.page !== SettingsPage || waits.length > 0) expect(waits.length).toBeGreaterThan(0);
  });

  it("says what went wrong, with the code to quote and a way to try again", async () => {
    refuse(500, "internal_error");
    open(one);
    expect((await screen.findAllByText(text.states.code("req-1")))[0]).toBeVisible();
    expect(screen.getAllByRole("button", { name: text.states.retry })[0]).toBeEnabled();
  });

  it("says that there is no such thing, and offers nothing to try again", async () => {
    refuse(422, "invalid_input");
    open(one);
    expect((await screen.findAllByText(text.states.notFound))[0]).toBeVisible();
    expect(screen.queryByRole("button", { name: text.states.retry })).toBeNull();
  });

  it("says that it is not allowed, and whom to ask", async () => {
    refuse(403, "not_permitted");
    open(one);
    expect((await screen.findAllByText(text.states.forbidden))[0]).toBeVisible();
    expect(screen.getAllByText(text.states.forbiddenHint)[0]).toBeVisible();
  });

  it.runIf(look.empty !== undefined)("says that there is nothing, and never zeros", async () => {
    server.use(
      wire.all("/api/*", ({ request }) => {
        const name = new URL(request.url).pathname.split("/").at(-1) ?? "";
        const answer = look.nothing?.[name];
        return answer === undefined
          ? new Promise<never>(() => undefined)
          : HttpResponse.json(answer as object);
      }),
    );
    open(one);
    await waitFor(() => expect(screen.getAllByText(look.empty ?? "")[0]).toBeVisible());
  });
});
