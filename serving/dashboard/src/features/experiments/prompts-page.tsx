import { useQuery } from "@tanstack/react-query";
import { FilePlus2, Undo2 } from "lucide-react";
import { useState } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { Page } from "@/components/page";
import { ReasonForm } from "@/components/reason-form";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { moment } from "@/lib/format/days";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { channelsQuery, eventsQuery, promptsQuery } from "./api/queries";
import { DiffBox } from "./components/diff-box";
import { FourEyes } from "./components/four-eyes";
import { ExperimentTabs } from "./components/parts";
import { PromptForm } from "./components/prompt-form";
import { labelOf, type Version, versionName, wordsOf } from "./lib/names";

const { experiments } = text;
const { prompts } = experiments;

export function PromptsPage() {
  const me = useMe();
  const isAdmin = me.role === "admin";
  const versions = useQuery(promptsQuery);
  const [isWriting, setIsWriting] = useState(false);
  const zone = me.tenant.timezone;
  return (
    <Page
      title={experiments.title}
      subtitle={experiments.subtitle}
      actions={
        isAdmin && (
          <Button onClick={() => setIsWriting(true)}>
            <FilePlus2 aria-hidden="true" />
            {prompts.register}
          </Button>
        )
      }
    >
      <ExperimentTabs />
      <Answered query={versions}>
        {(found) => (
          <>
            <Channels versions={found} isAdmin={isAdmin} zone={zone} />
            <FourEyes versions={found} me={me} />
            <Versions versions={found} zone={zone} />
            {found.length > 1 && <DiffBox versions={found} />}
            <History versions={found} zone={zone} />
            <Dialog
              isOpen={isWriting}
              onClose={() => setIsWriting(false)}
              title={prompts.register}
              form="wide"
            >
              <PromptForm versions={found} onDone={() => setIsWriting(false)} />
            </Dialog>
          </>
        )}
      </Answered>
    </Page>
  );
}

interface PartProps {
  versions: readonly Version[];
  zone: string;
}

function Channels({ versions, isAdmin, zone }: PartProps & { isAdmin: boolean }) {
  const channels = useQuery(channelsQuery);
  const [isGoingBack, setIsGoingBack] = useState(false);
  const going = useAction({
    act: (reason: string) =>
      unwrap(
        http.POST("/api/prompts/rollback", { body: { reason, name: "sentiment", channel: "champion" } }),
      ),
    renews: [keys.prompts],
    told: prompts.rolledBack,
    then: () => setIsGoingBack(false),
  });
  const hasOwn = channels.data?.some((each) => each.channel === "champion" && !each.is_inherited) ?? false;
  return (
    <Box
      title={prompts.live}
      hint={prompts.liveHint}
      actions={
        isAdmin &&
        hasOwn && (
          <Button variant="outline" size="sm" onClick={() => setIsGoingBack(true)}>
            <Undo2 aria-hidden="true" />
            {prompts.rollback}
          </Button>
        )
      }
    >
      <Answered query={channels}>
        {(found) => (
          <ul className="grid gap-2 text-sm">
            {found.map((channel) => (
              <li key={channel.name + channel.channel} className="flex flex-wrap items-center gap-2">
                <Badge variant="accent">{experiments.channels[channel.channel] ?? channel.channel}</Badge>
                <span className="font-medium" data-champion={channel.prompt_hash}>
                  {versionName(versions, channel.prompt_hash)}
                </span>
                <span className="text-muted-foreground">
                  {`${channel.is_inherited ? prompts.inherited : prompts.ownChannel} · ${moment(channel.updated_at, zone)}`}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Answered>
      <Dialog isOpen={isGoingBack} onClose={() => setIsGoingBack(false)} title={prompts.rollback}>
        <ReasonForm
          hint={prompts.rollbackHint}
          label={prompts.reason}
          submit={prompts.rollback}
          isBusy={going.isPending}
          onSubmit={(reason) => going.mutate(reason)}
        />
      </Dialog>
    </Box>
  );
}

function Versions({ versions, zone }: PartProps) {
  const [shown, setShown] = useState<Version | null>(null);
  if (versions.length === 0) {
    return (
      <Box title={prompts.versions}>
        <Notice title={prompts.empty} hint={prompts.emptyHint} />
      </Box>
    );
  }
  return (
    <Box title={prompts.versions} isFlush>
      <DataTable
        label={prompts.versions}
        rows={versions}
        keyOf={(version) => version.prompt_hash}
        columns={[
          { key: "version", head: prompts.version, cell: labelOf, className: "whitespace-nowrap" },
          {
            key: "where",
            head: prompts.where,
            cell: (version) => (
              <span className="flex flex-wrap gap-1">
                {version.channels.map((each) => (
                  <Badge key={each} variant="accent">
                    {experiments.channels[each] ?? each}
                  </Badge>
                ))}
              </span>
            ),
          },
          {
            key: "hash",
            head: experiments.report.hash,
            cell: (version) => <code className="text-xs">{version.prompt_hash.slice(0, 14)}</code>,
          },
          {
            key: "created",
            head: prompts.created,
            cell: (version) => moment(version.created_at, zone),
            className: "whitespace-nowrap",
          },
          {
            key: "view",
            head: "",
            cell: (version) => (
              <Button variant="ghost" size="sm" onClick={() => setShown(version)}>
                {prompts.view}
                <span className="sr-only">{` ${labelOf(version)}`}</span>
              </Button>
            ),
            className: "text-right",
          },
        ]}
      />
      <Dialog
        isOpen={shown !== null}
        onClose={() => setShown(null)}
        title={shown ? labelOf(shown) : ""}
        form="wide"
      >
        {shown && <Words version={shown} />}
      </Dialog>
    </Box>
  );
}

function Words({ version }: { version: Version }) {
  return (
    <div className="grid gap-4">
      {wordsOf(version).map((message, place) => (
        <div key={place}>
          <p className="mb-1 text-[13px] font-medium text-muted-foreground">{message.role}</p>
          <pre className="rounded-lg bg-secondary p-3 text-[13px] leading-relaxed wrap-anywhere whitespace-pre-wrap">
            {message.content}
          </pre>
        </div>
      ))}
    </div>
  );
}

function History({ versions, zone }: PartProps) {
  const events = useQuery(eventsQuery);
  const line = (event: Schemas["PromptEvent"]): string =>
    prompts.moved(versionName(versions, event.from_hash), versionName(versions, event.to_hash));
  return (
    <Box title={prompts.history} isFlush>
      <Answered query={events}>
        {(found) =>
          found.length === 0 ? (
            <Notice title={prompts.noHistory} />
          ) : (
            <ol className="divide-y">
              {found.map((event) => (
                <li key={event.at + event.channel} className="grid gap-0.5 px-5 py-3 text-sm">
                  <span className="flex flex-wrap items-center gap-2 font-medium">
                    {line(event)}
                    {event.report_hash && <Badge variant="good">{prompts.onReport}</Badge>}
                  </span>
                  <span className="text-muted-foreground">{`${moment(event.at, zone)} · ${event.reason}`}</span>
                </li>
              ))}
            </ol>
          )
        }
      </Answered>
    </Box>
  );
}
