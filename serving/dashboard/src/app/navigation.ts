import {
  CreditCard,
  FlaskConical,
  LayoutDashboard,
  Lightbulb,
  type LucideIcon,
  MessageSquareText,
  MessagesSquare,
  Plug,
  Search,
  Settings,
  Tags,
  UsersRound,
} from "lucide-react";

import type { Role } from "@/lib/session/session";
import { text } from "@/lib/text";

export interface Destination {
  path: string;
  label: string;
  icon: LucideIcon;
  /** After `g`. */
  key: string;
  /** Left away: everybody. */
  roles?: readonly Role[];
}

/** The pages, in the order of the navigation. A page whose API is not there is not in the list. */
export const DESTINATIONS: readonly Destination[] = [
  { path: "/", label: text.nav.overview, icon: LayoutDashboard, key: "v" },
  { path: "/conversas", label: text.nav.conversations, icon: MessagesSquare, key: "o" },
  { path: "/mensagens", label: text.nav.messages, icon: MessageSquareText, key: "m" },
  { path: "/busca", label: text.nav.search, icon: Search, key: "b" },
  { path: "/temas", label: text.nav.themes, icon: Lightbulb, key: "t" },
  { path: "/retencao", label: text.nav.retention, icon: UsersRound, key: "n" },
  { path: "/conexoes", label: text.nav.connections, icon: Plug, key: "w" },
  { path: "/experimentos", label: text.nav.experiments, icon: FlaskConical, key: "e" },
  { path: "/rotular", label: text.nav.labels, icon: Tags, key: "r" },
  { path: "/billing", label: text.nav.billing, icon: CreditCard, key: "a", roles: ["admin"] },
  { path: "/configuracoes", label: text.nav.settings, icon: Settings, key: "c" },
];

export const destinationsFor = (role: Role): Destination[] =>
  DESTINATIONS.filter((each) => !each.roles || each.roles.includes(role));
