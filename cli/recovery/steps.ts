import { DNS_STACK } from "../project";
import type { PulumiCommand } from "../pulumi";

/** One thing that a recovery does: a `pulumi` command, or the hand-over of demotion tokens between two of them. */
export type RecoveryStep =
  | { readonly name: string; readonly command: PulumiCommand }
  | { readonly name: string; readonly tokens: { readonly from: string; readonly to: string } };

const up = (stack: string, ...values: string[]): PulumiCommand => ({
  verb: "up",
  stack,
  args: values.flatMap((value) => ["--config", value]),
});

/** Whose word it is that a site is lost: a person's, or the watch's, which counts only with a proven fence. */
export const IS_LOST = "dr:siteIsLost";
export const SEEMS_LOST = "dr:siteSeemsLost";

/** How it is known that a site is lost, and what the other one is recovered from. */
export interface Loss {
  /** When the watch found it lost.  @default - a person says so */
  readonly foundAt?: Date | undefined;
  /** What a person says that it is recovered from.  @default - its replica; without one, all that was archived */
  readonly recoverFrom?: string | undefined;
}

/** The site is gone: promote the other one, then move the name. What had not arrived is lost. */
export const lostSite = (lost: string, to: string, { foundAt, recoverFrom }: Loss = {}): readonly RecoveryStep[] => [
  {
    name: `promote ${to}`,
    command: up(
      to,
      "dr:activation=active",
      foundAt ? `${SEEMS_LOST}=${lost}@${foundAt.toISOString()}` : `${IS_LOST}=${lost}`,
      ...(recoverFrom === undefined ? [] : [`dr:recoverFrom=${recoverFrom}`]),
    ),
  },
  { name: `point the name to ${to}`, command: up(DNS_STACK, `dr:liveSite=${to}`) },
];

/** Both sites live: the active one goes on standby first, so that nothing is lost. */
export const plannedSwitch = (from: string, to: string): readonly RecoveryStep[] => [
  { name: `put ${from} on standby`, command: up(from, "dr:activation=standby") },
  { name: `hand ${from}'s demotion tokens to ${to}`, tokens: { from, to } },
  { name: `promote ${to}`, command: up(to, "dr:activation=active") },
  { name: `point the name to ${to}`, command: up(DNS_STACK, `dr:liveSite=${to}`) },
];

/**
 * The lost site is back: it becomes a replica of the live one, and there are two copies again.
 * @param words The keys that were said of a loss in the live site's stack, and in that of the one that returns: it may have
 * taken over from the live one before it was lost itself.
 */
export const returnOfSite = (
  returned: string,
  live: string,
  words: { readonly atLive: readonly string[]; readonly atReturned: readonly string[] } = {
    atLive: [IS_LOST],
    atReturned: [],
  },
): readonly RecoveryStep[] => [
  ...forget(live, words.atLive, `${returned} is lost no longer`),
  ...forget(returned, words.atReturned, `${live} is lost no longer, for ${returned}`),
  {
    name: `${returned} shall be on standby`,
    command: { verb: "config", stack: returned, args: ["set", "dr:activation", "standby"] },
  },
  { name: `expect ${returned} at ${live}`, command: up(live) },
  { name: `make ${returned} a replica of ${live}`, command: up(returned) },
];

const forget = (stack: string, words: readonly string[], name: string) =>
  words.map((word): RecoveryStep => ({ name, command: { verb: "config", stack, args: ["rm", word] } }));
