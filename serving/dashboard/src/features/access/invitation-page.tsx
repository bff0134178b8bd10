import { useMutation, useQuery } from "@tanstack/react-query";
import { UserX } from "lucide-react";
import type { SubmitEvent } from "react";
import { useLocation, useNavigate } from "react-router";

import { CardSkeleton } from "@/components/answered";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/input";
import { reasonOf } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { wordsIn } from "@/lib/format/form";
import { join } from "@/lib/session/session";
import { text } from "@/lib/text";

import { AccessFrame } from "./access-frame";

const { access, session } = text;
const SHORTEST = 10;

/** Where the link of an invitation leads: who invites, a name and a password, and one is in. */
export function InvitationPage() {
  const token = useLocation().hash.slice(1);
  const found = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => unwrap(http.POST("/api/auth/invitation", { body: { token } })),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (found.isPending) return <CardSkeleton />;
  if (found.isError) {
    return (
      <AccessFrame title={session.title}>
        <Notice icon={UserX} title={access.invitationBad} role="alert" />
      </AccessFrame>
    );
  }
  return <Join invited={found.data} token={token} />;
}

function Join({ invited, token }: { invited: Schemas["InvitedTo"]; token: string }) {
  const navigate = useNavigate();
  const joining = useMutation({
    mutationFn: (joining: Schemas["Joining"]) =>
      join(unwrap(http.POST("/api/auth/invitation/accept", { body: joining }))),
    onSuccess: () => void navigate("/", { replace: true }),
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const password = new FormData(form).get("password");
    joining.mutate({
      token,
      name: wordsIn(form)("name"),
      password: typeof password === "string" ? password : "",
    });
  };
  return (
    <AccessFrame title={access.invitationTitle(invited.company)}>
      <p className="text-sm text-muted-foreground">
        {access.invitationHint(invited.email, text.roles[invited.role] ?? invited.role)}
      </p>
      <form onSubmit={submit} className="grid gap-4">
        <Field label={access.yourName} htmlFor="name">
          <Input id="name" name="name" required maxLength={150} autoComplete="name" />
        </Field>
        <Field label={session.password} htmlFor="password" hint={access.passwordHint}>
          <Input
            id="password"
            name="password"
            type="password"
            required
            minLength={SHORTEST}
            autoComplete="new-password"
          />
        </Field>
        {joining.isError && (
          <p role="alert" className="text-sm text-bad">
            {reasonOf(joining.error)}
          </p>
        )}
        <Button type="submit" disabled={joining.isPending}>
          {access.join}
        </Button>
      </form>
    </AccessFrame>
  );
}
