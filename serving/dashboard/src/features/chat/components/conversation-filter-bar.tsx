import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";

import { FilterChip } from "@/components/filter-chip";
import { Button } from "@/components/ui/button";
import { DayInput } from "@/components/ui/day-input";
import { Field, Select } from "@/components/ui/input";
import { connectionNamesQuery } from "@/lib/api/queries";
import { text } from "@/lib/text";

import { type ConversationFilters, NO_FILTERS, SPEAKERS, TRAJECTORIES } from "../lib/conversation-filters";

interface FilterBarProps {
  filters: ConversationFilters;
  lastDay: string;
  onChange: (filters: ConversationFilters) => void;
}

const { conversations } = text;
const GRID = "grid grid-cols-2 items-end gap-3 sm:grid-cols-4";

export function ConversationFilterBar({ filters, lastDay, onChange }: FilterBarProps) {
  const connections = useQuery(connectionNamesQuery).data ?? [];
  const change = (part: Partial<ConversationFilters>): void => onChange({ ...filters, ...part });
  const isFiltered = Object.values(filters).some((value) => value !== null);
  return (
    <form aria-label={conversations.filters} className={GRID} onSubmit={(event) => event.preventDefault()}>
      <Field label={conversations.from} htmlFor="from">
        <DayInput
          id="from"
          max={filters.to ?? lastDay}
          value={filters.from}
          onDay={(from) => change({ from })}
        />
      </Field>
      <Field label={conversations.to} htmlFor="to">
        <DayInput
          id="to"
          min={filters.from ?? undefined}
          max={lastDay}
          value={filters.to}
          onDay={(to) => change({ to })}
        />
      </Field>
      <Choice
        id="state"
        label={conversations.state}
        value={filters.state}
        options={[
          ["open", conversations.states.open],
          ["closed", conversations.states.closed],
        ]}
        onChange={(state) => change({ state: state as ConversationFilters["state"] })}
      />
      <Choice
        id="unanswered"
        label={conversations.unanswered}
        value={filters.unanswered === null ? null : filters.unanswered ? "yes" : "no"}
        options={[
          ["yes", conversations.unansweredYes],
          ["no", conversations.unansweredNo],
        ]}
        onChange={(value) => change({ unanswered: value === null ? null : value === "yes" })}
      />
      <Choice
        id="mood"
        label={conversations.mood}
        value={filters.mood}
        options={[
          ["positive", text.messages.positive],
          ["neutral", text.messages.neutral],
          ["negative", text.messages.negative],
        ]}
        onChange={(mood) => change({ mood: mood as ConversationFilters["mood"] })}
      />
      <Choice
        id="trajectory"
        label={conversations.trajectory}
        value={filters.trajectory}
        options={TRAJECTORIES.map((each) => [each, conversations.trajectories[each]])}
        onChange={(trajectory) => change({ trajectory: trajectory as ConversationFilters["trajectory"] })}
      />
      <Choice
        id="connection"
        label={conversations.connection}
        value={filters.connection}
        options={connections.map((each) => [each.id, each.name])}
        onChange={(connection) => change({ connection })}
      />
      <Choice
        id="begun"
        label={conversations.begunBy}
        value={filters.begunBy}
        options={SPEAKERS.map((each) => [each, conversations.speakers[each]])}
        onChange={(begunBy) => change({ begunBy: begunBy as ConversationFilters["begunBy"] })}
      />
      <div className="col-span-full flex flex-wrap items-center gap-2 empty:hidden">
        {filters.contact && (
          <FilterChip label={conversations.oneContact} onRemove={() => change({ contact: null })} />
        )}
        {filters.responder && (
          <FilterChip label={conversations.oneResponder} onRemove={() => change({ responder: null })} />
        )}
        {isFiltered && (
          <Button variant="ghost" size="sm" className="ml-auto" onClick={() => onChange(NO_FILTERS)}>
            <X aria-hidden="true" />
            {conversations.clear}
          </Button>
        )}
      </div>
    </form>
  );
}

interface ChoiceProps {
  id: string;
  label: string;
  value: string | null;
  options: readonly (readonly [string, string | undefined])[];
  onChange: (value: string | null) => void;
}

function Choice({ id, label, value, options, onChange }: ChoiceProps) {
  return (
    <Field label={label} htmlFor={id}>
      <Select id={id} value={value ?? ""} onChange={(event) => onChange(event.target.value || null)}>
        <option value="">{conversations.any}</option>
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </Select>
    </Field>
  );
}
