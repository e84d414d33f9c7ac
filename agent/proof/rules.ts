import { stateOf, type Known } from "../contract";
import type { Attempt, Facts, Finding, Rules, SourceFacts } from "./facts";

export type { Attempt, Facts, Finding, RepositoryFacts, SourceFacts } from "./facts";

const WINDOW_MS = 30 * 86_400_000;
/** The usual size is the median of this many backups of the same type. */
const USUAL = 10;

/** Every rule about backups that does not hold, from plain facts. */
export function evaluateRules(facts: Facts, rules: Rules, now: Date): readonly Finding[] {
  const findings = [
    ...facts.sources.flatMap((source) => judge(source, rules, now)),
    ...facts.repositories.flatMap(({ name, freeBytes, fault }): Finding[] => {
      const space = rules.backupSpace;
      const low = freeBytes !== undefined && freeBytes < space.below;
      const found: Finding[] = low
        ? [
            {
              ...of("backupSpace", name, space),
              value: freeBytes,
              threshold: space.below,
              since: now.toISOString(),
              reason: `${name} has ${freeBytes} bytes free`,
            },
          ]
        : [];
      if (!fault) return found;
      return [
        ...found,
        {
          ...of("oneCopyOnly", name, rules.oneCopyOnly),
          value: 0,
          threshold: 1,
          since: fault.since,
          reason: `${name} cannot be used: ${fault.reason}`,
        },
      ];
    }),
  ];
  return findings.filter(({ rule }) => rule === "walGap" || rules[rule].enabled);
}

const of = <R extends Finding["rule"]>(
  rule: R,
  source: string,
  { severity }: { readonly severity: Finding["severity"] },
) => ({ rule, source, severity });

