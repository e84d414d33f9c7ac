import { formatDuration } from "../../plan";
import { columnsOf } from "../columns";
import type { Judgement } from "./judge";
import type { Begun, Json } from "../../evidence/record";
import type { Drill, MeasuredObjective, Run } from "../../evidence/runs";
import { nameOf } from "./who";

/** One line for each command: when, what, who, how long, with what result. */
export function renderRuns(runs: readonly Run[]): string {
  return columnsOf([["#", "begun (UTC)", "command", "who", "took", "result"], ...runs.map(rowOf)]).join("\n");
}

function rowOf({ command, result, begun, ended }: Run): string[] {
  const first = (begun ?? ended)!.record;
  const took = begun && ended ? (Date.parse(ended.record.at) - Date.parse(begun.record.at)) / 1000 : undefined;
  const { error, measured } = ended?.record ?? {};
  const drill = measured ? objectivesOf(measured) : "";
  return [
    String(first.sequence),
    first.at.replace("T", " ").replace(/\.\d+Z$/, ""),
    [command, ...wordsOf(begun?.record.asked ?? {})].join(" "),
    nameOf(first.who),
    took === undefined ? "" : `${took.toFixed(1)} s`,
    [result, drill || (error?.split("\n")[0] ?? "")].filter(Boolean).join(": "),
  ].map(printable);
}

/** Options as they were typed. */
const wordsOf = (asked: Begun["asked"]) =>
  Object.entries(asked).flatMap(([name, value]) => {
    if (value === undefined || value === null || value === false) return [];
    return [`--${name}`, ...(value === true ? [] : [typeof value === "string" ? value : JSON.stringify(value)])];
  });

function objectivesOf(measured: Readonly<Record<string, Json>>): string {
  return ["rto", "rpo"]
    .flatMap((name) => {
      const { measuredSeconds } = (measured[name] ?? {}) as Partial<MeasuredObjective>;
      return typeof measuredSeconds === "number" ? [`${name.toUpperCase()} ${measuredSeconds.toFixed(3)} s`] : [];
    })
    .join(", ");
}

/** What a record says is others' text: it must not steer the terminal. */
const printable = (text: string) => text.replace(/\p{Cc}/gu, "?");

/** The newest drill in a line, with its age. */
export function renderDrill(drill: Drill | undefined, nowMs: number): string {
  if (!drill) return "last drill: none; nothing was measured yet (npx pulumi-dr drill region-loss)";
  const objective = (name: string, { measuredSeconds, targetSeconds }: MeasuredObjective) =>
    `${name} ${measuredSeconds.toFixed(3)} s${targetSeconds === null ? "" : ` of ${formatDuration(targetSeconds)}`}`;
  const later = drill.unmeasuredSince > 0 ? `; ${drill.unmeasuredSince} later without a measurement` : "";
  return printable(
    `last drill: ${drill.scenario}, ${age((nowMs - Date.parse(drill.at)) / 1000)} ago, ${drill.passed ? "met" : "MISSED"}: ` +
      `${objective("RTO", drill.rto)}, ${objective("RPO", drill.rpo)}${later}`,
  );
}

/** A span in its largest unit. */
export function age(seconds: number): string {
  const [unit, size] = (
    [
      ["d", 86_400],
      ["h", 3_600],
      ["min", 60],
    ] as const
  ).find(([, most]) => seconds >= most) ?? ["s", 1];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
}

export function renderJudgement(plan: string, { findings, notes, log }: Judgement, copies: readonly string[]): string {
  const { records, heads } = log;
  const newest = heads.map(({ hash }) => `\nnewest: ${hash}`).join("");
  return [
    ...findings.map(({ kind, text }) => `! ${kind}: ${text}`),
    ...notes.map((text) => `- ${text}`),
    records.length === 0
      ? `${plan}: no record of evidence in ${copies.join(", ")}`
      : `${plan}: ${records.length} records in ${copies.join(", ")}: ${findings.length > 0 ? "NOT PROVEN" : "every hash and link proven"}${newest}`,
  ]
    .map((line) => line.split("\n").map(printable).join("\n"))
    .join("\n");
}
