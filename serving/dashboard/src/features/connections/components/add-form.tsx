import { type SubmitEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { Field, Input, Select } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { wordsIn } from "@/lib/format/form";
import { text } from "@/lib/text";

import { OwnNumber } from "./own-number";

const { connections } = text;
const TRANSPORTS = ["socketio", "webhook", "raw_websocket"] as const;

export function AddForm({ onAdded }: { onAdded: (added: Schemas["AddedConnection"]) => void }) {
  const [transport, setTransport] = useState<(typeof TRANSPORTS)[number]>("socketio");
  const adding = useAction({
    act: (wish: Schemas["NewConnection"]) => unwrap(http.POST("/api/connections", { body: wish })),
    renews: [keys.connections],
    told: connections.added,
    then: onAdded,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const word = wordsIn(event.currentTarget);
    adding.mutate({
      name: word("name"),
      instance: word("instance"),
      token: word("token"),
      transport,
      ...(word("server") && { server_url: word("server") }),
      ...(word("own-number") && { own_number: word("own-number") }),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-4" autoComplete="off">
      <Field label={connections.name} htmlFor="connection-name">
        <Input id="connection-name" name="name" required maxLength={80} />
      </Field>
      <Field label={connections.server} htmlFor="connection-server" hint={connections.serverHint}>
        <Input
          id="connection-server"
          name="server"
          type="url"
          maxLength={500}
          placeholder={connections.serverExample}
        />
      </Field>
      <Field label={connections.instance} htmlFor="connection-instance">
        <Input id="connection-instance" name="instance" required maxLength={200} pattern="[^,]+" />
      </Field>
      <Field label={connections.token} htmlFor="connection-token" hint={connections.tokenHint}>
        <Input
          id="connection-token"
          name="token"
          type="password"
          required
          maxLength={500}
          autoComplete="new-password"
        />
      </Field>
      <Field label={connections.transport} htmlFor="connection-transport">
        <Select
          id="connection-transport"
          value={transport}
          onChange={(event) =>
            setTransport(TRANSPORTS.find((each) => each === event.target.value) ?? "socketio")
          }
        >
          {TRANSPORTS.map((each) => (
            <option key={each} value={each}>
              {connections.transports[each]}
            </option>
          ))}
        </Select>
      </Field>
      {transport === "raw_websocket" && <OwnNumber id="connection-own-number" />}
      <Button type="submit" className="justify-self-end" disabled={adding.isPending}>
        {connections.add}
      </Button>
    </form>
  );
}
