import type { ReactNode } from "react";

import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";

interface BoxProps {
  title: string;
  hint?: string;
  actions?: ReactNode;
  /** For tables and lists that reach the edges. */
  isFlush?: boolean;
  className?: string;
  children: ReactNode;
}

/** A titled card. */
export function Box({ title, hint, actions, isFlush = false, className, children }: BoxProps) {
  return (
    <Card aria-label={title} className={className}>
      <CardHeader>
        <div className="min-w-0 flex-1 basis-44">
          <CardTitle>{title}</CardTitle>
          {hint && <p className="mt-0.5 text-[13px] text-muted-foreground">{hint}</p>}
        </div>
        {actions && (
          <div className="ml-auto flex flex-wrap items-center justify-end gap-2 self-start">{actions}</div>
        )}
      </CardHeader>
      {isFlush ? <div className="pb-2">{children}</div> : <CardContent>{children}</CardContent>}
    </Card>
  );
}
