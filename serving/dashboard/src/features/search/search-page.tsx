import { Search } from "lucide-react";
import { useSearchParams } from "react-router";

import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { areInOrder } from "@/lib/format/days";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { FoundResults, LikeResults } from "./components/results";
import { SearchForm } from "./components/search-form";
import { MODES, readSearch, writeFilters } from "./filters";

export function SearchPage() {
  const { timezone: zone } = useMe().tenant;
  const [address, setAddress] = useSearchParams();
  const { words, mode, like, filters } = readSearch(address);

  const change = (part: Record<string, string | null>): void =>
    setAddress((before) => {
      const next = new URLSearchParams(before);
      for (const [name, value] of Object.entries(part)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      return next;
    });

  return (
    <Page title={text.search.title} subtitle={text.search.subtitle} className="max-w-4xl">
      <SearchForm
        words={words}
        mode={mode}
        filters={filters}
        onSearch={(q) => change({ q, como: null })}
        onMode={(chosen) => change({ modo: chosen === MODES[0] ? null : chosen })}
        onFilters={(chosen) => change(writeFilters(chosen))}
      />
      {!areInOrder(filters) ? (
        <p role="alert" className="text-sm text-destructive">
          {text.messages.invalidPeriod}
        </p>
      ) : like ? (
        <LikeResults messageId={like} filters={filters} zone={zone} />
      ) : words ? (
        <FoundResults
          words={words}
          mode={mode}
          filters={filters}
          zone={zone}
          onTrySimilar={() => change({ modo: "semelhanca" })}
        />
      ) : (
        <Idle onSearch={(q) => change({ q })} />
      )}
    </Page>
  );
}

function Idle({ onSearch }: { onSearch: (words: string) => void }) {
  return (
    <Card>
      <Notice icon={Search} title={text.search.idle} hint={text.search.idleHint}>
        <p className="w-full text-xs text-muted-foreground">{text.search.examples}</p>
        {text.search.exampleList.map((example) => (
          <Button key={example} variant="outline" size="sm" onClick={() => onSearch(example)}>
            {example}
          </Button>
        ))}
      </Notice>
    </Card>
  );
}
