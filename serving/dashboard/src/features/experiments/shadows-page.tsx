import { useQuery } from "@tanstack/react-query";
import { Eye, Plus } from "lucide-react";
import { useState } from "react";

import { Answered } from "@/components/answered";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { shadowsQuery } from "./api/queries";
import { ExperimentTabs } from "./components/parts";
import { ShadowBox } from "./components/shadow-box";
import { ShadowForm } from "./components/shadow-form";

const { experiments } = text;
const { shadows } = experiments;

export function ShadowsPage() {
  const me = useMe();
  const isAdmin = me.role === "admin";
  const found = useQuery(shadowsQuery);
  const [isAsking, setIsAsking] = useState(false);
  return (
    <Page
      title={experiments.title}
      subtitle={experiments.subtitle}
      actions={
        isAdmin && (
          <Button onClick={() => setIsAsking(true)}>
            <Plus aria-hidden="true" />
            {shadows.new}
          </Button>
        )
      }
    >
      <ExperimentTabs />
      <Answered query={found}>
        {(all) =>
          all.length === 0 ? (
            <Card>
              <Notice icon={Eye} title={shadows.empty} hint={shadows.emptyHint} />
            </Card>
          ) : (
            all.map((shadow) => (
              <ShadowBox key={shadow.id} shadow={shadow} isAdmin={isAdmin} zone={me.tenant.timezone} />
            ))
          )
        }
      </Answered>
      <Dialog isOpen={isAsking} onClose={() => setIsAsking(false)} title={shadows.new}>
        <ShadowForm onDone={() => setIsAsking(false)} />
      </Dialog>
    </Page>
  );
}
