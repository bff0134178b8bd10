import { Search } from "lucide-react";
import { useSearchParams } from "react-router";

import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { SimilarResults, WordResults } from "./components/results";
import { SearchForm } from "./components/search-form";
import { readSearch } from "./filters";

export function SearchPage() {
  const { timezone: zone } = useMe().tenant;
  const [address, setAddress] = useSearchParams();
  const { words, mode, filters } = readSearch(address);

  const change = (part: Record<string, string | null>): void =>
    setAddress((before) => {
      const next = new URLSearchParams(before);
      for (const [name, value] of Object.entries(part)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      return next;
    });
  const chooseSimilar = (): void => change({ modo: "semelhanca" });

  return (
    <Page title={text.search.title} subtitle={text.search.subtitle} className="max-w-4xl">
      <SearchForm
        words={words}
        mode={mode}
        filters={filters}
        onSearch={(q) => change({ q })}
        onMode={(chosen) => change({ modo: chosen === "semelhanca" ? chosen : null })}
        onFilters={(chosen) => change({ quem: chosen.direction, humor: chosen.mood })}
      />
      {!words ? (
        <Idle onSearch={(q) => change({ q })} />
      ) : mode === "semelhanca" ? (
        <SimilarResults words={words} filters={filters} zone={zone} />
      ) : (
        <WordResults words={words} filters={filters} zone={zone} onTrySimilar={chooseSimilar} />
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
