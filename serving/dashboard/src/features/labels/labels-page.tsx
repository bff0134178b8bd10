import { useQuery } from "@tanstack/react-query";
import { CircleCheckBig, Tags } from "lucide-react";
import { useState } from "react";

import { Answered } from "@/components/answered";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { ok } from "@/lib/api/ok";
import { integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { Judgement } from "./judgement";

const { labelling } = text;
const QUEUE = 50;
type Waiting = Schemas["MessageToLabel"];

export function LabelsPage() {
  const waiting = useQuery({
    queryKey: keys.labels,
    queryFn: ({ signal }) =>
      unwrap(http.GET("/api/labels/waiting", { params: { query: { limit: QUEUE } }, signal })),
    // The queue is worked off here; read anew only when it is empty.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  return (
    <Page title={labelling.title} subtitle={labelling.subtitle} className="max-w-3xl">
      <Answered query={waiting}>
        {(queue) => <Queue key={queue[0]?.message_id} queue={queue} onEmpty={() => void waiting.refetch()} />}
      </Answered>
    </Page>
  );
}

function Queue({ queue, onEmpty }: { queue: readonly Waiting[]; onEmpty: () => void }) {
  const [place, setPlace] = useState(0);
  const [done, setDone] = useState(0);
  const saving = useAction({
    act: (label: Schemas["NewLabel"]) => ok(http.POST("/api/labels", { body: label })),
    then: () => {
      setDone((count) => count + 1);
      go(place + 1);
    },
  });
  const go = (next: number): void => {
    setPlace(next);
    if (next >= queue.length && queue.length === QUEUE) onEmpty();
  };
  const current = queue[place];
  if (!current) {
    return (
      <Card>
        {done > 0 ? (
          <Notice icon={CircleCheckBig} title={labelling.doneTitle} hint={labelling.doneHint} role="status" />
        ) : (
          <Notice icon={Tags} title={labelling.empty} hint={labelling.emptyHint} />
        )}
      </Card>
    );
  }
  return (
    <>
      <div className="flex flex-wrap gap-2">
        <Badge>{labelling.waiting(integer(queue.length - place))}</Badge>
        {done > 0 && <Badge variant="good">{labelling.done(integer(done))}</Badge>}
      </div>
      <Judgement
        key={current.message_id}
        message={current}
        isBusy={saving.isPending}
        onSave={(label) => saving.mutate(label)}
        onSkip={() => go(place + 1)}
        onBack={place > 0 ? () => go(place - 1) : undefined}
      />
    </>
  );
}
