import { CloudOff, TriangleAlert } from "lucide-react";

import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { useMissingPart } from "@/lib/missing-part";
import { text } from "@/lib/text";

/** What stands where a part of the program did not come, until the server is back. */
export function MissingPart({ className }: { className?: string }) {
  const place = className === undefined ? {} : { className };
  return useMissingPart() === "gone" ? (
    <Crashed hint={text.states.newVersion} {...place} />
  ) : (
    <Notice
      icon={CloudOff}
      role="status"
      title={text.states.unreachable}
      hint={text.states.unreachableHint}
      {...place}
    />
  );
}

/** What stands where something failed for good. */
export function Crashed(props: { hint?: string; className?: string }) {
  return (
    <Notice icon={TriangleAlert} role="alert" title={text.states.crashed} {...props}>
      <Button onClick={() => location.reload()}>{text.states.reload}</Button>
    </Notice>
  );
}
