import { spawn } from "node:child_process";
import { bundlePath } from "../../engines/bundle";
import type { Acknowledged, ClientTask } from "./client";

/** A running outside client, and what it has had acknowledged so far. */
export interface Outside {
  readonly acknowledged: readonly Acknowledged[];
  /** The first acknowledged write that meets a condition; throws after `withinMs`. */
  readonly first: (condition: (write: Acknowledged) => boolean, withinMs: number) => Promise<Acknowledged>;
  /** Ends the client after its current write. */
  readonly stop: () => Promise<void>;
}

/** Starts the outside client as a process of its own. */
export function startOutside(task: ClientTask): Outside {
  const child = spawn(process.execPath, [bundlePath("cli/drill/client.ts")], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const acknowledged: Acknowledged[] = [];
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  child.on("message", (write: Acknowledged) => acknowledged.push(write));
  child.send(task);

  return {
    acknowledged,
    async first(condition, withinMs) {
      for (const end = Date.now() + withinMs; Date.now() < end; await new Promise((r) => setTimeout(r, 5))) {
        const found = acknowledged.find(condition);
        if (found) return found;
        if (child.exitCode !== null) break;
      }
      throw new Error(`the outside client had no write acknowledged within ${withinMs / 1000} s`);
    },
    async stop() {
      if (child.connected) child.send("stop");
      await ended;
    },
  };
}
