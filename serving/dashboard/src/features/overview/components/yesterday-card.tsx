import { Sunrise } from "lucide-react";
import { Link } from "react-router";

import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { fullDay } from "@/lib/format/days";
import { decimal, integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { messagesPath } from "@/lib/period/targets";
import type { Yesterday } from "../lib/yesterday";

/** Yesterday in one sentence. */
export function YesterdayCard({ yesterday }: { yesterday: Yesterday }) {
  const period = { from: yesterday.day, to: yesterday.day };
  return (
    <Card
      aria-label={text.overview.yesterdayTitle}
      className="flex flex-wrap items-center gap-x-4 gap-y-3 px-5 py-4"
    >
      <span className="grid size-10 shrink-0 place-items-center rounded-full bg-accent text-accent-foreground">
        <Sunrise className="size-5" aria-hidden="true" />
      </span>
      <div className="min-w-0 flex-1 basis-64">
        <h2 className="text-[15px] font-semibold">{text.overview.yesterdayTitle}</h2>
        <p className="text-sm text-pretty">
          {sentence(yesterday)} <span className="text-muted-foreground">({fullDay(yesterday.day)})</span>
        </p>
      </div>
      {yesterday.negatives > 0 && (
        <Button asChild variant="outline" size="sm">
          <Link to={messagesPath(period, { quem: "in", humor: "negative" })}>
            {text.overview.yesterdayNegative(integer(yesterday.negatives))}
          </Link>
        </Button>
      )}
    </Card>
  );
}

function sentence({ messages, satisfaction, difference }: Yesterday): string {
  const { overview } = text;
  if (messages === 0) return overview.yesterdayNothing;
  if (satisfaction === null) return overview.yesterdayUnscored(integer(messages));
  return `${overview.yesterday(decimal(satisfaction), integer(messages))}${comparison(difference)}.`;
}

function comparison(difference: number | null): string {
  const { overview } = text;
  if (difference === null) return "";
  if (Math.abs(difference) < 0.5) return overview.yesterdaySame;
  const size = decimal(Math.abs(difference));
  return difference > 0 ? overview.yesterdayBetter(size) : overview.yesterdayWorse(size);
}
