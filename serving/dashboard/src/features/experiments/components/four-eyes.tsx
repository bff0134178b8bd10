import { useQuery } from "@tanstack/react-query";

import { Box } from "@/components/box";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { moment } from "@/lib/format/days";
import type { Me } from "@/lib/session/me";
import { text } from "@/lib/text";

import { policyQuery, proposalsQuery } from "../api/queries";
import { type Version, versionName } from "../lib/names";

const { fourEyes } = text.experiments;

interface FourEyesProps {
  versions: readonly Version[];
  me: Me;
}

/** Whether a promotion needs a second person, and those that wait for one. */
export function FourEyes({ versions, me }: FourEyesProps) {
  const policy = useQuery(policyQuery).data;
  const open = useQuery(proposalsQuery).data?.filter((each) => each.state === "open") ?? [];
  const saving = useAction({
    act: (four_eyes: boolean) =>
      unwrap(
        http.PUT("/api/prompts/policy", {
          params: { query: { name: "sentiment" } },
          body: { four_eyes, needs_report: policy?.needs_report ?? true },
        }),
      ),
    renews: [keys.prompts],
    told: fourEyes.saved,
  });
  const isAdmin = me.role === "admin";
  if (!policy || (!isAdmin && open.length === 0)) return null;
  return (
    <Box title={fourEyes.title}>
      {isAdmin && (
        <Checkbox
          label={fourEyes.policy}
          checked={policy.four_eyes}
          disabled={saving.isPending}
          onChange={(event) => saving.mutate(event.target.checked)}
        />
      )}
      {open.length > 0 && (
        <ul className="mt-4 grid gap-3">
          {open.map((proposal) => (
            <Proposal key={proposal.id} proposal={proposal} versions={versions} me={me} />
          ))}
        </ul>
      )}
    </Box>
  );
}

function Proposal({ proposal, versions, me }: FourEyesProps & { proposal: Schemas["ChannelProposal"] }) {
  const params = { params: { path: { proposal_id: proposal.id } } };
  const approving = useAction({
    act: () => unwrap(http.POST("/api/prompts/proposals/{proposal_id}/approve", params)),
    renews: [keys.prompts],
    told: fourEyes.approved,
  });
  const rejecting = useAction({
    act: () => unwrap(http.POST("/api/prompts/proposals/{proposal_id}/reject", params)),
    renews: [keys.prompts],
    told: fourEyes.rejected,
  });
  const isMine = proposal.proposed_by === me.id;
  const isBusy = approving.isPending || rejecting.isPending;
  return (
    <li className="flex flex-wrap items-center gap-2 text-sm">
      <span className="font-medium">{versionName(versions, proposal.prompt_hash)}</span>
      <span className="text-muted-foreground">
        {`${moment(proposal.proposed_at, me.tenant.timezone)} · ${proposal.reason}`}
      </span>
      {me.role === "admin" && (
        <span className="ml-auto flex items-center gap-2">
          {isMine ? (
            <span className="text-[13px] text-muted-foreground">{fourEyes.mine}</span>
          ) : (
            <Button size="sm" disabled={isBusy} onClick={() => approving.mutate()}>
              {fourEyes.approve}
            </Button>
          )}
          <Button size="sm" variant="outline" disabled={isBusy} onClick={() => rejecting.mutate()}>
            {fourEyes.reject}
          </Button>
        </span>
      )}
    </li>
  );
}
