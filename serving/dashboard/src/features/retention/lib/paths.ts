import type { StageName } from "../api/queries";
import { type Grain, type View, writeView } from "./view";

const path = (parts: Record<string, string>): string =>
  `/retencao/contatos?${new URLSearchParams(parts).toString()}`;

/** Where the contacts behind a cell of the cohort table are. */
export const cellPath = (view: View, cohort: string, column: number, name: string): string =>
  path({ ...writeView(view), grupo: cohort, coluna: String(column), nome: name });

/** Where the contacts behind a number of the lifecycle are. */
export const stagePath = (grain: Grain, startsOn: string, stage: StageName): string =>
  path({ ...(grain !== "week" && { periodo: grain }), inicio: startsOn, fase: stage });
