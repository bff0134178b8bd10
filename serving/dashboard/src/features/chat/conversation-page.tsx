import { useQuery } from "@tanstack/react-query";
import { MessagesSquare } from "lucide-react";
import { Link, useParams, useSearchParams } from "react-router";

import { BackButton } from "@/components/back-button";
import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { Facts } from "@/components/facts";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { moment } from "@/lib/format/days";
import { decimal, duration, integer, sentiment } from "@/lib/format/numbers";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { conversationQuery } from "./api/conversation-queries";
import { ChatLog } from "./components/chat-log";
import { MessageHistory } from "./components/message-history";
import { SimilarConversations } from "./components/similar-conversations";
import { Trajectory } from "./components/trajectory";
import { scoredOf } from "./lib/trajectory";

const { conversations } = text;
type Detail = Schemas["ConversationDetail"];

/** One conversation with everything that is known of it. */
export function ConversationPage() {
  const { conversationId = "" } = useParams();
  const me = useMe();
  const found = useQuery(conversationQuery(conversationId));
  const chatId = found.data?.chat_id ?? "";
  const closing = useAction({
    act: () =>
      unwrap(http.POST("/api/conversations/{chat_id}/close", { params: { path: { chat_id: chatId } } })),
    renews: [keys.conversations],
    told: conversations.closed,
  });
  return (
    <Page
      title={conversations.one}
      subtitle={found.data && moment(found.data.started_at, me.tenant.timezone)}
      actions={
        <div className="flex flex-wrap gap-2">
          <BackButton otherwise="/conversas" />
          {found.data?.state === "open" && me.role !== "analyst" && (
            <Button variant="outline" size="sm" disabled={closing.isPending} onClick={() => closing.mutate()}>
              {conversations.close}
            </Button>
          )}
        </div>
      }
    >
      <Answered query={found}>{(detail) => <Body detail={detail} zone={me.tenant.timezone} />}</Answered>
    </Page>
  );
}

function Body({ detail, zone }: { detail: Detail; zone: string }) {
  const [search] = useSearchParams();
  const scored = scoredOf(detail.messages);
  const wanted = search.get("mensagem");
  const goTo = (id: string): void =>
    document.getElementById(`m-${id}`)?.scrollIntoView({ block: "center", behavior: "smooth" });
  const turning = scored.find((message) => message.id === detail.turning_message_id);
  const events = new Map(detail.messages.map((message) => [message.id, message]));
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <Card className="order-2 overflow-hidden lg:order-1">
        {detail.messages.length === 0 ? (
          <Notice icon={MessagesSquare} title={conversations.noMessages} />
        ) : (
          <ChatLog
            messages={detail.messages}
            zone={zone}
            wanted={wanted}
            older={
              <Button asChild variant="outline" size="sm">
                <Link to={`/conversas/${detail.chat_id}`}>{conversations.whole}</Link>
              </Button>
            }
            extra={(message) => {
              const whole = events.get(message.id);
              return whole && <MessageHistory message={whole} zone={zone} />;
            }}
          />
        )}
      </Card>
      <div className="order-1 grid gap-5 lg:sticky lg:top-20 lg:order-2">
        {scored.length > 0 && (
          <Trajectory
            scored={scored}
            zone={zone}
            onGoTo={goTo}
            turning={
              turning && detail.turning_change !== null
                ? { message: turning, change: detail.turning_change }
                : null
            }
          />
        )}
        <Summary detail={detail} zone={zone} />
        <SimilarConversations chatId={detail.chat_id} zone={zone} />
      </div>
    </div>
  );
}

function Summary({ detail, zone }: { detail: Detail; zone: string }) {
  return (
    <Box
      title={conversations.facts}
      actions={
        <>
          <Badge variant={detail.state === "open" ? "accent" : "plain"}>
            {conversations.states[detail.state]}
          </Badge>
          {detail.is_unanswered && <Badge variant="warn">{conversations.unansweredYes}</Badge>}
        </>
      }
    >
      <Facts
        facts={[
          [conversations.begunBy, conversations.speakers[detail.begun_by] ?? detail.begun_by],
          [conversations.began, moment(detail.started_at, zone)],
          [conversations.sentiment, sentiment(detail.sentiment_mean)],
          [conversations.satisfaction, decimal(detail.satisfaction)],
          [
            conversations.trajectory,
            detail.trajectory
              ? `${conversations.trajectories[detail.trajectory] ?? ""} (${sentiment(detail.trajectory_change)})`
              : text.common.nothing,
          ],
          [conversations.firstResponse, duration(detail.first_response_seconds)],
          [conversations.wait, duration(detail.customer_wait_seconds)],
          [conversations.duration, duration(detail.resolution_seconds)],
          [
            conversations.resolution,
            detail.resolution ? (conversations.resolutions[detail.resolution] ?? "") : text.common.nothing,
          ],
        ]}
      />
      <p className="mt-3 text-xs text-muted-foreground">
        {conversations.scoredOf(integer(detail.scored), integer(detail.messages_customer))}.{" "}
        {conversations.satisfactionHint}
      </p>
    </Box>
  );
}
