import { readdirSync } from "node:fs";
import * as path from "node:path";
import { processesOf } from "../../cli/drill/lose-site";
import { descendants } from "../../engines/process";
import type { Finished, Workspace } from "../helpers/workspace";
import type { ChaosJournal } from "./journal";

/** What a command said, and when. */
export interface Said extends Finished {
  readonly typed: string;
  readonly beganMs: number;
  readonly endedMs: number;
}

/** A command that runs. */
export interface Typed {
  readonly said: Promise<Said>;
  /** Kills it as the machine that it runs on dies: it and all that it started, and nothing that belongs to a site. */
  readonly kill: () => void;
}

/** Somebody who types commands of the documentation. */
export interface Operator {
  readonly type: (program: "pulumi" | "pulumi-dr", ...args: string[]) => Typed;
  readonly run: (program: "pulumi" | "pulumi-dr", ...args: string[]) => Promise<Said>;
  readonly up: (stack: string, ...args: string[]) => Promise<Said>;
  /** Stacks whose lock a command left that did not come to its end. */
  readonly locked: () => readonly string[];
}

const LONGEST_MS = 240_000;
const SHOWN = 4_000;

export function makeOperator({ start, folder, location }: Workspace, journal: ChaosJournal): Operator {
  const type: Operator["type"] = (program, ...args) => {
    const beganMs = Date.now();
    const running = start(program, ...args);
    const typed = [program, ...args].join(" ");
    const kill = () => {
      const sites = new Set(processesOf(location));
      for (const pid of [running.pid, ...descendants(running.pid)].filter((one) => !sites.has(one))) end(pid);
    };
    const timer = setTimeout(() => {
      journal.violate("stuck", `${typed} had not ended after ${LONGEST_MS / 1000} s`);
      kill();
    }, LONGEST_MS);
    const said = running.ended.then((finished) => {
      clearTimeout(timer);
      const endedMs = Date.now();
      const output = finished.output.slice(-SHOWN);
      journal.note("command", { typed, code: finished.code, seconds: (endedMs - beganMs) / 1000, output });
      return { ...finished, typed, beganMs, endedMs };
    });
    return { said, kill };
  };
  const run: Operator["run"] = (program, ...args) => type(program, ...args).said;
  return {
    ...{ type, run },
    up: (stack, ...args) => run("pulumi", "up", "--stack", stack, "--yes", "--skip-preview", ...args),
    locked() {
      try {
        const found = readdirSync(path.join(folder, ".dr/state/.pulumi/locks"), { recursive: true }) as string[];
        return [...new Set(found.filter((name) => name.endsWith(".json")).map((name) => name.split(path.sep).at(-2)!))];
      } catch {
        return []; // nothing was ever locked
      }
    },
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ended meanwhile
  }
}
