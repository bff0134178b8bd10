import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { type SubmitEvent, useState } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { CopyField } from "@/components/copy-field";
import { DataTable } from "@/components/data-table";
import { SettingsPage } from "@/components/settings-page";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Checkbox, Field, Input } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { ok } from "@/lib/api/ok";
import { addDays, dateOf, moment, startOfDay, today } from "@/lib/format/days";
import { wordsIn } from "@/lib/format/form";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

const { apiKeys } = text;
type Scope = Schemas["NewApiKey"]["scopes"][number];

export function KeysPage() {
  const { timezone } = useMe().tenant;
  const [isAsking, setIsAsking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const found = useQuery({
    queryKey: keys.apiKeys,
    queryFn: ({ signal }) => unwrap(http.GET("/api/api-keys", { signal })),
  });
  return (
    <SettingsPage>
      <Box
        title={apiKeys.title}
        hint={apiKeys.hint}
        isFlush
        actions={
          <Button size="sm" onClick={() => setIsAsking(true)}>
            <KeyRound aria-hidden="true" />
            {apiKeys.new}
          </Button>
        }
      >
        <Answered query={found}>
          {({ items }) =>
            items.length === 0 ? (
              <Notice icon={KeyRound} title={apiKeys.empty} hint={apiKeys.emptyHint} />
            ) : (
              <KeyTable items={items} zone={timezone} />
            )
          }
        </Answered>
      </Box>
      <Dialog isOpen={isAsking} onClose={() => setIsAsking(false)} title={apiKeys.new}>
        <KeyForm
          zone={timezone}
          onMade={(key) => {
            setIsAsking(false);
            setMade(key);
          }}
        />
      </Dialog>
      <Dialog isOpen={made !== null} onClose={() => setMade(null)} title={apiKeys.key}>
        <p className="mb-4 text-sm text-muted-foreground">{apiKeys.shown}</p>
        {made !== null && <CopyField id="api-key" label={apiKeys.key} value={made} />}
      </Dialog>
    </SettingsPage>
  );
}

function KeyTable({ items, zone }: { items: readonly Schemas["ApiKey"][]; zone: string }) {
  const revoking = useAction({
    act: (id: string) =>
      ok(http.DELETE("/api/api-keys/{api_key_id}", { params: { path: { api_key_id: id } } })),
    renews: [keys.apiKeys],
    told: apiKeys.revoked,
  });
  return (
    <DataTable
      label={apiKeys.title}
      rows={items}
      keyOf={(key) => key.id}
      columns={[
        {
          key: "name",
          head: apiKeys.name,
          cell: (key) => (
            <>
              {key.name}
              <code className="block text-xs font-normal text-muted-foreground">{key.hint}</code>
            </>
          ),
        },
        {
          key: "scopes",
          head: apiKeys.scopes,
          cell: (key) => (
            <span className="flex flex-wrap gap-1">
              {key.scopes.map((scope) => (
                <Badge key={scope}>{apiKeys.scopeNames[scope] ?? scope}</Badge>
              ))}
            </span>
          ),
        },
        {
          key: "used",
          head: apiKeys.lastUsed,
          cell: (key) => (key.last_used_at ? moment(key.last_used_at, zone) : apiKeys.never),
        },
        {
          key: "expires",
          head: apiKeys.expiresHead,
          cell: (key) => (key.expires_at ? dateOf(key.expires_at, zone) : text.common.nothing),
        },
        {
          key: "revoke",
          head: "",
          className: "text-right",
          cell: (key) => (
            <Button
              variant="danger"
              size="sm"
              disabled={revoking.isPending}
              onClick={() => revoking.mutate(key.id)}
            >
              {apiKeys.revoke}
              <span className="sr-only">{` ${key.name}`}</span>
            </Button>
          ),
        },
      ]}
    />
  );
}

function KeyForm({ zone, onMade }: { zone: string; onMade: (key: string) => void }) {
  const [scopes, setScopes] = useState<readonly Scope[]>(["read_metrics"]);
  const making = useAction({
    act: (wish: Schemas["NewApiKey"]) => unwrap(http.POST("/api/api-keys", { body: wish })),
    renews: [keys.apiKeys],
    then: ({ key }) => onMade(key),
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const word = wordsIn(event.currentTarget);
    making.mutate({
      name: word("name"),
      scopes: [...scopes],
      ...(word("expires") && { expires_at: startOfDay(addDays(word("expires"), 1), zone) }),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label={apiKeys.name} htmlFor="key-name">
        <Input id="key-name" name="name" required maxLength={80} />
      </Field>
      <fieldset className="grid gap-2">
        <legend className="mb-1.5 text-[13px] font-medium text-muted-foreground">{apiKeys.scopes}</legend>
        {(Object.keys(apiKeys.scopeNames) as Scope[]).map((scope) => (
          <Checkbox
            key={scope}
            label={apiKeys.scopeNames[scope] ?? scope}
            checked={scopes.includes(scope)}
            onChange={(event) =>
              setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))
            }
          />
        ))}
      </fieldset>
      <Field label={apiKeys.expires} htmlFor="key-expires">
        <Input id="key-expires" name="expires" type="date" min={today(zone)} />
      </Field>
      <Button type="submit" className="justify-self-end" disabled={making.isPending || scopes.length === 0}>
        {apiKeys.create}
      </Button>
    </form>
  );
}
