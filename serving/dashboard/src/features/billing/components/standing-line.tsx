import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { Link, useLocation } from "react-router";

import type { Me } from "@/lib/session/me";
import { text } from "@/lib/text";

import { standingQuery } from "../api/queries";

const { billing } = text;

/** Above every page: what the company has to know about its subscription, and where to settle it. */
export function StandingLine({ me }: { me: Me }) {
  const { pathname } = useLocation();
  const found = useQuery(standingQuery);
  const banner = found.data?.banner;
  // The page of the subscription says it itself, with everything around it.
  if (!banner || pathname === "/billing") return null;
  return (
    <p
      role="status"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-warn-soft px-4 py-2 text-sm text-warn sm:px-6"
    >
      <TriangleAlert className="size-4" aria-hidden="true" />
      {billing.banners[banner] ?? billing.otherBanner}
      {me.role === "admin" ? (
        <Link to="/billing" className="font-medium underline underline-offset-4">
          {billing.openBilling}
        </Link>
      ) : (
        billing.askAdmin
      )}
    </p>
  );
}
