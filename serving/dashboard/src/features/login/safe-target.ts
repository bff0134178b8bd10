/** Where to go after logging in: a path of ours, whatever the address says. */
export function safeTarget(wanted: string | null): string {
  if (!wanted?.startsWith("/")) return "/";
  const target = URL.parse(wanted, location.origin);
  return target?.origin === location.origin ? target.pathname + target.search : "/";
}
