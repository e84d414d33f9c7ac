import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { bareEnvironment, owner } from "../../engines/run";
import { serverUser } from "../../engines/user";
import { faultOf, RepositoryError } from "./refusal";
import { inSlowMotion } from "./slow-motion";
import { futility, isLockThatStays } from "./retries";

/** How restic reaches one repository. */
export interface ResticPlace {
  readonly name: string;
  readonly url: string;
  /** Holds the password: it never is an argument. */
  readonly passwordFile: string;
  readonly cacheFolder: string;
  /** Credentials of a store, as restic reads them, read at each use: one that was changed is found.  @default - none */
  readonly environment?: () => Readonly<Record<string, string>>;
  /** Certificates (PEM) that the store is trusted by.  @default - the system's */
  readonly caFile?: string;
  /** How long to wait for another process that holds the repository.  @default 15 minutes */
  readonly lockWaitMs?: number;
}

/** A running restic. */
export interface Restic {
  readonly child: ChildProcess;
  /** Until it has ended well, with its warnings; rejects with what it said otherwise. */
  readonly done: Promise<string>;
}

/** What to do with what restic prints. */
export interface Listening {
  readonly onLine?: (line: string) => void;
  /** Whether a line says that all is done but for the lock: where a store refuses deletes, restic is not waited for longer. */
  readonly isLast?: (line: string) => boolean;
  /** Called if the store refuses to let go of a lock. */
  readonly onLockStays?: () => void;
  /** Whether a key is made: one that costs little at each use. */
  readonly makesKey?: boolean;
  /** Whether nobody wants what it prints: it does not go through this process then.  @default false */
  readonly isMute?: boolean;
}

/** Starts restic. The repository's address goes by the environment too, with the credentials. */
export function startRestic(place: ResticPlace, args: readonly string[], listening: Listening = {}): Restic {
  const { onLine, isLast, onLockStays, makesKey, isMute = false } = listening;
  const trusted = place.caFile === undefined ? [] : ["--cacert", place.caFile];
  // One that is stopped at times must not stay so for ever if this process is killed meanwhile.
  const bound = makesKey && process.platform === "linux" ? ["setpriv", "--pdeathsig", "KILL", "--"] : [];
  const [program, ...words] = [...bound, "restic", ...trusted, ...args] as [string, ...string[]];
  const child = spawn(program, words, {
    env: bareEnvironment({
      ...place.environment?.(),
      RESTIC_REPOSITORY: place.url,
      RESTIC_PASSWORD_FILE: place.passwordFile,
      RESTIC_CACHE_DIR: place.cacheFolder,
      RESTIC_PROGRESS_FPS: "2",
    }),
    stdio: ["pipe", isMute ? "ignore" : "pipe", "pipe"],
    ...owner(serverUser()),
  });
  if (makesKey) inSlowMotion(child);
  let stderr = "";
  let [isDone, lockStays] = [false, false];
  let futile: string | undefined;
  const endEarly = () => void (isDone && lockStays && child.kill("SIGKILL"));
  const judge = futility();
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-20_000)));
  createInterface({ input: child.stderr! }).on("line", (line) => {
    if (isLockThatStays(line)) {
      if (!lockStays) onLockStays?.();
      lockStays = true;
      // A command that does nothing else has nothing to wait for.
      if (isLast) endEarly();
      else child.kill("SIGKILL");
    } else if (judge(line)) {
      futile ??= line;
      child.kill("SIGKILL");
    }
  });
  if (onLine || isLast)
    createInterface({ input: child.stdout! }).on("line", (line) => {
      onLine?.(line);
      if (isLast?.(line)) isDone = true;
      endEarly();
    });
  const done = new Promise<string>((resolve, reject) => {
    child.on("error", (error) => reject(faultOf(place.name, `restic could not be started: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0 || (isDone && lockStays)) resolve(stderr);
      else if (signal && futile === undefined)
        reject(new RepositoryError(place.name, "killed", `restic was ended by ${signal}`));
      else reject(faultOf(place.name, futile ?? (stderr || `restic ended with exit code ${code}`)));
    });
  });
  done.catch(() => {}); // whoever awaits it sees it
  child.stdin!.on("error", () => {}); // restic says why it ended
  return { child, done };
}

/** Runs restic to its end and answers what it printed. */
export async function restic(place: ResticPlace, args: readonly string[], listening: Listening = {}): Promise<string> {
  const lines: string[] = [];
  const { child, done } = startRestic(place, args, { onLine: (line) => lines.push(line), ...listening });
  child.stdin!.end();
  await done;
  return lines.join("\n");
}
