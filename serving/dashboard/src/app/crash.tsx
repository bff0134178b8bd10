import { CloudOff, TriangleAlert } from "lucide-react";
import { isRouteErrorResponse, useRouteError } from "react-router";

import { NotFound, Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { text } from "@/lib/text";

import { isMissingPart, useMissingPart } from "./missing-part";

/** What stands where a page failed; where only a part of it did not come, until the server is back. */
export function Crash() {
  const error = useRouteError();
  const part = useMissingPart(isMissingPart(error));
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFound />;
  if (part === "away") {
    return (
      <Notice
        icon={CloudOff}
        role="status"
        className="min-h-[60vh]"
        title={text.states.unreachable}
        hint={text.states.unreachableHint}
      />
    );
  }
  return (
    <Notice
      icon={TriangleAlert}
      role="alert"
      className="min-h-[60vh]"
      title={text.states.crashed}
      {...(part === "gone" && { hint: text.states.newVersion })}
    >
      <Button onClick={() => location.reload()}>{text.states.reload}</Button>
    </Notice>
  );
}
