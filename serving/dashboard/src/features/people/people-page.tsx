import { useQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { CopyField } from "@/components/copy-field";
import { DataTable } from "@/components/data-table";
import { SettingsPage } from "@/components/settings-page";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { ok } from "@/lib/api/ok";
import { moment } from "@/lib/format/days";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { InviteForm } from "./components/invite-form";
import { PersonActions } from "./components/person-actions";

const { people } = text;

export function PeoplePage() {
  const me = useMe();
  const zone = me.tenant.timezone;
  const [isInviting, setIsInviting] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  const found = useQuery({
    queryKey: [...keys.people, "users"],
    queryFn: ({ signal }) => unwrap(http.GET("/api/users", { signal })),
  });
  return (
    <SettingsPage>
      <Box
        title={people.title}
        hint={people.hint}
        isFlush
        actions={
          <Button size="sm" onClick={() => setIsInviting(true)}>
            <UserPlus aria-hidden="true" />
            {people.invite}
          </Button>
        }
      >
        <Answered query={found}>
          {(all) => (
            <DataTable
              label={people.title}
              rows={all}
              keyOf={(person) => person.id}
              columns={[
                {
                  key: "name",
                  head: people.name,
                  cell: (person) => (
                    <>
                      {person.name}
                      {person.id === me.id && (
                        <span className="text-muted-foreground">{` (${people.you})`}</span>
                      )}
                      <span className="block font-normal text-muted-foreground">{person.email}</span>
                    </>
                  ),
                },
                { key: "role", head: people.role, cell: (person) => text.roles[person.role] ?? person.role },
                {
                  key: "state",
                  head: people.state,
                  cell: (person) => (
                    <Badge variant={person.is_active ? "good" : "plain"}>
                      {person.is_active ? people.active : people.inactive}
                    </Badge>
                  ),
                },
                {
                  key: "login",
                  head: people.lastLogin,
                  cell: (person) =>
                    person.last_login_at ? moment(person.last_login_at, zone) : people.never,
                  className: "whitespace-nowrap",
                },
                {
                  key: "actions",
                  head: "",
                  cell: (person) => person.id !== me.id && <PersonActions person={person} />,
                },
              ]}
            />
          )}
        </Answered>
      </Box>
      <Invitations zone={zone} />
      <Dialog isOpen={isInviting} onClose={() => setIsInviting(false)} title={people.invite}>
        <InviteForm
          onInvited={(invited) => {
            setIsInviting(false);
            setLink(invited.link);
          }}
        />
      </Dialog>
      <Dialog isOpen={link !== null} onClose={() => setLink(null)} title={people.inviteLink}>
        <p className="mb-4 text-sm text-muted-foreground">{people.invitedByLink}</p>
        {link !== null && <CopyField id="invitation-link" label={people.inviteLink} value={link} />}
      </Dialog>
    </SettingsPage>
  );
}

function Invitations({ zone }: { zone: string }) {
  const found = useQuery({
    queryKey: [...keys.people, "invitations"],
    queryFn: ({ signal }) => unwrap(http.GET("/api/invitations", { signal })),
  });
  const withdrawing = useAction({
    act: (id: string) =>
      ok(http.DELETE("/api/invitations/{invitation_id}", { params: { path: { invitation_id: id } } })),
    renews: [keys.people],
    told: people.withdrawn,
  });
  const withdraw = (invitation: Schemas["Invitation"]) => (
    <Button
      variant="outline"
      size="sm"
      disabled={withdrawing.isPending}
      onClick={() => withdrawing.mutate(invitation.id)}
    >
      {people.withdraw}
      <span className="sr-only">{` ${invitation.email}`}</span>
    </Button>
  );
  return (
    <Box title={people.invitations} isFlush>
      <Answered query={found}>
        {(all) =>
          all.length === 0 ? (
            <p className="px-5 pb-3 text-sm text-muted-foreground">{people.noInvitations}</p>
          ) : (
            <DataTable
              label={people.invitations}
              rows={all}
              keyOf={(each) => each.id}
              columns={[
                { key: "email", head: people.email, cell: (each) => each.email },
                { key: "role", head: people.role, cell: (each) => text.roles[each.role] ?? each.role },
                { key: "expires", head: people.expires, cell: (each) => moment(each.expires_at, zone) },
                { key: "withdraw", head: "", cell: withdraw, className: "text-right" },
              ]}
            />
          )
        }
      </Answered>
    </Box>
  );
}
