import { spawnSync } from "node:child_process";
import { hostname, userInfo } from "node:os";
import type { Who } from "../../evidence/record";

/** Who runs this, as the machine and the environment say: a claim that helps to find a person, not a proof. */
export function whoRuns(env: NodeJS.ProcessEnv = process.env): Who {
  const { SUDO_USER: sudo, DR_OPERATOR: operator } = env;
  const actor = env.GITHUB_ACTOR ?? env.GITLAB_USER_LOGIN ?? env.BUILD_REQUESTEDFOR;
  const run = env.GITHUB_RUN_ID
    ? `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`
    : (env.CI_JOB_URL ?? env.BUILD_URL);
  return {
    ...{ user: userName(), host: hostname() },
    ...(sudo ? { sudo } : {}),
    ...(operator ? { operator } : {}),
    ...(actor ? { actor } : {}),
    ...(run ? { run } : {}),
  };
}

/** The person if one is named, else the account. */
export const nameOf = ({ operator, actor, sudo, user, host }: Who) => `${operator ?? actor ?? sudo ?? user}@${host}`;

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`; // a container's user often has no name
  }
}

/** Revision of the project's files, with `-dirty` if they differ from it; undefined where git does not answer. */
export function revisionOf(folder: string): string | undefined {
  const words = ["-C", folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"];
  const { status, stdout } = spawnSync("git", words, { encoding: "utf8", timeout: 2_000 });
  return status === 0 ? stdout.trim() : undefined;
}
