import type { ReactNode } from "react";

import { NavTabs } from "@/components/nav-tabs";
import { Page } from "@/components/page";
import { useMe } from "@/lib/session/me";
import type { Role } from "@/lib/session/session";
import { text } from "@/lib/text";

const { tabs, title } = text.settings;

interface Tab {
  to: string;
  label: string;
  /** Left away: everybody. */
  roles?: readonly Role[];
}

const TABS: readonly Tab[] = [
  { to: "/configuracoes", label: tabs.account },
  { to: "/configuracoes/horario", label: tabs.hours },
  { to: "/configuracoes/alertas", label: text.alerts.tab },
  { to: "/configuracoes/pessoas", label: tabs.people, roles: ["admin"] },
  { to: "/configuracoes/exportacoes", label: tabs.exports, roles: ["admin", "analyst"] },
  { to: "/configuracoes/privacidade", label: tabs.privacy, roles: ["admin"] },
  { to: "/configuracoes/chaves", label: tabs.keys, roles: ["admin"] },
  { to: "/configuracoes/auditoria", label: tabs.audit, roles: ["admin"] },
];

/** The parts of the settings that a person's role may see. */
export function SettingsPage({ children }: { children: ReactNode }) {
  const { role } = useMe();
  return (
    <Page title={title} className="max-w-5xl">
      <NavTabs label={title} tabs={TABS.filter((tab) => !tab.roles || tab.roles.includes(role))} />
      {children}
    </Page>
  );
}
