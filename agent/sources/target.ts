import type { TargetRefusal } from "../contract";

/** Throws what is wrong with a restore's target, if anything is. A server is named without what may be its password. */
export function refuse(target: string, refusal: TargetRefusal | undefined): void {
  if (!refusal) return;
  const name = URL.canParse(target) ? new URL(target).host : target;
  throw new Error(`${name} ${refusal.rule}. ${refusal.way}`);
}
