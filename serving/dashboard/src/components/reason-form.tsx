import { type SubmitEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { Field, Textarea } from "@/components/ui/input";

interface ReasonFormProps {
  hint?: string;
  label: string;
  submit: string;
  isBusy: boolean;
  onSubmit: (reason: string) => void;
}

/** Why somebody does something that is kept on record. */
export function ReasonForm({ hint, label, submit, isBusy, onSubmit }: ReasonFormProps) {
  const [reason, setReason] = useState("");
  const send = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onSubmit(reason.trim());
  };
  return (
    <form onSubmit={send} className="grid gap-4">
      {hint && <p className="text-sm text-muted-foreground">{hint}</p>}
      <Field label={label} htmlFor="reason">
        <Textarea
          id="reason"
          rows={3}
          maxLength={1000}
          required
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </Field>
      <Button type="submit" className="justify-self-end" disabled={isBusy || !reason.trim()}>
        {submit}
      </Button>
    </form>
  );
}
