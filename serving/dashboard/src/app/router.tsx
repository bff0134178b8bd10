import { createBrowserRouter } from "react-router";

import { NotFound } from "@/components/states";

import { Crash } from "./crash";
import { Opening, Shell } from "./shell";

/** Each page is its own chunk; the address is in Portuguese, as people see it. */
export const router = createBrowserRouter([
  {
    path: "/entrar",
    lazy: async () => ({ Component: (await import("@/features/login/login-page")).LoginPage }),
    HydrateFallback: Opening,
    ErrorBoundary: Crash,
  },
  {
    path: "/reset-password",
    lazy: async () => ({ Component: (await import("@/features/access/reset-page")).ResetPage }),
    HydrateFallback: Opening,
    ErrorBoundary: Crash,
  },
  {
    path: "/invitation",
    lazy: async () => ({ Component: (await import("@/features/access/invitation-page")).InvitationPage }),
    HydrateFallback: Opening,
    ErrorBoundary: Crash,
  },
  {
    path: "/",
    Component: Shell,
    HydrateFallback: Opening,
    ErrorBoundary: Crash,
    children: [
      {
        ErrorBoundary: Crash,
        children: [
          {
            index: true,
            lazy: async () => ({
              Component: (await import("@/features/overview/overview-page")).OverviewPage,
            }),
          },
          {
            path: "mensagens",
            lazy: async () => ({
              Component: (await import("@/features/messages/messages-page")).MessagesPage,
            }),
          },
          {
            path: "conversas",
            lazy: async () => ({
              Component: (await import("@/features/chat/conversations-page")).ConversationsPage,
            }),
          },
          {
            path: "atendimentos/:conversationId",
            lazy: async () => ({
              Component: (await import("@/features/chat/conversation-page")).ConversationPage,
            }),
          },
          {
            path: "conversas/:chatId",
            lazy: async () => ({ Component: (await import("@/features/chat/chat-page")).ChatPage }),
          },
          {
            path: "busca",
            lazy: async () => ({ Component: (await import("@/features/search/search-page")).SearchPage }),
          },
          {
            path: "temas",
            lazy: async () => ({ Component: (await import("@/features/themes/themes-page")).ThemesPage }),
          },
          {
            path: "retencao",
            lazy: async () => ({
              Component: (await import("@/features/retention/retention-page")).RetentionPage,
            }),
          },
          {
            path: "retencao/contatos",
            lazy: async () => ({
              Component: (await import("@/features/retention/contacts-page")).ContactsPage,
            }),
          },
          {
            path: "conexoes",
            lazy: async () => ({
              Component: (await import("@/features/connections/connections-page")).ConnectionsPage,
            }),
          },
          {
            path: "experimentos",
            lazy: async () => ({
              Component: (await import("@/features/experiments/experiments-page")).ExperimentsPage,
            }),
          },
          {
            path: "experimentos/prompts",
            lazy: async () => ({
              Component: (await import("@/features/experiments/prompts-page")).PromptsPage,
            }),
          },
          {
            path: "experimentos/sombras",
            lazy: async () => ({
              Component: (await import("@/features/experiments/shadows-page")).ShadowsPage,
            }),
          },
          {
            path: "experimentos/relatorios/:reportHash",
            lazy: async () => ({
              Component: (await import("@/features/experiments/report-page")).ReportPage,
            }),
          },
          {
            path: "experimentos/:runId",
            lazy: async () => ({ Component: (await import("@/features/experiments/run-page")).RunPage }),
          },
          {
            path: "rotular",
            lazy: async () => ({ Component: (await import("@/features/labels/labels-page")).LabelsPage }),
          },
          {
            // The address that Stripe's pages lead back to.
            path: "billing",
            lazy: async () => ({ Component: (await import("@/features/billing/billing-page")).BillingPage }),
          },
          {
            path: "configuracoes",
            lazy: async () => ({
              Component: (await import("@/features/settings/settings-page")).SettingsPage,
            }),
          },
          {
            path: "configuracoes/pessoas",
            lazy: async () => ({ Component: (await import("@/features/people/people-page")).PeoplePage }),
          },
          {
            path: "configuracoes/exportacoes",
            lazy: async () => ({ Component: (await import("@/features/exports/exports-page")).ExportsPage }),
          },
          {
            path: "configuracoes/privacidade",
            lazy: async () => ({ Component: (await import("@/features/privacy/privacy-page")).PrivacyPage }),
          },
          {
            path: "configuracoes/chaves",
            lazy: async () => ({ Component: (await import("@/features/keys/keys-page")).KeysPage }),
          },
          {
            path: "configuracoes/auditoria",
            lazy: async () => ({ Component: (await import("@/features/audit/audit-page")).AuditPage }),
          },
          {
            path: "configuracoes/alertas",
            lazy: async () => ({ Component: (await import("@/features/alerts/rules-page")).RulesPage }),
          },
          {
            path: "configuracoes/horario",
            lazy: async () => ({ Component: (await import("@/features/hours/hours-page")).HoursPage }),
          },
          {
            path: "explicar",
            lazy: async () => ({ Component: (await import("@/features/explain/explain-page")).ExplainPage }),
          },
          { path: "*", Component: NotFound },
        ],
      },
    ],
  },
]);
