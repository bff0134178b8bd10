import { TriangleAlert } from "lucide-react";
import { isRouteErrorResponse, useRouteError } from "react-router";

import { NotFound, Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { text } from "@/lib/text";

/** What stands where a page failed. A chunk that is gone means that a newer build is being served. */
export function Crash() {
  const error = useRouteError();
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFound />;
  const isChunk = error instanceof TypeError && /import|module/i.test(error.message);
  return (
    <Notice
      icon={TriangleAlert}
      role="alert"
      className="min-h-[60vh]"
      title={text.states.crashed}
      {...(isChunk && { hint: text.states.newVersion })}
    >
      <Button onClick={() => location.reload()}>{text.states.reload}</Button>
    </Notice>
  );
}
