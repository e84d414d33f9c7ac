/**
 * Leaves a test out for want of something on this machine, and says so; in CI, where all of it is required, the test fails.
 *
 * @param where `in CI too` for what CI has not: somebody's account.  @default - not in CI
 */
export function skip(context: Mocha.Context, reason: string, where?: "in CI too"): never {
  if (process.env.CI === "true" && where === undefined) throw new Error(`CI must not skip: ${reason}`);
  console.log(`      SKIPPED: ${reason}`);
  return context.skip();
}
