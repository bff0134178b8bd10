import { Field, Input } from "@/components/ui/input";
import { text } from "@/lib/text";

const { connections } = text;

/** A plain gateway does not tell who wrote; the account's own number does. Nobody can read it back. */
export function OwnNumber({ id, hint }: { id: string; hint?: string }) {
  return (
    <Field label={connections.ownNumber} htmlFor={id} hint={hint ?? connections.ownNumberHint}>
      <Input id={id} name="own-number" type="tel" maxLength={30} placeholder="5511987654321" />
    </Field>
  );
}
