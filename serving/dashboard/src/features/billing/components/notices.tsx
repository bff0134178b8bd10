import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { useAction } from "@/lib/api/action";
import { http, type Schemas } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { ok } from "@/lib/api/ok";
import { text } from "@/lib/text";

const { billing } = text;

/** What the company has to be told about its subscription. */
export function Notices({ state }: { state: Schemas["BillingState"] }) {
  const dismissing = useAction({
    act: (notice: Schemas["Dismissed"]) => ok(http.POST("/api/billing/notices/dismiss", { body: notice })),
    renews: [keys.billing],
  });
  const { banner } = state.entitlements;
  return (
    <>
      {banner && <Line>{billing.banners[banner] ?? billing.otherBanner}</Line>}
      {state.notices.map((notice) => (
        <Line key={notice.kind + notice.ref}>
          {billing.notices[notice.kind] ?? billing.otherNotice}
          <Button
            variant="outline"
            size="sm"
            className="ml-auto"
            disabled={dismissing.isPending}
            onClick={() => dismissing.mutate({ kind: notice.kind, ref: notice.ref })}
          >
            {billing.dismiss}
          </Button>
        </Line>
      ))}
    </>
  );
}

const Line = ({ children }: { children: ReactNode }) => (
  <div
    role="alert"
    className="flex flex-wrap items-center gap-3 rounded-lg bg-warn-soft px-4 py-2 text-sm text-warn"
  >
    <TriangleAlert className="size-4" aria-hidden="true" />
    {children}
  </div>
);
