import { create } from "zustand";

export type Theme = "system" | "light" | "dark";

const KEY = "evosense.theme"; // also read by public/theme.js
const systemIsDark = (): MediaQueryList => matchMedia("(prefers-color-scheme: dark)");

function stored(): Theme {
  try {
    const chosen = localStorage.getItem(KEY);
    return chosen === "light" || chosen === "dark" ? chosen : "system";
  } catch {
    return "system";
  }
}

export const useTheme = create<{ theme: Theme }>(() => ({ theme: stored() }));

export function chooseTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage is switched off: the choice lasts until the page is closed.
  }
  useTheme.setState({ theme });
  apply();
}

/** Follow the system while nobody has chosen otherwise. */
export function followSystem(): void {
  systemIsDark().addEventListener("change", apply);
}

function apply(): void {
  const { theme } = useTheme.getState();
  document.documentElement.classList.toggle(
    "dark",
    theme === "dark" || (theme === "system" && systemIsDark().matches),
  );
}
