import { useQuery } from "@tanstack/react-query";
import { Sunrise } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { themesQuery } from "@/lib/api/queries";
import { cn } from "@/lib/cn";
import { fullDay } from "@/lib/format/days";
import { decimal, duration, integer, percent, signed } from "@/lib/format/numbers";
import { explainPath } from "@/lib/period/explain-path";
import { conversationsPath, customerMessagesPath, scoredMessagesPath } from "@/lib/period/targets";
import { text } from "@/lib/text";

import type { Yesterday } from "../lib/yesterday";
import { Alerts } from "./alerts";

const { overview } = text;
const NOTABLE_POINTS = 0.5;
const NOTABLE_SHARE = 0.05;
const THEME_AT_LEAST = 3;
const FIGURES = [0, 1, 2, 3];

/** Yesterday in ten seconds: a sentence, four figures, what was odd and what weighed most. */
export function YesterdayCard({ yesterday, tenantId }: { yesterday: Yesterday; tenantId: string }) {
  return (
    <Card aria-label={overview.yesterdayTitle} className="grid gap-4 p-5">
      <div className="flex items-start gap-4">
        <span className="hidden size-10 shrink-0 place-items-center rounded-full bg-accent text-accent-foreground sm:grid">
          <Sunrise className="size-5" aria-hidden="true" />
        </span>
        <div className="min-w-0">
          <h2 className="text-[13px] font-medium text-muted-foreground">
            {overview.yesterdayTitle} <span className="font-normal">· {fullDay(yesterday.day)}</span>
          </h2>
          <p className="text-lg font-semibold text-balance">{sentence(yesterday)}</p>
        </div>
      </div>
      {yesterday.messages > 0 && (
        <>
          <Numbers yesterday={yesterday} />
          <div className="grid gap-x-8 gap-y-4 border-t pt-4 md:grid-cols-2">
            <Part title={text.alerts.title}>
              <Alerts tenantId={tenantId} />
            </Part>
            <Part title={overview.weighedTitle}>
              <Weighed tenantId={tenantId} day={yesterday.day} />
            </Part>
          </div>
        </>
      )}
    </Card>
  );
}

/** As large as the card of a day with messages, so that what is below it stays where it is. */
export function YesterdaySkeleton() {
  return (
    <Card role="status" aria-label={text.states.loading} className="grid min-h-62 content-start gap-6 p-5">
      <Skeleton className="h-12 w-3/5" />
      <div className="grid grid-cols-2 gap-x-6 gap-y-3 md:grid-cols-4">
        {FIGURES.map((place) => (
          <Skeleton key={place} className="h-16" />
        ))}
      </div>
      <Skeleton className="h-12" />
    </Card>
  );
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="min-w-0">
    <h3 className="mb-1.5 text-[13px] font-medium text-muted-foreground">{title}</h3>
    {children}
  </div>
);

function Numbers({ yesterday }: { yesterday: Yesterday }) {
  const period = { from: yesterday.day, to: yesterday.day };
  const { messagesChange } = yesterday;
  const negativeChange = yesterday.isFew ? null : yesterday.negativeChange;
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 md:grid-cols-4">
      <Figure
        name={overview.volume}
        value={integer(yesterday.messages)}
        to={customerMessagesPath(period)}
        note={
          messagesChange === null
            ? overview.few
            : Math.abs(messagesChange) >= NOTABLE_SHARE
              ? overview.versusWeekday(`${signed(messagesChange * 100)}%`)
              : overview.asWeekday
        }
      />
      <Figure
        name={overview.negatives}
        value={integer(yesterday.negatives)}
        beside={percent(yesterday.negativePct)}
        to={scoredMessagesPath(period, { humor: "negative" })}
        note={
          negativeChange === null
            ? overview.few
            : Math.abs(negativeChange) >= NOTABLE_POINTS
              ? overview.versusUsual(`${signed(negativeChange)} ${overview.points}`)
              : overview.asUsual
        }
        tone={tone(negativeChange)}
      />
      <Figure
        name={overview.unanswered}
        value={percent(yesterday.unansweredPct)}
        to={conversationsPath(period, { resposta: "sem", inicio: "customer" })}
        note={overview.conversations(integer(yesterday.conversations))}
      />
      <Figure
        name={overview.firstResponse}
        value={duration(yesterday.firstResponseSeconds)}
        to={explainPath("first_response_p50_ms", period)}
        note={overview.half}
      />
    </dl>
  );
}

/** More complaints than usual are bad news. */
const tone = (change: number | null): "good" | "bad" | undefined =>
  change === null || Math.abs(change) < NOTABLE_POINTS ? undefined : change > 0 ? "bad" : "good";

interface FigureProps {
  name: string;
  value: string;
  beside?: string;
  note: string;
  to: string;
  tone?: "good" | "bad" | undefined;
}

function Figure({ name, value, beside, note, to, tone: meaning }: FigureProps) {
  return (
    <div className="min-w-0">
      <dt className="text-[13px] text-muted-foreground">{name}</dt>
      <dd>
        <Link to={to} className="rounded text-xl font-semibold tabular-nums hover:underline">
          {value}
          {beside && <span className="text-sm font-normal text-muted-foreground">{` ${beside}`}</span>}
        </Link>
        <span
          className={cn(
            "block text-xs",
            meaning === "bad" ? "text-bad" : meaning === "good" ? "text-good" : "text-muted-foreground",
          )}
        >
          {note}
        </span>
      </dd>
    </div>
  );
}

/** The theme that pulled the day down most. */
function Weighed({ tenantId, day }: { tenantId: string; day: string }) {
  const period = { from: day, to: day };
  const found = useQuery(themesQuery(tenantId, period));
  if (!found.data) return found.isError ? <Plain /> : <Skeleton className="h-5 w-56 max-w-full" />;
  const worst = found.data.themes
    .filter((theme) => theme.theme_id !== null && theme.impact < 0 && theme.n >= THEME_AT_LEAST)
    .sort((one, other) => one.impact - other.impact)[0];
  if (!worst?.theme_id) return <Plain />;
  return (
    <Link
      to={scoredMessagesPath(period, { tema: worst.theme_id })}
      className="group flex flex-wrap items-baseline gap-x-2 rounded text-sm"
    >
      <span className="font-medium group-hover:underline">{worst.words.join(", ")}</span>
      <span className="text-muted-foreground tabular-nums">
        {overview.weighed(`${signed(worst.impact)} ${overview.points}`, integer(worst.n))}
      </span>
    </Link>
  );
}

const Plain = () => <p className="text-sm text-muted-foreground">{overview.weighedNothing}</p>;

function sentence({ messages, satisfaction, difference, isFew }: Yesterday): string {
  if (messages === 0) return overview.yesterdayNothing;
  if (satisfaction === null) return overview.yesterdayUnscored(integer(messages));
  const compared = isFew ? overview.yesterdayFew(messages) : comparison(difference);
  return `${overview.yesterday(decimal(satisfaction))}${compared}.`;
}

function comparison(difference: number | null): string {
  if (difference === null) return "";
  if (Math.abs(difference) < NOTABLE_POINTS) return overview.yesterdaySame;
  const size = decimal(Math.abs(difference));
  return difference > 0 ? overview.yesterdayBetter(size) : overview.yesterdayWorse(size);
}
