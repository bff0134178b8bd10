import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { text } from "@/lib/text";

/** A filter that came from elsewhere and can only be taken away. */
export function FilterChip({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <span className="inline-flex items-center rounded-full bg-accent pl-3 text-[13px] font-medium text-accent-foreground">
      {label}
      <Button
        variant="ghost"
        size="icon"
        className="size-8 rounded-full"
        aria-label={text.common.removeFilter(label)}
        onClick={onRemove}
      >
        <X />
      </Button>
    </span>
  );
}
