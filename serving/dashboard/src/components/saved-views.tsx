import { useQuery, useQueryClient } from "@tanstack/react-query";
import { BookmarkPlus, X } from "lucide-react";
import { type SubmitEvent, useState } from "react";
import { toast } from "sonner";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/input";
import { reasonOf, useAction } from "@/lib/api/action";
import { wordsIn } from "@/lib/format/form";
import {
  keepViews,
  type PageViews,
  type View,
  type ViewPage,
  viewsOf,
  viewsQuery,
} from "@/lib/session/views";
import { text } from "@/lib/text";

interface SavedViewsProps {
  /** Which list they belong to. */
  page: ViewPage;
  ready: readonly View[];
  current: string;
  onChoose: (address: string) => void;
}

const { conversations: words } = text;
const MOST = 12;

/** Filters that people want every day, one click away: those that are always there and their own. */
export function SavedViews({ page, ready, current, onChoose }: SavedViewsProps) {
  const kept = useQuery(viewsQuery);
  const forgetting = useKeeping(page);
  const saving = useKeeping(page, { isToldInPlace: true });
  const own = viewsOf(kept.data, page);
  const [isNaming, setIsNaming] = useState(false);
  const save = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = wordsIn(event.currentTarget)("view");
    const views = [...own.filter((view) => view.name !== name), { name, address: current }].slice(-MOST);
    saving.mutate(views, {
      onSuccess: () => {
        setIsNaming(false);
        toast.success(words.saved);
      },
    });
  };
  const open = (): void => {
    saving.reset();
    setIsNaming(true);
  };
  const isKnown = [...ready, ...own].some((view) => view.address === current);
  return (
    <div role="group" aria-label={words.views} className="flex flex-wrap gap-2">
      {ready.map((view) => (
        <Choice key={view.name} view={view} current={current} onChoose={onChoose} />
      ))}
      {own.map((view) => (
        <span key={view.name} className="inline-flex">
          <Choice view={view} current={current} onChoose={onChoose} className="rounded-r-none border-r-0" />
          <Button
            variant="outline"
            size="sm"
            className="rounded-l-none px-1.5"
            aria-label={words.forget(view.name)}
            onClick={() => forgetting.mutate(own.filter((each) => each !== view))}
          >
            <X />
          </Button>
        </span>
      ))}
      {kept.data && !isKnown && (
        <Button variant="ghost" size="sm" onClick={open}>
          <BookmarkPlus aria-hidden="true" />
          {words.save}
        </Button>
      )}
      <Dialog isOpen={isNaming} onClose={() => setIsNaming(false)} title={words.save}>
        <form onSubmit={save} className="grid gap-4">
          <Field label={words.saveName} htmlFor="view-name">
            <Input id="view-name" name="view" required maxLength={40} />
          </Field>
          {saving.error && (
            <p role="alert" className="text-sm text-destructive">
              {reasonOf(saving.error)}
            </p>
          )}
          <Button type="submit" disabled={saving.isPending} className="justify-self-end">
            {text.common.save}
          </Button>
        </form>
      </Dialog>
    </div>
  );
}

/** Keeps a person's views of a page. */
function useKeeping(page: ViewPage, { isToldInPlace = false } = {}) {
  const client = useQueryClient();
  return useAction({
    isToldInPlace,
    act: (views: readonly View[]) => keepViews(page, views),
    then: (now) =>
      client.setQueryData(viewsQuery.queryKey, (kept: PageViews[] | undefined) =>
        kept?.map((each) => (each.page === page ? now : each)),
      ),
  });
}

interface ChoiceProps {
  view: View;
  current: string;
  onChoose: (address: string) => void;
  className?: string;
}

function Choice({ view, current, onChoose, className }: ChoiceProps) {
  const isCurrent = view.address === current;
  return (
    <Button
      size="sm"
      variant={isCurrent ? "secondary" : "outline"}
      aria-pressed={isCurrent}
      className={className}
      onClick={() => onChoose(view.address)}
    >
      {view.name}
    </Button>
  );
}
