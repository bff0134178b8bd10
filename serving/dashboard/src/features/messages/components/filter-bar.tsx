import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { DayInput } from "@/components/ui/day-input";
import { Field, Select } from "@/components/ui/input";
import { CHATS, chatsOf } from "@/lib/format/chats";
import { areInOrder } from "@/lib/format/days";
import { EMOTIONS } from "@/lib/format/emotions";
import { text } from "@/lib/text";

import { type MessageFilters, MOODS, type MoodFilter, NO_FILTERS } from "../lib/filters";

interface FilterBarProps {
  filters: MessageFilters;
  lastDay: string;
  onChange: (filters: MessageFilters) => void;
}

const { messages } = text;
const MOOD_LABELS: Record<MoodFilter, string> = {
  scored: messages.scored,
  positive: messages.positive,
  neutral: messages.neutral,
  negative: messages.negative,
  "very-negative": messages.veryNegative,
};

export function FilterBar({ filters, lastDay, onChange }: FilterBarProps) {
  const change = (part: Partial<MessageFilters>): void => onChange({ ...filters, ...part });
  const isFiltered = Object.values(filters).some((value) => value !== null);
  return (
    <form
      aria-label={messages.filters}
      className="grid grid-cols-2 items-end gap-3 md:grid-cols-3 xl:grid-cols-[repeat(6,minmax(0,1fr))_auto]"
      onSubmit={(event) => event.preventDefault()}
    >
      <Field label={messages.direction} htmlFor="direction">
        <Select
          id="direction"
          value={filters.direction ?? ""}
          onChange={(event) =>
            change({ direction: (event.target.value || null) as MessageFilters["direction"] })
          }
        >
          <option value="">{messages.anyone}</option>
          <option value="in">{messages.in}</option>
          <option value="out">{messages.out}</option>
        </Select>
      </Field>
      <Field label={messages.chats} htmlFor="chats">
        <Select
          id="chats"
          value={filters.chats ?? ""}
          onChange={(event) => change({ chats: chatsOf(event.target.value) })}
        >
          <option value="">{messages.anyChats}</option>
          {CHATS.map((each) => (
            <option key={each} value={each}>
              {messages.chatKinds[each]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={messages.mood} htmlFor="mood">
        <Select
          id="mood"
          value={filters.mood ?? ""}
          onChange={(event) => change({ mood: (event.target.value || null) as MoodFilter | null })}
        >
          <option value="">{messages.anyMood}</option>
          {MOODS.map((mood) => (
            <option key={mood} value={mood}>
              {MOOD_LABELS[mood]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={messages.emotion} htmlFor="emotion">
        <Select
          id="emotion"
          value={filters.emotion ?? ""}
          onChange={(event) =>
            change({ emotion: EMOTIONS.find((each) => each === event.target.value) ?? null })
          }
        >
          <option value="">{messages.anyEmotion}</option>
          {EMOTIONS.map((emotion) => (
            <option key={emotion} value={emotion}>
              {text.emotions[emotion]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={messages.from} htmlFor="from">
        <DayInput id="from" max={lastDay} value={filters.from} onDay={(from) => change({ from })} />
      </Field>
      <Field label={messages.to} htmlFor="to">
        <DayInput
          id="to"
          max={lastDay}
          value={filters.to}
          aria-invalid={!areInOrder(filters)}
          onDay={(to) => change({ to })}
        />
      </Field>
      <Button
        variant="ghost"
        disabled={!isFiltered}
        onClick={() => onChange(NO_FILTERS)}
        className="max-xl:justify-self-start"
      >
        <X aria-hidden="true" />
        {messages.clear}
      </Button>
      {!areInOrder(filters) && (
        <p role="alert" className="col-span-full text-sm text-destructive">
          {messages.invalidPeriod}
        </p>
      )}
    </form>
  );
}
