import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";

import { CardSkeleton } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import { SettingsPage } from "@/components/settings-page";
import { ErrorNotice, Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { moment } from "@/lib/format/days";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { detailOf } from "./detail";

const { audit } = text;
const PAGE = 50;

export function AuditPage() {
  const { timezone } = useMe().tenant;
  const found = useInfiniteQuery({
    queryKey: keys.audit,
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        http.GET("/api/audit-log", {
          params: { query: { limit: PAGE, ...(pageParam && { page: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_page,
  });
  const people = useQuery({
    queryKey: [...keys.people, "users"],
    queryFn: ({ signal }) => unwrap(http.GET("/api/users", { signal })),
  }).data;
  /** People by their names; what else there is by its kind and the end of its id. */
  const nameOf = (who: string): string => {
    const [kind = "", id = ""] = who.split(":");
    if (kind === "user") return people?.find((each) => each.id === id)?.name ?? audit.gone;
    return [audit.kinds[kind] ?? kind, id.slice(-6)].filter(Boolean).join(" …");
  };
  const entries = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (found.isPending)
    return (
      <SettingsPage>
        <CardSkeleton lines={8} />
      </SettingsPage>
    );
  if (found.isError && entries.length === 0)
    return (
      <SettingsPage>
        <Card>
          <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
        </Card>
      </SettingsPage>
    );
  return (
    <SettingsPage>
      <Box
        title={audit.title}
        hint={audit.hint}
        isFlush
        actions={
          <DownloadButton
            file="evosense-auditoria.csv"
            rows={() => [
              [audit.at, audit.actor, audit.action, audit.target, audit.detail],
              ...entries.map((entry) => [
                entry.at,
                entry.actor,
                entry.action,
                entry.target,
                detailOf(entry.detail),
              ]),
            ]}
          />
        }
      >
        {entries.length === 0 ? (
          <Notice icon={ScrollText} title={audit.empty} />
        ) : (
          <DataTable
            label={audit.title}
            rows={entries}
            keyOf={(entry) => entry.id}
            columns={[
              {
                key: "at",
                head: audit.at,
                cell: (entry) => moment(entry.at, timezone),
                className: "font-normal whitespace-nowrap",
              },
              { key: "actor", head: audit.actor, cell: (entry) => nameOf(entry.actor) },
              {
                key: "action",
                head: audit.action,
                cell: (entry) =>
                  audit.actions[entry.action] ?? <code className="text-xs">{entry.action}</code>,
              },
              {
                key: "target",
                head: audit.target,
                cell: (entry) => nameOf(entry.target),
                className: "text-muted-foreground wrap-anywhere",
              },
              {
                key: "detail",
                head: audit.detail,
                cell: (entry) => detailOf(entry.detail),
                className: "text-xs text-muted-foreground wrap-anywhere",
              },
            ]}
          />
        )}
        {found.hasNextPage && (
          <div className="flex justify-center p-3">
            <Button
              variant="outline"
              disabled={found.isFetchingNextPage}
              onClick={() => void found.fetchNextPage()}
            >
              {audit.more}
            </Button>
          </div>
        )}
      </Box>
    </SettingsPage>
  );
}
