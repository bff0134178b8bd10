import { DataTable } from "@/components/data-table";
import { Badge } from "@/components/ui/badge";
import type { Schemas } from "@/lib/api/client";
import { moment } from "@/lib/format/days";
import { integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

const { connections } = text;
const LOOK = { open: "warn", repaired: "good", partial: "warn", lost: "bad" } as const;

export function Gaps({ gaps, zone }: { gaps: Schemas["ConnectionStatus"]["gaps"]; zone: string }) {
  if (gaps.length === 0) return <p className="mt-2 text-sm text-muted-foreground">{connections.noGaps}</p>;
  return (
    <DataTable
      label={connections.gaps}
      className="mt-2"
      rows={gaps}
      keyOf={(gap) => gap.from_at}
      columns={[
        { key: "from", head: connections.from, cell: (gap) => moment(gap.from_at, zone) },
        {
          key: "to",
          head: connections.to,
          cell: (gap) => (gap.to_at ? moment(gap.to_at, zone) : text.common.nothing),
        },
        {
          key: "state",
          head: connections.state,
          cell: (gap) => <Badge variant={LOOK[gap.state]}>{connections.gapStates[gap.state]}</Badge>,
        },
        { key: "cause", head: connections.cause, cell: (gap) => connections.causes[gap.cause] ?? gap.cause },
        {
          key: "recovered",
          head: connections.recovered,
          cell: (gap) => integer(gap.recovered),
          isNumber: true,
        },
      ]}
    />
  );
}
