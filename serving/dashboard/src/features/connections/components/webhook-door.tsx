import { CopyField } from "@/components/copy-field";
import type { Schemas } from "@/lib/api/client";
import { text } from "@/lib/text";

const { connections } = text;

/** Where the server has to send events, and the secret that is shown once. */
export function WebhookDoor({ door }: { door: Schemas["WebhookDoor"] }) {
  return (
    <div className="grid gap-4">
      <p className="text-sm text-muted-foreground">{connections.webhookHint}</p>
      <CopyField id="webhook-url" label={connections.webhookUrl} value={door.url} />
      <CopyField id="webhook-header" label={connections.webhookHeader} value={door.header} />
      <CopyField id="webhook-secret" label={connections.webhookSecret} value={door.secret} />
    </div>
  );
}
