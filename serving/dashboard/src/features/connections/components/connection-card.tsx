import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { Box } from "@/components/box";
import { Facts } from "@/components/facts";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { moment } from "@/lib/format/days";
import { integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { statusQuery } from "../api/queries";
import { ConnectionDialogs, type Wanted } from "./connection-dialogs";
import { Gaps } from "./gaps";

const { connections } = text;
const HEALTH = { ok: "good", attention: "bad", starting: "warn", stopped: "plain" } as const;

interface ConnectionCardProps {
  connection: Schemas["Connection"];
  isAdmin: boolean;
  zone: string;
  onDoor: (door: Schemas["WebhookDoor"] | null) => void;
}

/** One number: how it is, when it last said something, and what can be done about it. */
export function ConnectionCard({ connection, isAdmin, zone, onDoor }: ConnectionCardProps) {
  const status = useQuery(statusQuery(connection.id)).data;
  const [wanted, setWanted] = useState<Wanted>(null);
  const now = status ?? connection;
  const reason = status?.health_reason ?? connection.reason;
  return (
    <Box
      title={connection.name}
      hint={`${connection.instance} · ${connection.server_url}`}
      actions={
        <>
          {status && status.health !== "ok" && (
            <Badge variant={HEALTH[status.health]}>{connections.health[status.health]}</Badge>
          )}
          <Badge
            variant={now.state === "live" ? "good" : now.state === "refused" ? "bad" : "plain"}
            data-state={now.state}
          >
            {connection.is_active ? connections.states[now.state] : connections.paused}
          </Badge>
        </>
      }
    >
      <div className="grid gap-4">
        {reason && status?.health !== "ok" && (
          <p className="rounded-lg bg-warn-soft px-4 py-2 text-sm text-warn">
            {connections.reasons[reason] ?? reason}
          </p>
        )}
        <div className="flex flex-wrap items-start justify-between gap-4">
          <Facts
            facts={[
              [connections.transport, connections.transports[connection.transport] ?? connection.transport],
              [
                connections.whatsapp,
                now.whatsapp_state
                  ? (connections.whatsappStates[now.whatsapp_state] ?? now.whatsapp_state)
                  : text.common.nothing,
              ],
              [
                connections.lastEvent,
                now.last_event_at ? moment(now.last_event_at, zone) : connections.never,
              ],
            ]}
          />
          {isAdmin && <Actions connection={connection} onWant={setWanted} />}
        </div>
        {status && (
          <details>
            <summary className="w-fit rounded text-[13px] font-medium text-accent-foreground">
              {connections.gaps}
              {status.open_gaps > 0 && ` (${connections.openGaps(integer(status.open_gaps))})`}
            </summary>
            <Gaps gaps={status.gaps} zone={zone} />
          </details>
        )}
      </div>
      <ConnectionDialogs
        connection={connection}
        wanted={wanted}
        onClose={() => setWanted(null)}
        onDoor={onDoor}
      />
    </Box>
  );
}

interface ActionsProps {
  connection: Schemas["Connection"];
  onWant: (wanted: Wanted) => void;
}

function Actions({ connection, onWant }: ActionsProps) {
  const params = { params: { path: { connection_id: connection.id } } };
  const switching = useAction({
    act: (is_active: boolean) =>
      unwrap(
        http.PATCH("/api/connections/{connection_id}", {
          ...params,
          body: { is_active, new_webhook_secret: false },
        }),
      ),
    renews: [keys.connections],
    told: connections.changed,
  });
  const testing = useAction({
    act: () => unwrap(http.POST("/api/connections/{connection_id}/test", params)),
  });
  const result = testing.data;
  const act = (label: string, onClick: () => void, isBusy = false): ReactNode => (
    <Button variant="outline" size="sm" disabled={isBusy} onClick={onClick}>
      {label}
    </Button>
  );
  return (
    <div className="grid justify-items-end gap-2">
      <div className="flex flex-wrap justify-end gap-2">
        {act(connections.test, () => testing.mutate(), testing.isPending)}
        {connection.transport !== "raw_websocket" && act(connections.pair, () => onWant("pair"))}
        {act(connections.edit, () => onWant("edit"))}
        {act(
          connection.is_active ? connections.pause : connections.resume,
          () => switching.mutate(!connection.is_active),
          switching.isPending,
        )}
        <Button variant="danger" size="sm" onClick={() => onWant("remove")}>
          {connections.remove}
        </Button>
      </div>
      {result && (
        <p
          role="status"
          data-test-result={result.ok}
          className={result.ok ? "text-sm text-good" : "text-sm text-bad"}
        >
          {result.ok ? connections.testOk : (connections.reasons[result.reason ?? ""] ?? result.detail)}
          {result.messages !== null && ` ${connections.testMessages(integer(result.messages))}.`}
        </p>
      )}
    </div>
  );
}
