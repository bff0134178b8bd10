import { Menu, Search } from "lucide-react";
import { Suspense, useEffect, useRef, useState } from "react";
import { Link, Navigate, NavLink, Outlet, ScrollRestoration, useLocation } from "react-router";

import { ErrorNotice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/skeleton";
import { StandingLine } from "@/features/billing/components/standing-line";
import { cn } from "@/lib/cn";
import { type Me, useMeState } from "@/lib/session/me";
import { useSession } from "@/lib/session/session";
import { text } from "@/lib/text";

import { AccountMenu } from "./account-menu";
import { Keyboard } from "./keyboard";
import { LiveBridge } from "./live-bridge";
import { LiveState } from "./live-state";
import { destinationsFor } from "./navigation";
import { Reentry } from "./reentry";

/** Everything behind the log-in. */
export function Shell() {
  const state = useSession((session) => session.state);
  if (state === "unknown") return <Opening />;
  return state === "out" ? <ToLogin /> : <LoggedIn hasEnded={state === "ended"} />;
}

function ToLogin() {
  const { pathname, search } = useLocation();
  const target = pathname === "/" ? "" : `?para=${encodeURIComponent(pathname + search)}`;
  return <Navigate to={`/entrar${target}`} replace />;
}

function LoggedIn({ hasEnded }: { hasEnded: boolean }) {
  const me = useMeState();
  if (me.data) {
    return (
      <>
        <Frame me={me.data} isLive={!hasEnded} />
        {hasEnded && <Reentry me={me.data} />}
      </>
    );
  }
  if (hasEnded) return <ToLogin />;
  if (me.isError)
    return <ErrorNotice error={me.error} onRetry={() => void me.refetch()} className="min-h-dvh" />;
  return <Opening />;
}

function Frame({ me, isLive }: { me: Me; isLive: boolean }) {
  const main = useRef<HTMLElement>(null);
  useFocusOnNewPage(main);
  return (
    <div className="lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#conteudo"
        className="sr-only z-50 rounded-lg bg-primary px-4 py-2 text-primary-foreground focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {text.app.skip}
      </a>
      {isLive && <LiveBridge tenantId={me.tenant.id} zone={me.tenant.timezone} />}
      <Keyboard />
      <aside className="sticky top-0 hidden h-dvh flex-col border-r bg-card px-3 py-4 lg:flex">
        <Brand />
        <Navigation me={me} />
        <p className="mt-auto truncate px-3 text-xs text-muted-foreground">{me.tenant.name}</p>
      </aside>
      <div className="flex min-w-0 flex-col">
        <header className="sticky top-0 z-20 flex h-16 items-center gap-3 border-b bg-background/85 px-4 backdrop-blur sm:px-6">
          <PhoneMenu me={me} />
          <SearchLink />
          <div className="ml-auto flex min-w-0 items-center gap-3">
            <LiveState />
            <AccountMenu me={me} />
          </div>
        </header>
        <StandingLine me={me} />
        <main id="conteudo" ref={main} tabIndex={-1} className="min-w-0 flex-1 outline-none">
          <Suspense fallback={<PageSkeleton />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <ScrollRestoration getKey={({ pathname }) => pathname} />
    </div>
  );
}

/** After going to another page, the keyboard and screen readers begin at its content. */
function useFocusOnNewPage(main: React.RefObject<HTMLElement | null>): void {
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname, main]);
}

/** Always at hand; `/` does the same. */
function SearchLink() {
  return (
    <Link
      to="/busca"
      className="hidden h-10 w-80 items-center gap-2 rounded-lg border bg-card px-3 text-sm text-muted-foreground hover:bg-accent lg:flex"
    >
      <Search className="size-4" aria-hidden="true" />
      {text.search.idle}
      <kbd
        className="ml-auto rounded border bg-secondary px-1.5 font-mono text-xs leading-5"
        aria-hidden="true"
      >
        /
      </kbd>
    </Link>
  );
}

function Brand() {
  return (
    <div className="mb-5 flex items-center gap-2.5 px-3">
      <img src="/icon.svg" alt="" width={30} height={30} />
      <span className="text-lg font-semibold tracking-tight">{text.app.name}</span>
    </div>
  );
}

function Navigation({ me, onGo }: { me: Me; onGo?: () => void }) {
  return (
    <nav aria-label={text.nav.label}>
      <ul className="grid gap-1">
        {destinationsFor(me.role).map(({ path, label, icon: Icon }) => (
          <li key={path}>
            <NavLink
              to={path}
              end={path === "/"}
              {...(onGo && { onClick: onGo })}
              className={({ isActive }) =>
                cn(
                  "flex items-center gap-3 rounded-lg px-3 py-2.5 text-sm font-medium",
                  isActive
                    ? "bg-accent text-accent-foreground"
                    : "text-muted-foreground hover:bg-secondary hover:text-foreground",
                )
              }
            >
              <Icon className="size-4.5" aria-hidden="true" />
              {label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function PhoneMenu({ me }: { me: Me }) {
  const [isOpen, setIsOpen] = useState(false);
  const close = (): void => setIsOpen(false);
  return (
    <div className="flex items-center gap-2 lg:hidden">
      <Button variant="ghost" size="icon" aria-label={text.nav.open} onClick={() => setIsOpen(true)}>
        <Menu />
      </Button>
      <img src="/icon.svg" alt={text.app.name} width={28} height={28} />
      <Dialog isOpen={isOpen} onClose={close} title={text.app.name} form="sheet">
        <Navigation me={me} onGo={close} />
        <p className="mt-6 px-3 text-xs text-muted-foreground">{me.tenant.name}</p>
      </Dialog>
    </div>
  );
}

export function Opening() {
  return (
    <div role="status" className="grid min-h-dvh place-items-center">
      <div className="flex items-center gap-3">
        <img src="/icon.svg" alt="" width={36} height={36} className="animate-pulse" />
        <span className="text-sm text-muted-foreground">{text.session.resuming}</span>
      </div>
    </div>
  );
}

function PageSkeleton() {
  return (
    <div
      role="status"
      aria-label={text.states.loading}
      className="mx-auto grid w-full max-w-7xl gap-5 px-4 py-5 sm:px-6"
    >
      <Skeleton className="h-8 w-48" />
      <Skeleton className="h-40 w-full rounded-2xl" />
      <Skeleton className="h-64 w-full rounded-2xl" />
    </div>
  );
}
