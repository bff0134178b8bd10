import { useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useState } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { SettingsPage } from "@/components/settings-page";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { saveFile } from "@/lib/api/file";
import { keys } from "@/lib/api/keys";
import { dateOf, moment } from "@/lib/format/days";
import { integer } from "@/lib/format/numbers";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { Holds } from "./holds";
import { RequestForm } from "./request-form";

const { privacy } = text;
const LOOK = {
  received: "accent",
  running: "accent",
  done: "good",
  refused: "warn",
  failed: "bad",
  canceled: "plain",
} as const;
type Request = Schemas["PrivacyRequestStatus"];

export function PrivacyPage() {
  const { timezone } = useMe().tenant;
  const [isAsking, setIsAsking] = useState(false);
  const found = useQuery({
    queryKey: [...keys.privacy, "requests"],
    queryFn: ({ signal }) => unwrap(http.GET("/api/privacy/requests", { signal })),
    refetchInterval: (query) =>
      query.state.data?.some((each) => ["received", "running"].includes(each.state)) ? 3_000 : false,
  });
  return (
    <SettingsPage>
      <Box
        title={privacy.title}
        hint={privacy.hint}
        isFlush
        actions={
          <Button size="sm" onClick={() => setIsAsking(true)}>
            <ShieldCheck aria-hidden="true" />
            {privacy.new}
          </Button>
        }
      >
        <Answered query={found}>
          {(all) =>
            all.length === 0 ? (
              <Notice icon={ShieldCheck} title={privacy.empty} hint={privacy.emptyHint} />
            ) : (
              <Requests requests={all} zone={timezone} />
            )
          }
        </Answered>
      </Box>
      <Holds zone={timezone} />
      <Dialog isOpen={isAsking} onClose={() => setIsAsking(false)} title={privacy.new}>
        <RequestForm onDone={() => setIsAsking(false)} />
      </Dialog>
    </SettingsPage>
  );
}

function Requests({ requests, zone }: { requests: readonly Request[]; zone: string }) {
  return (
    <DataTable
      label={privacy.title}
      rows={requests}
      keyOf={(each) => each.id}
      columns={[
        { key: "kind", head: privacy.kind, cell: (each) => privacy.kinds[each.kind] },
        {
          key: "state",
          head: privacy.state,
          cell: (each) => (
            <>
              <Badge variant={LOOK[each.state]}>{privacy.states[each.state]}</Badge>
              {each.reason && (
                <span className="block text-xs text-muted-foreground">
                  {privacy.reasons[each.reason] ?? each.reason}
                </span>
              )}
            </>
          ),
        },
        { key: "asked", head: privacy.asked, cell: (each) => moment(each.requested_at, zone) },
        { key: "due", head: privacy.due, cell: (each) => dateOf(each.due_at, zone) },
        {
          key: "found",
          head: "",
          cell: (each) => {
            const total = Object.values(each.counts).reduce((sum, count) => sum + count, 0);
            return each.ended_at && total > 0 ? privacy.found(integer(total)) : "";
          },
        },
        {
          key: "actions",
          head: "",
          cell: (each) => <RequestActions request={each} />,
          className: "text-right",
        },
      ]}
    />
  );
}

function RequestActions({ request }: { request: Request }) {
  const params = { params: { path: { request_id: request.id } } };
  const canceling = useAction({
    act: () => unwrap(http.POST("/api/privacy/requests/{request_id}/cancel", params)),
    renews: [keys.privacy],
    told: privacy.canceled,
  });
  const answering = useAction({
    act: () =>
      saveFile(
        http.GET("/api/privacy/requests/{request_id}/answer", { ...params, parseAs: "blob" }),
        `evosense-${request.kind}.zip`,
      ),
  });
  const proving = useAction({
    act: () =>
      saveFile(
        http.GET("/api/privacy/requests/{request_id}/certificate", { ...params, parseAs: "blob" }),
        "evosense-certificado.json",
      ),
  });
  return (
    <div className="flex justify-end gap-2">
      {request.has_answer && (
        <Button variant="outline" size="sm" disabled={answering.isPending} onClick={() => answering.mutate()}>
          {privacy.answer}
        </Button>
      )}
      {request.certificate_hash && (
        <Button variant="outline" size="sm" disabled={proving.isPending} onClick={() => proving.mutate()}>
          {privacy.certificate}
        </Button>
      )}
      {request.state === "received" && (
        <Button variant="outline" size="sm" disabled={canceling.isPending} onClick={() => canceling.mutate()}>
          {privacy.cancel}
        </Button>
      )}
    </div>
  );
}
