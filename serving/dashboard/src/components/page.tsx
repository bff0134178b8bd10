import type { ReactNode } from "react";

import { cn } from "@/lib/cn";
import { text } from "@/lib/text";

interface PageProps {
  title: string;
  subtitle?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** Every page: its title in the tab and as heading, what can be done on the right, then the content. */
export function Page({ title, subtitle, actions, className, children }: PageProps) {
  return (
    <div className={cn("mx-auto flex w-full max-w-7xl flex-col gap-5 px-4 py-5 sm:px-6", className)}>
      <title>{`${title} · ${text.app.name}`}</title>
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
          {subtitle && <div className="mt-0.5 text-sm text-muted-foreground">{subtitle}</div>}
        </div>
        {actions}
      </div>
      {children}
    </div>
  );
}
