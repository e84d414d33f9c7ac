import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import * as path from "node:path";
import { claims } from "../oracle/tools";
import type { RepositoryName, System } from "../system";
import type { Said } from "../watch";
import { REPOSITORIES } from "../system";
import { SOURCES } from "../plan";
import type { Fault, FaultContext, Injected } from "./fault";
import { cut, flip, hurt, pgbackrestTarget, resticTarget, type Target } from "./target";

/** Whether it is about a repository, and about more than a process that was killed or a server that was down. */
export const aboutRepository =
  (repository: RepositoryName, words: RegExp) =>
  ({ text }: Said) =>
    new RegExp(`repository[": ]+${repository}\\b|\\b${repository}: |"source":"${repository}"`).test(text) &&
    words.test(text) &&
    !/SIGKILL|ECONNREFUSED|shutting down|starting up/.test(text);

const DAMAGE =
  /damaged|invalid|checksum|ciphertext|hash|corrupt|unexpected|does not match|could not load|missing|contains errors|not in|size/i;

/** What proves that a repository is well again: every source in it. */
export const everythingIn = (repository: RepositoryName): Injected["proof"] =>
  SOURCES.filter((source) => source !== "postgres.dump").map((source) => ({ source, repository }));

/** Takes one repository for the time of a fault; nobody judges by it meanwhile. */
export async function onRepository(
  { holds, random }: FaultContext,
  inject: (repository: RepositoryName) => Promise<Injected | undefined>,
): Promise<Injected | undefined> {
  const repository = random.pick(REPOSITORIES);
  const release = await holds.hold(repository);
  const done = () => {
    holds.noteHurt(repository);
    release();
  };
  try {
    const injected = await inject(repository);
    if (!injected) done();
    return injected && { ...injected, heal: () => injected.heal().finally(done) };
  } catch (error) {
    done();
    throw error;
  }
}

type Choose = (
  system: System,
  repository: RepositoryName,
  random: FaultContext["random"],
) => Promise<Target | undefined>;

const damage = (name: string, choose: Choose, how: typeof cut): Fault => ({
  name,
  lane: "repository",
  inject: (context) =>
    onRepository(context, async (repository) => {
      const target = await choose(context.system, repository, context.random);
      if (!target) return undefined;
      const putBack = hurt(target, how(target, context.random));
      return {
        what: `${target.what} in ${repository}: ${target.file}`,
        tells: aboutRepository(repository, DAMAGE),
        mustTell: true,
        async isMoot() {
          if (!existsSync(target.file)) return true;
          if (target.backup === undefined) return false;
          return !(await claims(context.system, repository)).some(({ id }) => id === target.backup);
        },
        // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is to be a rejection
        heal: async () => putBack(),
        proof: everythingIn(repository),
      };
    }),
});

export const cutRestic = damage("cut-restic", resticTarget, cut);
export const flipRestic = damage("flip-restic", resticTarget, flip);
export const cutPgbackrest = damage("cut-pgbackrest", pgbackrestTarget, cut);
export const flipPgbackrest = damage("flip-pgbackrest", pgbackrestTarget, flip);

/** A segment of WAL is gone from one archive, from among those that kept backups need to reach the present. */
export const removeWal: Fault = {
  name: "remove-wal",
  lane: "repository",
  inject: (context) =>
    onRepository(context, async (repository) => {
      const { system, random } = context;
      const claim = (await claims(system, repository)).find(
        ({ source, isVerified }) => source === "postgres" && isVerified,
      );
      const folder = path.join(system.bucket[repository], "pgbackrest/archive", system.postgres.stanza);
      if (!claim || !existsSync(folder)) return undefined;
      const first = String(claim.details["walStop"]);
      const segments = (readdirSync(folder, { recursive: true }) as string[])
        .filter((name) => /\/[0-9A-F]{24}-[0-9a-f]{40}/.test(name) && path.basename(name) > first)
        .sort((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1));
      // The newest may be on its way, and what is behind it is no gap.
      if (segments.length < 3) return undefined;
      const segment = random.pick(segments.slice(0, -2));
      const kept = path.join(system.workspace.folder, "kept");
      mkdirSync(kept, { recursive: true });
      const [there, here] = [path.join(folder, segment), path.join(kept, path.basename(segment))];
      renameAcross(there, here);
      return {
        what: `${path.basename(segment).slice(0, 24)} in ${repository}`,
        tells: ({ text }) => text.includes(path.basename(segment).slice(0, 24)) || /walGap|WAL is missing/.test(text),
        mustTell: true,
        async isMoot() {
          const oldest = (await claims(system, repository)).find(({ source }) => source === "postgres");
          return oldest !== undefined && String(oldest.details["walStart"]) > path.basename(segment).slice(0, 24);
        },
        heal() {
          // Its folder goes with the last backup that needs it; then it is not missed.
          if (existsSync(path.dirname(there))) renameAcross(here, there);
          return Promise.resolve();
        },
        proof: [{ source: "postgres", repository }],
      };
    }),
};

/** Moves a file, also to another disk. */
function renameAcross(from: string, to: string): void {
  const { mode, uid, gid } = statSync(from);
  copyFileSync(from, to);
  chmodSync(to, mode);
  if (process.getuid!() === 0) chownSync(to, uid, gid);
  rmSync(from);
}

/** A bucket is away, as a share that was unmounted, and comes back. */
export const bucketAway: Fault = {
  name: "bucket-away",
  lane: "repository",
  inject: (context) =>
    onRepository(context, (repository) => {
      const { system, holds, journal } = context;
      // An `up` would make the bucket anew, as it should.
      const release = holds.tryHold("up");
      if (!release) return Promise.resolve(undefined);
      const bucket = system.bucket[repository];
      const away = `${bucket}.away`;
      renameSync(bucket, away);
      return Promise.resolve({
        what: repository,
        tells: aboutRepository(
          repository,
          /not there|missing|gone|lost|ENOENT|no such file|cannot be used|there is none/i,
        ),
        lasts: 40,
        heal() {
          if (existsSync(bucket)) {
            journal.tell("bucket-made-anew", { repository, holds: readdirSync(bucket) });
            renameSync(bucket, `${bucket}.anew-${Date.now()}`);
          }
          renameSync(away, bucket);
          release();
          return Promise.resolve();
        },
        proof: everythingIn(repository),
      });
    }),
};