function judge(facts: SourceFacts, rules: Rules, now: Date): Finding[] {
  const { source } = facts;
  const all = byTime(Object.values(facts.repositories).flatMap((known) => known ?? []));
  const newest = all.at(-1);
  const findings: Finding[] = [];
  const report = (
    rule: Finding["rule"],
    { severity }: { readonly severity: Finding["severity"] },
    rest: Pick<Finding, "value" | "threshold" | "since" | "reason">,
  ) => findings.push({ rule, source, severity, ...rest });

  const failing = lastRun(facts.attempts);
  if (failing.length > 0)
    report("backupFailed", rules.backupFailed, {
      value: failing.length,
      threshold: 0,
      since: failing[0]!.at,
      reason: failing.at(-1)!.reason ?? "it failed",
    });

  // A clock that was wrong must not make an old backup fresh.
  const verified = all.filter(
    (known) => stateOf(known) === "verified" && Date.parse(known.backup.startedAt) <= now.getTime(),
  );
  const freshest = verified.at(-1)?.backup.startedAt ?? facts.since;
  const age = (now.getTime() - Date.parse(freshest)) / 1000;
  if (age > rules.backupAge.above)
    report("backupAge", rules.backupAge, {
      ...{
        value: age,
        threshold: rules.backupAge.above,
        since: new Date(Date.parse(freshest) + rules.backupAge.above * 1000).toISOString(),
      },
      reason: verified.length === 0 ? "no backup was ever verified" : `the newest verified backup began ${freshest}`,
    });

  if (newest) {
    const { bytes, endedAt, id } = newest.backup;
    const least = Math.max(facts.minSize, rules.backupSize.below);
    if (bytes.source < least)
      report("backupSize", rules.backupSize, {
        value: bytes.source,
        threshold: least,
        since: endedAt,
        reason: `${id} holds ${bytes.source} bytes`,
      });
    const change = sizeChange(facts);
    if (change && change.percent > rules.backupSizeChange.above)
      report("backupSizeChange", rules.backupSizeChange, {
        value: change.percent,
        threshold: rules.backupSizeChange.above,
        since: endedAt,
        reason: `${id} holds ${bytes.source} bytes, usually it is ${change.usual}`,
      });
    const verdict = newest.verdicts.at(-1);
    if (verdict && !verdict.verified)
      report("verifyFailed", rules.verifyFailed, {
        value: verdict.reasons.length,
        threshold: 0,
        since: verdict.at,
        reason: `${id}: ${verdict.reasons.join("; ")}`,
      });
  }

  const recent = recentOf(facts.attempts, now);
  const share = successShare(facts.attempts, now);
  if (share < rules.backupSuccess.below)
    report("backupSuccess", rules.backupSuccess, {
      value: share,
      threshold: rules.backupSuccess.below,
      since: recent.find(({ ok }) => !ok)!.at,
      reason: `${recent.filter(({ ok }) => !ok).length} of ${recent.length} failed in 30 days`,
    });

  const copies = Object.values(facts.repositories).filter((known) => known?.some((one) => stateOf(one) === "verified"));
  if (newest && Object.keys(facts.repositories).length > 1 && copies.length < 2)
    report("oneCopyOnly", rules.oneCopyOnly, {
      value: copies.length,
      threshold: 2,
      since: newest.backup.endedAt,
      reason: `verified backups are in ${copies.length} of ${Object.keys(facts.repositories).length} repositories`,
    });

  if (facts.walGap)
    report("walGap", rules.backupFailed, {
      value: facts.walGap.missing.length,
      threshold: 0,
      since: facts.walGap.since,
      reason: `WAL is missing from the archive: ${facts.walGap.missing.join(", ")}`,
    });

  // Where a certificate should be and none can be read, nobody knows when it ends: that is as bad as one that has ended.
  const ending = (facts.certificates ?? [])
    .map((one) => {
      if ("fault" in one) return { said: `${one.path} ${one.fault}`, left: 0, since: facts.since };
      const end = Date.parse(one.validTo);
      const since = new Date(end - rules.certificateExpiry.below * 1000).toISOString();
      return { said: `${one.path} is valid until ${one.validTo}`, left: (end - now.getTime()) / 1000, since };
    })
    .filter(({ left }) => left < rules.certificateExpiry.below)
    .sort((one, other) => one.left - other.left);
  if (ending[0])
    report("certificateExpiry", rules.certificateExpiry, {
      value: ending[0].left,
      threshold: rules.certificateExpiry.below,
      since: ending[0].since,
      reason: ending.map(({ said }) => said).join("; "),
    });
  return findings;
}

const recentOf = (attempts: readonly Attempt[], now: Date) =>
  attempts.filter(({ at }) => now.getTime() - Date.parse(at) <= WINDOW_MS);

/** Per cent of the last 30 days' tries at a backup that succeeded; 100 without any. */
export function successShare(attempts: readonly Attempt[], now: Date): number {
  const recent = recentOf(attempts, now);
  return recent.length === 0 ? 100 : (recent.filter(({ ok }) => ok).length / recent.length) * 100;
}

/** By how much the newest backup's size differs from the usual of its type; undefined if there is no usual one yet. */
export function sizeChange({
  repositories,
}: Pick<SourceFacts, "repositories">): { readonly percent: number; readonly usual: number } | undefined {
  const all = byTime(Object.values(repositories).flatMap((known) => known ?? []));
  const newest = all.at(-1);
  if (!newest) return undefined;
  const { bytes, type } = newest.backup;
  const before = all.slice(0, -1).filter((known) => known.backup.type === type && stateOf(known) !== "failed");
  const usual = median(before.slice(-USUAL).map(({ backup }) => backup.bytes.source));
  if (usual === undefined || usual === 0) return undefined;
  return { percent: (Math.abs(bytes.source - usual) / usual) * 100, usual };
}

/** Oldest first. */
function byTime(known: readonly Known[]): Known[] {
  return [...known].sort((a, b) => Date.parse(a.backup.startedAt) - Date.parse(b.backup.startedAt));
}

/** The failures since the last success. */
const lastRun = (attempts: readonly Attempt[]) => attempts.slice(attempts.findLastIndex(({ ok }) => ok) + 1);

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
