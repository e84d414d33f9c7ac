import type { Log } from "../log";
import type { Redactor } from "../redaction";
import { sendHttp, type Send } from "./http";
import { needAddress, type ReadSecret } from "./secrets";

/** Name of the secret that holds the address of a dead man's switch, such as healthchecks.io. Unset: no ping. */
export const HEARTBEAT = "DR_HEARTBEAT_URL";

export interface HeartbeatDeps {
  readonly secret: ReadSecret;
  readonly redactor: Redactor;
  readonly log: Log;
  readonly everySeconds: number;
  /** Asked before each ping: it is left out while the agent is not well, and whoever waits for it raises the alarm. */
  readonly isHealthy: () => boolean | Promise<boolean>;
  readonly send?: Send;
}

/** Tells an outside watcher at an interval that the agent is alive and well. Undefined if nobody asked for it. */
export function startHeartbeat(
  deps: HeartbeatDeps,
): { readonly beat: () => Promise<void>; readonly stop: () => void } | undefined {
  const { secret, redactor, log, everySeconds, isHealthy, send = sendHttp() } = deps;
  if (!secret(HEARTBEAT)?.trim()) return undefined;
  const beat = async () => {
    try {
      redactor.hide(secret(HEARTBEAT));
      if (!(await isHealthy())) return log.warn("no sign of life is sent: the agent is not well");
      await send({ method: "GET", url: needAddress(secret, HEARTBEAT), headers: {}, body: "" });
    } catch (error) {
      log.warn("a sign of life did not arrive", { reason: redactor.text((error as Error).message) });
    }
  };
  const timer = setInterval(() => void beat(), everySeconds * 1000);
  timer.unref();
  return { beat, stop: () => clearInterval(timer) };
}
