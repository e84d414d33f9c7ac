import { formatDuration, type Plan } from "../../plan";
import { columnsOf } from "../columns";
import type { Measured } from "./measure";

/** One line of the objectives table. */
export interface ObjectiveLine {
  readonly objective: "RTO" | "RPO";
  readonly class: string;
  readonly targetSeconds: number | undefined;
  readonly measuredSeconds: number;
  readonly met: boolean;
}

/** Target against measured. A client that caches the address for its TTL comes later by as much: it counts. */
export function objectiveLines(plan: Plan, className: string, measured: Measured): readonly ObjectiveLine[] {
  const target = plan.objectives[className as keyof Plan["objectives"]];
  const line = (
    objective: "RTO" | "RPO",
    targetSeconds: number | undefined,
    measuredSeconds: number,
    counted = measuredSeconds,
  ) => ({
    ...{ objective, class: className, targetSeconds, measuredSeconds },
    met: targetSeconds === undefined || counted <= targetSeconds,
  });
  return [
    line("RTO", target?.rto, measured.rtoSeconds, measured.rtoSeconds + plan.dns.ttl),
    line("RPO", target?.rpo, measured.rpoSeconds),
  ];
}

export function renderTable(plan: Plan, lines: readonly ObjectiveLine[], { writes }: Measured): string {
  const rows = [
    ["objective", "class", "target", "measured", "met"],
    ...lines.map(({ objective, class: name, targetSeconds, measuredSeconds, met }) => [
      ...[objective, name, targetSeconds === undefined ? "none" : formatDuration(targetSeconds)],
      ...[`${measuredSeconds.toFixed(3)} s`, met ? "yes" : "NO"],
    ]),
  ];
  const table = columnsOf(rows);
  return [
    ...[table[0], "-".repeat(table[0]!.length), ...table.slice(1), ""],
    `rows: ${writes.acknowledged} acknowledged, ${writes.survived} survived, ${writes.lost} lost`,
    `RTO is for a client that asks the name server; one that caches the answer adds up to the TTL, ${formatDuration(plan.dns.ttl)}.`,
    ...notMeasured(plan),
  ].join("\n");
}

function notMeasured(plan: Plan): readonly string[] {
  const others = Object.entries(plan.data).flatMap(([name, { engine }]) =>
    engine === "postgresql" ? [] : [`${name} (${engine})`],
  );
  return others.length === 0 ? [] : [`NOT MEASURED, because this drill asks PostgreSQL only: ${others.join(", ")}.`];
}
