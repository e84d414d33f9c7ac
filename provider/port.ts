import type { CheckFailure } from "@pulumi/pulumi/provider";
import { isFree } from "../engines/ports";

/** Why nothing new can listen here: something else does. Nothing if the port is free. */
export async function portFailures(
  address: string,
  port: number,
  portRegistry: string,
): Promise<readonly CheckFailure[]> {
  if (await isFree(port, address)) return [];
  const reason = `must be free; something else listens on ${address}:${port}. Stop it, or give another port in ${portRegistry}`;
  return [{ property: "port", reason }];
}
