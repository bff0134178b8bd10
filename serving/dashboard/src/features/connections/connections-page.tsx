import { useQuery } from "@tanstack/react-query";
import { Plug, Plus } from "lucide-react";
import { useState } from "react";

import { Answered } from "@/components/answered";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import type { Schemas } from "@/lib/api/client";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { connectionsQuery } from "./api/queries";
import { AddForm } from "./components/add-form";
import { ConnectionCard } from "./components/connection-card";
import { WebhookDoor } from "./components/webhook-door";

const { connections } = text;

export function ConnectionsPage() {
  const me = useMe();
  const isAdmin = me.role === "admin";
  const found = useQuery(connectionsQuery);
  const [isAdding, setIsAdding] = useState(false);
  const [door, setDoor] = useState<Schemas["WebhookDoor"] | null>(null);
  const add = isAdmin ? (
    <Button onClick={() => setIsAdding(true)}>
      <Plus aria-hidden="true" />
      {connections.add}
    </Button>
  ) : null;
  return (
    <Page title={connections.title} subtitle={connections.subtitle} actions={add}>
      <Answered query={found}>
        {(all) =>
          all.length === 0 ? (
            <Card>
              <Notice icon={Plug} title={connections.empty} hint={connections.emptyHint}>
                {add ?? <p className="text-sm text-muted-foreground">{connections.adminOnly}</p>}
              </Notice>
            </Card>
          ) : (
            <ul className="grid gap-5">
              {all.map((connection) => (
                <li key={connection.id}>
                  <ConnectionCard
                    connection={connection}
                    isAdmin={isAdmin}
                    zone={me.tenant.timezone}
                    onDoor={setDoor}
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
      <Dialog isOpen={isAdding} onClose={() => setIsAdding(false)} title={connections.add}>
        <AddForm
          onAdded={(added) => {
            setIsAdding(false);
            setDoor(added.webhook ?? null);
          }}
        />
      </Dialog>
      <Dialog isOpen={door !== null} onClose={() => setDoor(null)} title={connections.webhookTitle}>
        {door && <WebhookDoor door={door} />}
      </Dialog>
    </Page>
  );
}
