import { useQuery } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { useState } from "react";

import { ReasonForm } from "@/components/reason-form";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { text } from "@/lib/text";

import { policyQuery, promptsQuery } from "../api/queries";
import type { Card } from "../lib/card";
import { versionName } from "../lib/names";

const { report: words } = text.experiments;

/** Champion moves on this report, with a reason; the API checks the evidence again. */
export function Promote({ report, card }: { report: Schemas["ComparisonReport"]; card: Card }) {
  const [isAsking, setIsAsking] = useState(false);
  const versions = useQuery(promptsQuery).data;
  const version = versionName(versions, card.candidate.prompt_hash);
  const isLive = versions?.some(
    (each) => each.prompt_hash === card.candidate.prompt_hash && each.channels.includes("champion"),
  );
  const needsSecond = useQuery(policyQuery).data?.four_eyes ?? false;
  const moving = useAction({
    act: async (reason: string): Promise<void> => {
      const body = {
        name: "sentiment",
        channel: "champion",
        version: card.candidate.prompt_hash,
        reason,
        report_hash: report.report_hash,
      };
      if (needsSecond) await unwrap(http.POST("/api/prompts/proposals", { body }));
      else await unwrap(http.POST("/api/prompts/move", { body }));
    },
    renews: [keys.prompts],
    told: needsSecond ? text.experiments.fourEyes.proposed : words.promoted,
    then: () => setIsAsking(false),
  });
  const isPassed = report.outcome === "pass";
  return (
    <>
      <Button
        disabled={!isPassed || isLive}
        title={isPassed ? undefined : words.promoteRefused}
        onClick={() => setIsAsking(true)}
      >
        <Rocket aria-hidden="true" />
        {needsSecond ? text.experiments.fourEyes.propose : words.promote}
      </Button>
      <Dialog isOpen={isAsking} onClose={() => setIsAsking(false)} title={words.promoteTitle(version)}>
        <ReasonForm
          hint={words.promoteHint}
          label={text.experiments.prompts.reason}
          submit={words.promote}
          isBusy={moving.isPending}
          onSubmit={(reason) => moving.mutate(reason)}
        />
      </Dialog>
    </>
  );
}
