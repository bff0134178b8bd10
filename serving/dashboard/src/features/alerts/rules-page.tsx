import { useQuery } from "@tanstack/react-query";
import { BellRing } from "lucide-react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { SettingsPage } from "@/components/settings-page";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { useAction } from "@/lib/api/action";
import { http } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { ok } from "@/lib/api/ok";
import { definitionsQuery } from "@/lib/api/queries";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { LettersChoice } from "./letters-choice";
import { RuleForm } from "./rule-form";
import { type AlertRule, rulesQuery } from "./rule-queries";
import { sentence } from "./thresholds";

const { rules } = text.alerts;
const { labels } = text.insight;

/** What a company wants to be told of; administrators change it. */
export function RulesPage() {
  const { tenant, role } = useMe();
  const found = useQuery(rulesQuery(tenant.id));
  const isAdmin = role === "admin";
  return (
    <SettingsPage>
      <LettersChoice />
      <Box title={rules.title} hint={rules.hint} isFlush>
        {isAdmin && <RuleForm tenantId={tenant.id} />}
        <Answered query={found}>
          {(all) =>
            all.length === 0 ? (
              <Notice icon={BellRing} title={rules.empty} {...(isAdmin && { hint: rules.emptyHint })} />
            ) : (
              <RuleTable all={all} tenantId={tenant.id} canRemove={isAdmin} />
            )
          }
        </Answered>
      </Box>
    </SettingsPage>
  );
}

interface RuleTableProps {
  all: readonly AlertRule[];
  tenantId: string;
  canRemove: boolean;
}

function RuleTable({ all, tenantId, canRemove }: RuleTableProps) {
  const registry = useQuery(definitionsQuery).data ?? [];
  const unitOf = (rule: AlertRule) => registry.find((each) => each.name === rule.metric)?.unit;
  const removing = useAction({
    act: (id: string) =>
      ok(
        http.DELETE("/api/tenants/{tenant_id}/alert-rules/{rule_id}", {
          params: { path: { tenant_id: tenantId, rule_id: id } },
        }),
      ),
    renews: [keys.alertRules, keys.alerts],
    told: rules.removed,
  });
  const nameOf = (rule: AlertRule): string => labels[rule.metric] ?? rule.metric;
  return (
    <DataTable
      label={rules.title}
      rows={all}
      keyOf={(rule) => rule.rule_id}
      columns={[
        { key: "metric", head: rules.metric, cell: nameOf },
        { key: "rule", head: rules.rule, cell: (rule) => sentence(rule, unitOf(rule)) },
        {
          key: "remove",
          head: "",
          className: "text-right",
          cell: (rule) =>
            canRemove && (
              <Button
                variant="outline"
                size="sm"
                disabled={removing.isPending}
                onClick={() => removing.mutate(rule.rule_id)}
              >
                {rules.remove}
                <span className="sr-only">{` ${nameOf(rule)} ${sentence(rule, unitOf(rule))}`}</span>
              </Button>
            ),
        },
      ]}
    />
  );
}
