import { TrendingDown, TrendingUp } from "lucide-react";

import { DownloadButton } from "@/components/download-button";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { cn } from "@/lib/cn";
import { moodOf } from "@/lib/format/mood";
import { moment } from "@/lib/format/days";
import { decimal, integer, sentiment as shown } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import {
  mean,
  meanSatisfaction,
  type ScoredMessage,
  type TurningPoint,
  turningPoint,
} from "../lib/trajectory";

interface TrajectoryProps {
  scored: ScoredMessage[];
  zone: string;
  onGoTo: (messageId: string) => void;
  /** As the API found it; left away, it is looked for among the messages that are loaded. */
  turning?: TurningPoint | null;
}

const BARS_AT_MOST = 80;
const COLOUR = { positive: "bg-good", neutral: "bg-neutral", negative: "bg-bad" } as const;

/** How the customer's mood went: one bar per scored message, up or down from the middle. */
export function Trajectory({ scored, zone, onGoTo, turning: known }: TrajectoryProps) {
  const { chat } = text;
  const turning = known === undefined ? turningPoint(scored) : known;
  const bars = scored.slice(-BARS_AT_MOST);
  return (
    <Card aria-label={chat.trajectory} className="grid gap-3 p-5">
      <div className="flex items-start justify-between gap-2">
        <div>
          <h2 className="text-[15px] font-semibold">{chat.trajectory}</h2>
          <p className="text-xs text-muted-foreground">{chat.trajectoryHint(integer(scored.length))}</p>
        </div>
        <DownloadButton
          file="evosense-trajetoria.csv"
          rows={() => [
            [chat.sentAt, chat.average, chat.averageSatisfaction],
            ...scored.map((message) => [message.sent_at, message.sentiment, message.satisfaction]),
          ]}
        />
      </div>
      <div className="relative flex h-24 items-stretch gap-px">
        <div className="absolute inset-x-0 top-1/2 h-px bg-border" />
        {bars.map((message) => (
          <MoodBar
            key={message.id}
            message={message}
            isTurning={message.id === turning?.message.id}
            label={`${moment(message.sent_at, zone)}: ${text.messages[moodOf(message.sentiment)]} ${shown(message.sentiment)}`}
            onGoTo={onGoTo}
          />
        ))}
      </div>
      {turning && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg bg-secondary px-3 py-2 text-sm">
          {turning.change < 0 ? (
            <TrendingDown className="size-4 text-bad" aria-hidden="true" />
          ) : (
            <TrendingUp className="size-4 text-good" aria-hidden="true" />
          )}
          <p className="min-w-0 flex-1 basis-40">
            <span className="font-medium">{chat.turning}:</span>{" "}
            {turning.change < 0 ? chat.turningDown : chat.turningUp} ({moment(turning.message.sent_at, zone)},{" "}
            {shown(turning.change)})
          </p>
          <Button variant="outline" size="sm" onClick={() => onGoTo(turning.message.id)}>
            {chat.goTo}
          </Button>
        </div>
      )}
      <dl className="grid grid-cols-2 gap-3 text-sm">
        <Fact name={chat.average} value={scored.length ? shown(mean(scored)) : text.common.nothing} />
        <Fact name={chat.averageSatisfaction} value={decimal(meanSatisfaction(scored))} />
      </dl>
    </Card>
  );
}

interface MoodBarProps {
  message: ScoredMessage;
  isTurning: boolean;
  label: string;
  onGoTo: (messageId: string) => void;
}

function MoodBar({ message, isTurning, label, onGoTo }: MoodBarProps) {
  const height = `${Math.max(3, Math.abs(message.sentiment) * 50)}%`;
  const isUp = message.sentiment >= 0;
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={() => onGoTo(message.id)}
      className={cn(
        "relative min-w-1 flex-1 rounded-sm hover:bg-accent",
        isTurning && "bg-accent ring-1 ring-ring",
      )}
    >
      <span
        className={cn("absolute inset-x-px mx-auto max-w-3 rounded-xs", COLOUR[moodOf(message.sentiment)])}
        style={isUp ? { bottom: "50%", height } : { top: "50%", height }}
      />
    </button>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-xs text-muted-foreground">{name}</dt>
      <dd className="text-lg font-semibold tabular-nums">{value}</dd>
    </div>
  );
}
