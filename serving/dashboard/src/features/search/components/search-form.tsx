import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { type SubmitEvent, useEffect, useRef } from "react";

import { Button } from "@/components/ui/button";
import { DayInput } from "@/components/ui/day-input";
import { Input, Select } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { connectionNamesQuery } from "@/lib/api/queries";
import { CHATS, chatsOf } from "@/lib/format/chats";
import { EMOTIONS } from "@/lib/format/emotions";
import { text } from "@/lib/text";

import { MOODS, type SearchFilters, type SearchMode } from "../filters";

interface SearchFormProps {
  words: string;
  mode: SearchMode;
  filters: SearchFilters;
  onSearch: (words: string) => void;
  onMode: (mode: SearchMode) => void;
  onFilters: (filters: SearchFilters) => void;
}

const { search, messages } = text;
const HINTS = { ambas: search.bothHint, palavras: search.wordsHint, semelhanca: search.similarHint } as const;

export function SearchForm({ words, mode, filters, onSearch, onMode, onFilters }: SearchFormProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (field.current) field.current.value = words;
    if (!words) field.current?.focus();
  }, [words]);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onSearch(field.current?.value.trim() ?? "");
  };
  return (
    <form role="search" onSubmit={submit} className="grid gap-3">
      <div className="flex gap-2">
        <div className="relative min-w-0 flex-1">
          <Search
            className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted-foreground"
            aria-hidden="true"
          />
          <Input
            ref={field}
            id="q"
            name="q"
            type="search"
            aria-label={search.label}
            placeholder={search.placeholder}
            defaultValue={words}
            maxLength={500}
            autoComplete="off"
            enterKeyHint="search"
            className="pl-9"
          />
        </div>
        <Button type="submit">{search.submit}</Button>
      </div>
      <Segmented
        className="justify-self-start"
        label={search.mode}
        value={mode}
        onChange={onMode}
        options={[
          { value: "ambas", label: search.both, hint: search.bothHint },
          { value: "palavras", label: search.words, hint: search.wordsHint },
          { value: "semelhanca", label: search.similar, hint: search.similarHint },
        ]}
      />
      <Filters filters={filters} onFilters={onFilters} />
      <p className="text-[13px] text-muted-foreground">{HINTS[mode]}</p>
    </form>
  );
}

function Filters({ filters, onFilters }: Pick<SearchFormProps, "filters" | "onFilters">) {
  const connections = useQuery(connectionNamesQuery).data ?? [];
  const change = (part: Partial<SearchFilters>): void => onFilters({ ...filters, ...part });
  return (
    <div className="grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-4">
      <Select
        aria-label={messages.direction}
        value={filters.direction ?? ""}
        onChange={(event) =>
          change({ direction: (event.target.value || null) as SearchFilters["direction"] })
        }
      >
        <option value="">{messages.anyone}</option>
        <option value="in">{messages.in}</option>
        <option value="out">{messages.out}</option>
      </Select>
      <Select
        aria-label={messages.chats}
        value={filters.chats ?? ""}
        onChange={(event) => change({ chats: chatsOf(event.target.value) })}
      >
        <option value="">{search.anyChats}</option>
        {CHATS.map((each) => (
          <option key={each} value={each}>
            {messages.chatKinds[each]}
          </option>
        ))}
      </Select>
      <Select
        aria-label={messages.mood}
        value={filters.mood ?? ""}
        onChange={(event) => change({ mood: MOODS.find((each) => each === event.target.value) ?? null })}
      >
        <option value="">{messages.anyMood}</option>
        <option value="positive">{messages.positive}</option>
        <option value="negative">{messages.negative}</option>
      </Select>
      <Select
        aria-label={search.emotion}
        value={filters.emotion ?? ""}
        onChange={(event) =>
          change({ emotion: EMOTIONS.find((each) => each === event.target.value) ?? null })
        }
      >
        <option value="">{search.anyEmotion}</option>
        {EMOTIONS.map((emotion) => (
          <option key={emotion} value={emotion}>
            {text.emotions[emotion]}
          </option>
        ))}
      </Select>
      <Select
        aria-label={search.connection}
        value={filters.connection ?? ""}
        onChange={(event) => change({ connection: event.target.value || null })}
      >
        <option value="">{search.anyConnection}</option>
        {connections.map((each) => (
          <option key={each.id} value={each.id}>
            {each.name}
          </option>
        ))}
      </Select>
      <DayInput
        aria-label={messages.from}
        max={filters.to ?? undefined}
        value={filters.from}
        onDay={(from) => change({ from })}
      />
      <DayInput
        aria-label={messages.to}
        min={filters.from ?? undefined}
        value={filters.to}
        onDay={(to) => change({ to })}
      />
    </div>
  );
}
