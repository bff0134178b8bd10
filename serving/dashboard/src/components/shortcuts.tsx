import { text } from "@/lib/text";

export function Shortcuts() {
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
      {text.settings.shortcuts.map(([keys, what]) => (
        <div key={keys} className="contents">
          <dt className="flex gap-1">
            {keys.split(" ").map((key) => (
              <kbd key={key} className="rounded border bg-secondary px-1.5 font-mono text-xs leading-5">
                {key}
              </kbd>
            ))}
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}
