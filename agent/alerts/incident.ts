import { SEVERITY_ORDER, type Breach, type Seen, type Severity } from "./rules";

/** What is wrong, since when, and who was told of it. Times are milliseconds since 1970. */
export interface Incident {
  /** `rule/source`: one incident for each, however often it is seen. */
  readonly key: string;
  readonly breach: Breach;
  /** Pending: broken, and not yet for long enough. Firing: people were told. Calm: over; kept to notice what comes and goes. */
  readonly phase: "pending" | "firing" | "calm";
  readonly since: number;
  /** When it began to fire, each time, within the time that flapping is looked for. */
  readonly fired: readonly number[];
  readonly isFlapping: boolean;
  readonly toldAt: number;
  /** Since when nothing is broken, while firing: only what flaps waits before it counts as over. */
  readonly clearSince?: number;
}

/** Something that people are told. */
export interface Notice {
  readonly kind: "firing" | "repeat" | "worse" | "flapping" | "resolved" | "test";
  readonly key: string;
  readonly breach: Breach;
  readonly since: number;
  readonly at: number;
}

/** The plan's waiting times, in seconds. */
export interface Timing {
  readonly wait: (rule: string) => number;
  readonly repeat: (severity: Severity) => number;
}

export type Incidents = readonly Incident[];

const HOUR = 3_600_000;
/** What fires this often within this time comes and goes: people are told so once, and not each time. */
export const FLAP_TIMES = 3;
export const FLAP_WITHIN = HOUR;
/** How long something that came and went must be well before it counts as over. */
export const FLAP_CALM = HOUR / 2;

export const keyOf = ({ rule, source }: { readonly rule: string; readonly source: string }) => `${rule}/${source}`;

/** The next state, and what to tell. Nothing else happens here: the same input gives the same answer. */
export function advance(
  incidents: Incidents,
  { breaches, unknown }: Seen,
  at: number,
  timing: Timing,
): { readonly incidents: Incidents; readonly notices: readonly Notice[] } {
  const broken = new Map<string, Breach>();
  for (const breach of breaches) {
    const other = broken.get(keyOf(breach));
    if (!other || isWorse(breach.severity, other.severity)) broken.set(keyOf(breach), breach);
  }
  const untold = new Set(unknown.map(keyOf));
  const known = new Map(incidents.map((incident) => [incident.key, incident]));
  const next: Incident[] = [];
  const notices: Notice[] = [];
  for (const key of new Set([...known.keys(), ...broken.keys()])) {
    const was = known.get(key);
    const before = was && notInFuture(was, at);
    const breach = broken.get(key);
    const [after, kind] = breach
      ? whileBroken(key, before, breach, at, timing)
      : before && before.phase !== "calm" && untold.has(key)
        ? [before, undefined]
        : onceWell(before!, at);
    if (after) next.push(after);
    const said = after ?? before!;
    if (kind) notices.push({ kind, key, breach: said.breach, since: said.since, at });
  }
  return { incidents: next, notices };
}

const isWorse = (one: Severity, other: Severity) => SEVERITY_ORDER.indexOf(one) < SEVERITY_ORDER.indexOf(other);

/** A clock that was put back must not silence anything until it catches up. */
function notInFuture(incident: Incident, at: number): Incident {
  const { since, toldAt, clearSince } = incident;
  return {
    ...incident,
    since: Math.min(since, at),
    toldAt: Math.min(toldAt, at),
    ...(clearSince === undefined ? {} : { clearSince: Math.min(clearSince, at) }),
    fired: incident.fired.filter((time) => time <= at && at - time < FLAP_WITHIN),
  };
}

type Next = readonly [Incident | undefined, Notice["kind"] | undefined];

function whileBroken(key: string, before: Incident | undefined, breach: Breach, at: number, timing: Timing): Next {
  if (before?.phase === "firing") {
    const worse = isWorse(breach.severity, before.breach.severity);
    // As bad as it ever was: a severity that goes up and down is told once.
    const severity = worse ? breach.severity : before.breach.severity;
    const { clearSince: _, ...firing } = { ...before, breach: { ...breach, severity } };
    if (worse) return [{ ...firing, toldAt: at }, "worse"];
    if (at - before.toldAt >= timing.repeat(severity) * 1000) return [{ ...firing, toldAt: at }, "repeat"];
    return [firing, undefined];
  }
  const measured = Date.parse(breach.since ?? "");
  const seen = before?.phase === "pending" ? before.since : at;
  const since = Number.isNaN(measured) ? seen : Math.min(seen, measured);
  const fired = before?.fired ?? [];
  const pending: Incident = { key, breach, phase: "pending", since, fired, isFlapping: false, toldAt: 0 };
  if (at - since < timing.wait(breach.rule) * 1000) return [pending, undefined];
  const isFlapping = fired.length + 1 >= FLAP_TIMES;
  return [
    { ...pending, phase: "firing", fired: [...fired, at], isFlapping, toldAt: at },
    isFlapping ? "flapping" : "firing",
  ];
}

function onceWell(before: Incident, at: number): Next {
  const { clearSince, ...rest } = before;
  if (before.phase === "firing") {
    const clear = clearSince ?? at;
    if (before.isFlapping && at - clear < FLAP_CALM) return [{ ...before, clearSince: clear }, undefined];
    return [calm({ ...rest, isFlapping: false }), "resolved"];
  }
  return [calm(rest), undefined];
}

/** What fired of late is remembered, to notice when it comes and goes. */
const calm = (incident: Incident): Incident | undefined =>
  incident.fired.length > 0 ? { ...incident, phase: "calm" } : undefined;
