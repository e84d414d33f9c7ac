import type { Measurement, RuleName, Seen } from "../alerts/rules";
import { evaluateRules, sizeChange, successShare, type Facts, type Finding } from "../proof/rules";
import type { Rules } from "../proof/facts";

/** Rules that go by what repositories hold. What one of them holds that cannot be read, nobody knows. */
const BY_CONTENT = ["backupSize", "backupSizeChange", "verifyFailed", "oneCopyOnly"] as const;
/** Rules about work that a site which is not live has not to do. */
const OF_WRITER: readonly string[] = ["backupAge", "backupFailed", "backupSuccess", "oneCopyOnly", "walGap"];

/**
 * Which rules about backups are broken, and what cannot be told. A repository that cannot be read is a fault of its own
 * (`oneCopyOnly`); what it holds counts as not there for `backupAge`, because nobody could restore it, and makes well
 * unknown for the rest. A site that is not live raises nothing about backups which are not its to take.
 */
export function backupsSeen(facts: Facts, rules: Rules, isLive: boolean, now: Date): Seen {
  const findings = evaluateRules(facts, rules, now);
  const isBroken = (rule: string, source: string) =>
    findings.some((finding) => finding.rule === rule && finding.source === source);
  const unknown = facts.sources.flatMap(({ source, repositories, certificates }) => {
    const held = Object.values(repositories);
    const unread: readonly RuleName[] = held.some((known) => known === undefined) ? BY_CONTENT : [];
    const age: readonly RuleName[] = held.length > 0 && held.every((known) => known === undefined) ? ["backupAge"] : [];
    const ends: readonly RuleName[] = certificates === undefined ? ["certificateExpiry"] : [];
    return [...unread, ...age, ...ends].map((rule) => ({ rule, source }));
  });
  const noSpace = facts.repositories.flatMap(({ name, freeBytes }) =>
    freeBytes === undefined ? [{ rule: "backupSpace", source: name }] : [],
  );
  const isOurs = ({ rule }: { readonly rule: string }) => isLive || !OF_WRITER.includes(rule);
  const isUntold = ({ rule, source }: Finding) => unknown.some((one) => one.rule === rule && one.source === source);
  return {
    // The age of what nobody could read is not known; a broken rule about what was read stays broken.
    breaches: findings.filter(isOurs).filter((finding) => finding.rule !== "backupAge" || !isUntold(finding)),
    unknown: [...unknown, ...noSpace]
      .filter(isOurs)
      .filter(({ rule, source }) => rule === "backupAge" || !isBroken(rule, source)),
  };
}

/** The same rules as numbers, for metrics; what is well is told too. */
export function backupsMeasured(facts: Facts, rules: Rules, now: Date): Measurement[] {
  const all = Object.fromEntries(Object.entries(rules).map(([rule, of]) => [rule, { ...of, enabled: true }])) as Rules;
  const { breaches, unknown } = backupsSeen(facts, all, true, now);
  const told = (rule: RuleName, source: string): Measurement[] => {
    const is = (one: { readonly rule: string; readonly source: string }) => one.rule === rule && one.source === source;
    return unknown.some(is) ? [] : [{ rule, source, value: breaches.some(is) }];
  };
  return [
    ...facts.sources.flatMap((one): Measurement[] => {
      const { source, certificates = [] } = one;
      return [
        ...(["backupFailed", "verifyFailed", "oneCopyOnly"] as const).flatMap((rule) => told(rule, source)),
        { rule: "backupSuccess", source, value: successShare(one.attempts, now) },
        { rule: "backupSizeChange", source, value: sizeChange(one)?.percent },
        ...certificates.map((one): Measurement => ({
          ...{ rule: "certificateExpiry", source: one.path },
          value: "fault" in one ? undefined : (Date.parse(one.validTo) - now.getTime()) / 1000,
        })),
      ];
    }),
    ...facts.repositories.map(({ name, freeBytes }): Measurement => ({
      ...{ rule: "backupSpace", source: name, value: freeBytes },
    })),
  ];
}
