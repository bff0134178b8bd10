import { useEffect, useRef } from "react";
import { NavLink, useLocation } from "react-router";

import { cn } from "@/lib/cn";

interface NavTabsProps {
  label: string;
  tabs: readonly { to: string; label: string; count?: number }[];
}

/** The parts of a page, each at its own address. */
export function NavTabs({ label, tabs }: NavTabsProps) {
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    // Where not all of them fit, the one that is open is in the middle.
    const tab = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (nav.current && tab)
      nav.current.scrollLeft = tab.offsetLeft - (nav.current.clientWidth - tab.offsetWidth) / 2;
  }, [pathname]);
  return (
    <nav ref={nav} aria-label={label} className="relative -mb-1 overflow-x-auto border-b">
      <ul className="flex gap-1">
        {tabs.map((tab) => (
          <li key={tab.to}>
            <NavLink
              to={tab.to}
              end
              className={({ isActive }) =>
                cn(
                  "inline-flex h-10 items-center gap-2 border-b-2 px-3 text-sm font-medium whitespace-nowrap focus-visible:outline-offset-[-2px]",
                  isActive
                    ? "border-primary text-foreground"
                    : "border-transparent text-muted-foreground hover:text-foreground",
                )
              }
            >
              {tab.label}
              {tab.count !== undefined && tab.count > 0 && (
                <span className="rounded-full bg-secondary px-1.5 text-xs tabular-nums">{tab.count}</span>
              )}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
