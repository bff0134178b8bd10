import { useQuery } from "@tanstack/react-query";
import { ExternalLink, ReceiptText } from "lucide-react";
import { useSearchParams } from "react-router";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { dateOf } from "@/lib/format/days";
import { money } from "@/lib/format/numbers";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { billingQuery } from "./api/queries";
import { Notices } from "./components/notices";
import { PlanBox } from "./components/plan-box";
import { PlansBox } from "./components/plans-box";
import { UsageBox } from "./components/usage-box";

const { billing } = text;

export function BillingPage() {
  const { timezone } = useMe().tenant;
  const found = useQuery(billingQuery);
  const [search] = useSearchParams();
  const checkout = search.get("checkout");
  return (
    <Page title={billing.title} subtitle={billing.subtitle}>
      {checkout && (
        <p role="status" className="rounded-lg bg-accent px-4 py-2 text-sm text-accent-foreground">
          {checkout === "done" ? billing.checkoutDone : billing.checkoutLeft}
        </p>
      )}
      <Answered query={found}>
        {(state) => (
          <>
            <Notices state={state} />
            <div className="grid items-start gap-5 lg:grid-cols-2">
              <PlanBox state={state} zone={timezone} />
              <UsageBox state={state} />
            </div>
            <Invoices
              invoices={state.invoices}
              zone={timezone}
              hasAccount={state.account_status !== "none"}
            />
            <PlansBox state={state} zone={timezone} />
          </>
        )}
      </Answered>
    </Page>
  );
}

interface InvoicesProps {
  invoices: readonly Schemas["Invoice"][];
  zone: string;
  hasAccount: boolean;
}

const LOOK = { paid: "good", open: "warn", uncollectible: "bad" } as Record<string, "good" | "warn" | "bad">;

function Invoices({ invoices, zone, hasAccount }: InvoicesProps) {
  const opening = useAction({
    act: () => unwrap(http.POST("/api/billing/portal")),
    then: ({ url }) => location.assign(url),
  });
  const head = [billing.created, billing.status, billing.amount, billing.paid, billing.due];
  const day = (iso: string | null): string => (iso ? dateOf(iso, zone) : text.common.nothing);
  return (
    <Box
      title={billing.invoices}
      isFlush
      actions={
        <>
          {invoices.length > 0 && (
            <DownloadButton
              file="evosense-faturas.csv"
              rows={() => [
                head,
                ...invoices.map((each) => [
                  day(each.created_at),
                  each.status,
                  each.amount_due_cents / 100,
                  each.amount_paid_cents / 100,
                  day(each.due_at),
                ]),
              ]}
            />
          )}
          {hasAccount && (
            <Button
              variant="outline"
              size="sm"
              title={billing.portalHint}
              disabled={opening.isPending}
              onClick={() => opening.mutate()}
            >
              <ExternalLink aria-hidden="true" />
              {billing.portal}
            </Button>
          )}
        </>
      }
    >
      {invoices.length === 0 ? (
        <Notice icon={ReceiptText} title={billing.noInvoices} hint={billing.noInvoicesHint} />
      ) : (
        <DataTable
          label={billing.invoices}
          rows={invoices}
          keyOf={(invoice) => invoice.id}
          columns={[
            { key: "created", head: billing.created, cell: (each) => day(each.created_at) },
            {
              key: "status",
              head: billing.status,
              cell: (each) => (
                <Badge variant={LOOK[each.status] ?? "plain"}>
                  {billing.invoiceStatuses[each.status] ?? each.status}
                </Badge>
              ),
            },
            { key: "due", head: billing.due, cell: (each) => day(each.due_at) },
            {
              key: "amount",
              head: billing.amount,
              cell: (each) => money(each.amount_due_cents, each.currency),
              isNumber: true,
            },
            {
              key: "paid",
              head: billing.paid,
              cell: (each) => money(each.amount_paid_cents, each.currency),
              isNumber: true,
            },
          ]}
        />
      )}
    </Box>
  );
}
