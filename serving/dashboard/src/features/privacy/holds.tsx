import { useQuery } from "@tanstack/react-query";
import type { SubmitEvent } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { ok } from "@/lib/api/ok";
import { dateOf } from "@/lib/format/days";
import { wordsIn } from "@/lib/format/form";
import { text } from "@/lib/text";

const { privacy } = text;

/** What must not be deleted, and why. */
export function Holds({ zone }: { zone: string }) {
  const found = useQuery({
    queryKey: [...keys.privacy, "holds"],
    queryFn: ({ signal }) => unwrap(http.GET("/api/privacy/holds", { signal })),
  });
  const releasing = useAction({
    act: (id: string) =>
      ok(http.DELETE("/api/privacy/holds/{hold_id}", { params: { path: { hold_id: id } } })),
    renews: [keys.privacy],
    told: privacy.released,
  });
  return (
    <Box title={privacy.holds} hint={privacy.holdsHint} isFlush>
      <HoldForm />
      <Answered query={found}>
        {(all) =>
          all.length === 0 ? (
            <p className="px-5 pb-3 text-sm text-muted-foreground">{privacy.noHolds}</p>
          ) : (
            <DataTable
              label={privacy.holds}
              rows={all}
              keyOf={(hold) => hold.id}
              columns={[
                { key: "reason", head: privacy.holdReason, cell: (hold) => hold.reason },
                {
                  key: "scope",
                  head: privacy.scope,
                  cell: (hold) => (hold.is_of_person ? privacy.person : privacy.company),
                },
                { key: "placed", head: privacy.placed, cell: (hold) => dateOf(hold.placed_at, zone) },
                {
                  key: "release",
                  head: "",
                  className: "text-right",
                  cell: (hold) =>
                    hold.released_at ? (
                      `${privacy.released} ${dateOf(hold.released_at, zone)}`
                    ) : (
                      <Button
                        variant="outline"
                        size="sm"
                        disabled={releasing.isPending}
                        onClick={() => releasing.mutate(hold.id)}
                      >
                        {privacy.release}
                      </Button>
                    ),
                },
              ]}
            />
          )
        }
      </Answered>
    </Box>
  );
}

function HoldForm() {
  const placing = useAction({
    act: (wish: Schemas["NewLegalHold"]) => unwrap(http.POST("/api/privacy/holds", { body: wish })),
    renews: [keys.privacy],
    told: privacy.placedDone,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const word = wordsIn(form);
    placing.mutate(
      { reason: word("reason"), ...(word("phone") && { phone: word("phone") }) },
      { onSuccess: () => form.reset() },
    );
  };
  return (
    <form
      onSubmit={submit}
      className="grid items-start gap-3 px-5 pb-4 sm:grid-cols-[minmax(0,1fr)_16rem_auto]"
      autoComplete="off"
    >
      <Field label={privacy.holdReason} htmlFor="hold-reason">
        <Input id="hold-reason" name="reason" required maxLength={500} />
      </Field>
      <Field label={privacy.phone} htmlFor="hold-phone" hint={privacy.holdAll}>
        <Input id="hold-phone" name="phone" type="tel" minLength={8} maxLength={128} />
      </Field>
      {/* Beside the fields, below their labels. */}
      <Button type="submit" variant="outline" className="sm:mt-6.5" disabled={placing.isPending}>
        {privacy.newHold}
      </Button>
    </form>
  );
}
