import type { ReactNode } from "react";

import { Card } from "@/components/ui/card";
import { text } from "@/lib/text";

/** A small form before the log-in. */
export function AccessFrame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <title>{`${title} · ${text.app.name}`}</title>
      <div className="grid w-full max-w-sm gap-6">
        <div className="flex items-center justify-center gap-2.5">
          <img src="/icon.svg" alt="" width={36} height={36} />
          <span className="text-xl font-semibold tracking-tight">{text.app.name}</span>
        </div>
        <Card className="grid gap-4 p-6">
          <h1 className="text-lg font-semibold">{title}</h1>
          {children}
        </Card>
      </div>
    </main>
  );
}
