import { Search } from "lucide-react";
import { type SubmitEvent, useEffect, useRef } from "react";

import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { text } from "@/lib/text";

import type { MoodFilter, SearchFilters, SearchMode } from "../filters";

interface SearchFormProps {
  words: string;
  mode: SearchMode;
  filters: SearchFilters;
  onSearch: (words: string) => void;
  onMode: (mode: SearchMode) => void;
  onFilters: (filters: SearchFilters) => void;
}

export function SearchForm({ words, mode, filters, onSearch, onMode, onFilters }: SearchFormProps) {
  const field = useRef<HTMLInputElement>(null);
  const { search, messages } = text;
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
      <div className="flex flex-wrap items-center gap-3">
        <Segmented
          label={search.mode}
          value={mode}
          onChange={onMode}
          options={[
            { value: "palavras", label: search.words, hint: search.wordsHint },
            { value: "semelhanca", label: search.similar, hint: search.similarHint },
          ]}
        />
        <Select
          aria-label={messages.direction}
          className="h-9 w-auto"
          value={filters.direction ?? ""}
          onChange={(event) =>
            onFilters({ ...filters, direction: (event.target.value || null) as SearchFilters["direction"] })
          }
        >
          <option value="">{messages.anyone}</option>
          <option value="in">{messages.in}</option>
          <option value="out">{messages.out}</option>
        </Select>
        <Select
          aria-label={messages.mood}
          className="h-9 w-auto"
          value={filters.mood ?? ""}
          onChange={(event) =>
            onFilters({ ...filters, mood: (event.target.value || null) as MoodFilter | null })
          }
        >
          <option value="">{messages.anyMood}</option>
          <option value="positive">{messages.positive}</option>
          <option value="negative">{messages.negative}</option>
        </Select>
      </div>
      <p className="text-[13px] text-muted-foreground">
        {mode === "palavras" ? search.wordsHint : search.similarHint}
      </p>
    </form>
  );
}
