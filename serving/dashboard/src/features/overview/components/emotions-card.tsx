import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DownloadButton } from "@/components/download-button";
import { Progress } from "@/components/ui/progress";
import { decimal, integer, percent } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { emotionsQuery } from "../api/insight-queries";
import type { Period } from "@/lib/period/period";
import { scoredMessagesPath } from "@/lib/period/targets";

const { emotions } = text.insight;

/** Which emotions, how often, how sure. */
export function EmotionsCard({ tenantId, period }: { tenantId: string; period: Period }) {
  const found = useQuery(emotionsQuery(tenantId, period));
  const name = (emotion: string): string => text.emotions[emotion] ?? emotion;
  return (
    <Box
      title={emotions.title}
      hint={emotions.hint}
      actions={
        found.data &&
        found.data.emotions.length > 0 && (
          <DownloadButton
            file="evosense-emocoes.csv"
            rows={() => [
              [emotions.emotion, emotions.n, emotions.share, emotions.satisfaction],
              ...found.data.emotions.map((each) => [
                name(each.emotion),
                each.n,
                each.share?.value ?? null,
                each.satisfaction_mean,
              ]),
            ]}
          />
        )
      }
    >
      <Answered query={found}>
        {(report) =>
          report.emotions.length === 0 ? (
            <p className="text-sm text-muted-foreground">{emotions.empty}</p>
          ) : (
            <ul className="grid gap-3">
              {report.emotions.map(({ emotion, n, share, satisfaction_mean: satisfaction }) => (
                <li key={emotion} className="grid gap-1 text-sm">
                  <div className="flex flex-wrap items-baseline gap-x-3">
                    <Link
                      to={scoredMessagesPath(period, { emocao: emotion })}
                      className="rounded font-medium hover:underline"
                    >
                      {name(emotion)}
                    </Link>
                    <span className="text-xs text-muted-foreground tabular-nums">
                      {`${emotions.satisfaction} ${decimal(satisfaction)}`}
                    </span>
                    <span className="ml-auto tabular-nums">{percent((share?.value ?? 0) * 100)}</span>
                  </div>
                  <Progress label={name(emotion)} value={n} max={report.scored} />
                  <span className="text-xs text-muted-foreground tabular-nums">
                    {share?.low == null || share.high === null
                      ? `n = ${integer(n)}`
                      : `n = ${integer(n)} · ${text.insight.interval(percent(share.low * 100), percent(share.high * 100))}`}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Box>
  );
}
