import { Copy } from "lucide-react";
import { toast } from "sonner";

import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/input";
import { text } from "@/lib/text";

/** A value to take elsewhere. */
export function CopyField({ id, label, value }: { id: string; label: string; value: string }) {
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(value);
    toast.success(text.connections.copied);
  };
  return (
    <Field label={label} htmlFor={id}>
      <div className="flex gap-2">
        <Input
          id={id}
          readOnly
          value={value}
          className="font-mono text-[13px]"
          onFocus={(event) => event.target.select()}
        />
        <Button
          variant="outline"
          size="icon"
          aria-label={`${text.connections.copy}: ${label}`}
          onClick={() => void copy()}
        >
          <Copy />
        </Button>
      </div>
    </Field>
  );
}
