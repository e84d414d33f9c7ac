import type { Rotated } from "../../agent/repository/rotation";
import { keyFile } from "../../engines/keys";
import { confirmByTyping } from "../confirm";
import { recorded } from "../evidence/recorded";
import { startProgress } from "../progress";
import { readProject, UsageError } from "../project";
import { describeKeyAge, judgeKeyAge } from "./key-age";
import { localAgent } from "./site";

export interface RotateOptions {
  readonly site?: string;
  readonly status?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `pulumi-dr rotate-keys`: exits 0 only if the new keys open every repository and the old ones open none. */
export async function rotateKeysCommand({ site: asked, status, yes, json }: RotateOptions): Promise<void> {
  const project = readProject();
  const { plan } = project;
  const { site, config } = await localAgent(asked);
  const [{ keyAge }, { rotateKeys }, { inheritedIn }] = await Promise.all([
    ...([import("../../agent/repository/key-age"), import("../../agent/repository/rotation")] as const),
    import("../../agent/repository/stores"),
  ]);
  const ageNow = () => {
    const age = keyAge(config.keysFolder);
    if (age) return judgeKeyAge(age, plan.storage.keyRotation);
    throw new UsageError(`there are no keys in ${config.keysFolder} yet: they are made with the first backup`);
  };
  const progress = startProgress(json ? process.stderr : process.stdout);
  const print = (outcome: object) => {
    if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  };

  const before = ageNow();
  progress.say(describeKeyAge(before));
  if (status) {
    print({ ok: !before.isDue, site, keys: before });
    if (before.isDue) process.exitCode = 1;
    return;
  }

  const files = ["restic", "repository"].map((name) => keyFile(config.keysFolder, name));
  const consequence = [
    `Every repository that ${plan.name} writes or reads at ${site} gets new keys, and the old ones are taken away:`,
    ...[...config.repositories, ...inheritedIn(config)].map(({ name, bucket }) => `  ${name.padEnd(12)} ${bucket}`),
    "  backups      all stay readable, with the new keys; a backup that runs is waited for",
    `  keys         ${files.join(", ")}: copies that you keep elsewhere are worthless then`,
  ].join("\n");
  if (yes) progress.say(consequence);
  else await confirmByTyping(plan.name, consequence);

  const what = {
    ...{ command: "rotate-keys", asked: { site }, confirmed: { word: yes ? "--yes" : plan.name, shown: consequence } },
    outcome: ({ refused }: Rotated) => (refused.length > 0 ? { result: "missed" as const } : {}),
  };
  const { value: rotated, head } = await recorded({ project, progress }, what, () =>
    rotateKeys(config, (line) => progress.say(`  ${line}`)),
  );
  progress.say(whatIsNext(rotated, files).join("\n"));
  const ok = rotated.refused.length === 0;
  print({ ok, site, ...rotated, keys: ageNow(), evidence: head });
  if (!ok) process.exitCode = 1;
}

/** What is done, and what is left to a person. */
export function whatIsNext({ repositories, refused, resumed }: Rotated, files: readonly string[]): readonly string[] {
  const done = `${resumed ? "an interrupted rotation was brought to its end: " : ""}the new keys open ${repositories.join(", ")}`;
  return [
    ...refused.map(({ repository, reason }) => `! ${repository} still opens with the old key: ${reason}`),
    refused.length === 0 ? `ok: ${done}; the old ones open nothing any more` : `NOT OK: ${done}`,
    "Next:",
    `  1. copy ${files.join(" and ")} to where you keep keys outside of both sites: without them nothing can be restored`,
    refused.length === 0
      ? "  2. destroy the copies of the old keys that you kept there"
      : "  2. whoever has the old keys can go on reading what is named above: keep them secret until its store has let go of it",
    "  3. see that all is well: npx pulumi-dr backup && npx pulumi-dr verify. Neither the agent nor a stack needs an `up`",
  ];
}
