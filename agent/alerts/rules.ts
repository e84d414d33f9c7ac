import type { Plan } from "../../plan";

export type Rules = Plan["alerts"]["rules"];
export type RuleName = keyof Rules;
export type Severity = Rules[RuleName]["severity"];

/** Worst first. */
export const SEVERITY_ORDER: readonly Severity[] = ["P0", "P1", "P2", "P3", "P4"];

/**
 * What was found when someone looked. The unit is that of the rule's threshold: per cent, seconds or bytes. For a rule
 * without a threshold, true: it is as the rule says. Undefined: nobody could tell, which neither raises nor clears.
 */
export interface Measurement {
  readonly rule: RuleName;
  /** What it is about: a source, a service, a repository, a path. */
  readonly source: string;
  readonly value: number | boolean | undefined;
  /** Why, for a person. */
  readonly reason?: string;
  /** The most that is well, where the plan says it of the thing itself.  @default - as the rule says */
  readonly above?: number;
}

/** A rule that is broken now. The rules of the plan, and those of the agent about itself. */
export interface Breach {
  readonly rule: string;
  readonly source: string;
  readonly severity: Severity;
  readonly value?: number | boolean | undefined;
  readonly threshold?: number | undefined;
  /** ISO 8601: since when, as far as whoever measured knows. */
  readonly since?: string;
  /** Why, for a person. */
  readonly reason?: string;
}

/** Which rules are broken, and what nobody could tell. */
export interface Seen {
  readonly breaches: readonly Breach[];
  readonly unknown: readonly { readonly rule: string; readonly source: string }[];
}

/** Holds measurements against the plan's rules. A threshold itself is still good. */
export function evaluate(rules: Rules, measurements: readonly Measurement[]): Seen {
  const on = measurements.filter(({ rule }) => rules[rule].enabled);
  const isUnknown = ({ value }: Measurement) => value === undefined || Number.isNaN(value);
  return {
    unknown: on.filter(isUnknown).map(({ rule, source }) => ({ rule, source })),
    breaches: on.flatMap((measurement) => {
      if (isUnknown(measurement)) return [];
      const { rule, source, value, reason } = measurement;
      const { severity, ...thresholds } = rules[rule];
      const above = measurement.above ?? ("above" in thresholds ? thresholds.above : undefined);
      const below = "below" in thresholds ? thresholds.below : undefined;
      const broken =
        above !== undefined ? Number(value) > above : below !== undefined ? Number(value) < below : Boolean(value);
      const why = reason === undefined ? {} : { reason };
      return broken ? [{ rule, source, severity, value, threshold: above ?? below, ...why }] : [];
    }),
  };
}

const MINUTES = 60;
const HOURS = 3600;
const REPEAT: Readonly<Record<Severity, number>> = {
  P0: 15 * MINUTES,
  P1: HOURS,
  P2: 4 * HOURS,
  P3: 24 * HOURS,
  P4: 24 * HOURS,
};

/** After how many seconds people are told again of what still lasts: the time within which the plan wants someone to answer. */
export const repeatEvery = (severities: Plan["people"]["severities"], severity: Severity): number =>
  Math.max(MINUTES, severities[severity]?.respond ?? REPEAT[severity]);

/** How many seconds a rule must be broken before anyone is told. The agent's own rules do not wait. */
export const waitOf = (rules: Rules, rule: string): number =>
  Object.hasOwn(rules, rule) ? rules[rule as RuleName].after : 0;

/** Who is told. A rule that names its channels is told there; any other wherever its severity is taken. */
export function channelsFor(alerts: Plan["alerts"], { rule, severity, source }: Breach): readonly string[] {
  const all = Object.keys(alerts.channels);
  if (rule === CHANNEL_FAILING) return all.filter((name) => name !== source);
  const named = Object.hasOwn(alerts.rules, rule) ? alerts.rules[rule as RuleName].channels : [];
  if (named.length > 0) return named;
  const isSevere = severity === "P0" || severity === "P1";
  return all.filter((name) => isSevere || !alerts.severe.includes(name));
}

/** The agent's own rule: a channel does not deliver. Its source is the channel. */
export const CHANNEL_FAILING = "channelFailing";
