import { LayoutDashboard, type LucideIcon, MessagesSquare, Search, Settings } from "lucide-react";

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
  { path: "/mensagens", label: text.nav.messages, icon: MessagesSquare, key: "m" },
  { path: "/busca", label: text.nav.search, icon: Search, key: "b" },
  { path: "/configuracoes", label: text.nav.settings, icon: Settings, key: "c" },
];

export const destinationsFor = (role: Role): Destination[] =>
  DESTINATIONS.filter((each) => !each.roles || each.roles.includes(role));
