import { DENIED } from "./refusal";

const RETRY = /^(?:Save|Load|Remove|Stat|Test|List)\(.*\) returned error, retrying after/;
/** What is short or wrong in itself, and not a connection that broke. */
const SHORT =
  /unexpected EOF|EOF$|invalid range|InvalidRange|range is not satisfiable|does not exist|no such file|NoSuchKey|key does not exist/i;
const ENOUGH = 3;

/**
 * Tells when it makes no sense to let restic try again: it would, ten times, for a minute and more, what a store refuses
 * outright or what is not whole. What may be a connection's fault is left to it.
 */
export function futility(): (line: string) => boolean {
  const tries = new Map<string, number>();
  return (line) => {
    if (!RETRY.test(line)) return false;
    if (DENIED.test(line)) return true;
    if (!SHORT.test(line)) return false;
    const what = line.slice(0, line.indexOf(" returned error"));
    const count = (tries.get(what) ?? 0) + 1;
    tries.set(what, count);
    return count >= ENOUGH;
  };
}

/** Whether restic says that the store refuses to delete a lock. */
export const isLockThatStays = (line: string) => /^Remove\(<lock\//.test(line) && DENIED.test(line);
