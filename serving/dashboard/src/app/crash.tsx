import { isRouteErrorResponse, useRouteError } from "react-router";

import { Crashed, MissingPart } from "@/components/missing-part";
import { NotFound } from "@/components/states";
import { isMissingPart } from "@/lib/missing-part";

const PLACE = "min-h-[60vh]";

/** What stands where a page failed; where only a part of it did not come, until the server is back. */
export function Crash() {
  const error = useRouteError();
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFound />;
  return isMissingPart(error) ? <MissingPart className={PLACE} /> : <Crashed className={PLACE} />;
}
