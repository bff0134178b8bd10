import { Languages, LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import { useNavigate } from "react-router";

import { Button } from "@/components/ui/button";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import type { Me } from "@/lib/session/me";
import { logout } from "@/lib/session/session";
import { text } from "@/lib/text";
import { chooseLanguage, type Language, language, LANGUAGES } from "@/lib/text/language";
import { chooseTheme, type Theme, useTheme } from "@/lib/theme/theme";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const other: Language = language === "en" ? "pt-BR" : "en";
const ICON = { system: Monitor, light: Sun, dark: Moon } as const;

export function AccountMenu({ me }: { me: Me }) {
  const theme = useTheme((chosen) => chosen.theme);
  const navigate = useNavigate();
  const ThemeIcon = ICON[theme];
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button variant="outline" className="max-w-48 px-2.5 sm:px-3">
          <UserRound aria-hidden="true" />
          <span className="sr-only">{text.session.menu}</span>
          <span className="hidden truncate sm:inline">{me.name}</span>
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent>
        <DropdownMenuLabel>
          <p className="text-sm font-medium">{me.name}</p>
          <p className="text-xs text-muted-foreground">{me.email}</p>
        </DropdownMenuLabel>
        <DropdownMenuSeparator />
        <DropdownMenuItem
          onSelect={(event) => {
            event.preventDefault();
            chooseTheme(NEXT[theme]);
          }}
        >
          <ThemeIcon aria-hidden="true" />
          {text.settings.theme}: {text.settings.themes[theme].toLocaleLowerCase(text.locale)}
        </DropdownMenuItem>
        <DropdownMenuItem lang={other} onSelect={() => chooseLanguage(other)}>
          <Languages aria-hidden="true" />
          {LANGUAGES[other]}
        </DropdownMenuItem>
        <DropdownMenuItem onSelect={() => void navigate("/configuracoes")}>
          <UserRound aria-hidden="true" />
          {text.nav.settings}
        </DropdownMenuItem>
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={() => void logout()}>
          <LogOut aria-hidden="true" />
          {text.session.logout}
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
