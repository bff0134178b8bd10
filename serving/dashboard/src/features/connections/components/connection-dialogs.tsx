import { useQuery } from "@tanstack/react-query";
import type { SubmitEvent } from "react";

import { Answered } from "@/components/answered";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { ok } from "@/lib/api/ok";
import { wordsIn } from "@/lib/format/form";
import { text } from "@/lib/text";

import { pairingQuery, statusQuery } from "../api/queries";
import { OwnNumber } from "./own-number";

const { connections } = text;
export type Wanted = "pair" | "edit" | "remove" | null;

interface DialogsProps {
  connection: Schemas["Connection"];
  wanted: Wanted;
  onClose: () => void;
  onDoor: (door: Schemas["WebhookDoor"] | null) => void;
}

export function ConnectionDialogs({ connection, wanted, onClose, onDoor }: DialogsProps) {
  return (
    <>
      <Dialog isOpen={wanted === "pair"} onClose={onClose} title={connections.pair}>
        {wanted === "pair" && <Pairing id={connection.id} />}
      </Dialog>
      <Dialog isOpen={wanted === "edit"} onClose={onClose} title={connections.edit}>
        <EditForm
          connection={connection}
          onDone={(changed) => {
            onClose();
            onDoor(changed.webhook ?? null);
          }}
        />
      </Dialog>
      <Dialog isOpen={wanted === "remove"} onClose={onClose} title={connections.removeTitle(connection.name)}>
        <Removal id={connection.id} onDone={onClose} />
      </Dialog>
    </>
  );
}

function Pairing({ id }: { id: string }) {
  const found = useQuery(pairingQuery(id));
  // Asked for more often than the code: whoever scans it looks here to see that it worked.
  const isLinked = useQuery(statusQuery(id)).data?.whatsapp_state === "open";
  return (
    <Answered query={found}>
      {({ pairing }) =>
        pairing?.qr_image && !isLinked ? (
          <div className="grid justify-items-center gap-4 text-center">
            <p className="text-sm text-muted-foreground">{connections.pairHint}</p>
            <img src={pairing.qr_image} alt={connections.qr} className="size-64 rounded-lg bg-white p-2" />
            {pairing.pairing_code && (
              <p className="text-sm">
                {connections.pairCode} <code className="font-semibold">{pairing.pairing_code}</code>
              </p>
            )}
          </div>
        ) : (
          <p className="text-sm">{connections.paired}</p>
        )
      }
    </Answered>
  );
}

interface EditProps {
  connection: Schemas["Connection"];
  onDone: (changed: Schemas["AddedConnection"]) => void;
}

function EditForm({ connection, onDone }: EditProps) {
  const saving = useAction({
    act: (change: Schemas["ConnectionChange"]) =>
      unwrap(
        http.PATCH("/api/connections/{connection_id}", {
          params: { path: { connection_id: connection.id } },
          body: change,
        }),
      ),
    renews: [keys.connections],
    told: connections.changed,
    then: onDone,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const word = wordsIn(event.currentTarget);
    saving.mutate({
      name: word("name"),
      new_webhook_secret: false,
      ...(word("token") && { token: word("token") }),
      ...(word("own-number") && { own_number: word("own-number") }),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-4" autoComplete="off">
      <Field label={connections.rename} htmlFor="edit-name">
        <Input id="edit-name" name="name" required maxLength={80} defaultValue={connection.name} />
      </Field>
      <Field label={connections.newToken} htmlFor="edit-token" hint={connections.newTokenHint}>
        <Input id="edit-token" name="token" type="password" maxLength={500} autoComplete="new-password" />
      </Field>
      {connection.transport === "raw_websocket" && (
        <OwnNumber id="edit-own-number" hint={connections.newTokenHint} />
      )}
      <Button type="submit" className="justify-self-end" disabled={saving.isPending}>
        {text.common.save}
      </Button>
    </form>
  );
}

function Removal({ id, onDone }: { id: string; onDone: () => void }) {
  const removing = useAction({
    act: () =>
      ok(http.DELETE("/api/connections/{connection_id}", { params: { path: { connection_id: id } } })),
    renews: [keys.connections],
    told: connections.removed,
    then: onDone,
  });
  return (
    <>
      <p className="text-sm text-muted-foreground">{connections.removeHint}</p>
      <div className="mt-5 flex justify-end gap-2">
        <Button variant="outline" onClick={onDone}>
          {text.common.cancel}
        </Button>
        <Button variant="danger" disabled={removing.isPending} onClick={() => removing.mutate()}>
          {connections.remove}
        </Button>
      </div>
    </>
  );
}
