import { Button } from "@/components/ui/button";
import { addDays, type DayText } from "@/lib/format/days";
import { text } from "@/lib/text";

import { type MessageFilters, NO_FILTERS, writeFilters } from "../lib/filters";

interface ViewsProps {
  filters: MessageFilters;
  day: DayText;
  onChange: (filters: MessageFilters) => void;
}

/** Filters that people want every day, one click away. */
export function Views({ filters, day, onChange }: ViewsProps) {
  const { messages } = text;
  const week = { from: addDays(day, -6), to: day };
  const views: { label: string; filters: MessageFilters }[] = [
    { label: messages.viewAll, filters: NO_FILTERS },
    { label: messages.viewNegative, filters: { direction: "in", mood: "negative", from: day, to: day } },
    { label: messages.viewWeek, filters: { direction: "in", mood: "negative", ...week } },
    { label: messages.viewPraise, filters: { direction: "in", mood: "positive", ...week } },
  ];
  const current = JSON.stringify(writeFilters(filters));
  return (
    <div role="group" aria-label={messages.views} className="flex flex-wrap gap-2">
      {views.map((view) => {
        const isCurrent = JSON.stringify(writeFilters(view.filters)) === current;
        return (
          <Button
            key={view.label}
            size="sm"
            variant={isCurrent ? "secondary" : "outline"}
            aria-pressed={isCurrent}
            onClick={() => onChange(view.filters)}
          >
            {view.label}
          </Button>
        );
      })}
    </div>
  );
}
