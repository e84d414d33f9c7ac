import { RedisSource } from "../sources/redis";
import type { Work } from "./queue";
import { sourceOf, type Setup } from "./setup";

/** Whether the site says who fills this cache again. */
export const warms = ({ config }: Pick<Setup, "config">, name: string): boolean =>
  config.sources.find((one) => one.name === name)?.warm !== undefined;

/** Asks the service that the plan names to fill a cache again. */
export async function warm(setup: Setup, name: string, work: Work): Promise<void> {
  const { source } = sourceOf(setup, name);
  if (!(source instanceof RedisSource) || !warms(setup, name))
    throw new Error(`the plan does not say how ${name} is warmed up (data.${name}.warm)`);
  work.onProgress({ bytes: 0, phase: "warm" });
  await source.warmUp();
  setup.log.info("cache-warmed", { source: name });
}
