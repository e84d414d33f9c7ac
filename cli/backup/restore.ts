import { nameOfTarget } from "../../agent/api/restore";
import { confirmByTyping } from "../confirm";
import { recorded } from "../evidence/recorded";
import { projectHere, UsageError } from "../project";
import { carryOut, JobFailed } from "./carry-out";
import { chooseBackup } from "./choose";
import type { RestoreOrder } from "./client";
import { withAgent, type CommonOptions } from "./command";
import { afterRestore, describeRestore } from "./describe";
import { targetOf } from "./target";
import { zonedTime } from "./words";

export interface RestoreOptions extends CommonOptions {
  readonly source?: string;
  readonly to?: string;
  readonly inPlace?: boolean;
  readonly time?: string;
  readonly drop?: boolean;
  readonly yes?: boolean;
  readonly evenIfNotProven?: boolean;
}

/** `pulumi-dr restore`: nothing is done before the target's name was typed, or `--yes` said. */
export function restore(id: string, options: RestoreOptions): Promise<void> {
  const { source, to, inPlace, drop = false, evenIfNotProven = false, yes } = options;
  if ((to === undefined) === !inPlace)
    throw new UsageError("say where to: --to <target>, or --in-place for the source itself; one of the two");
  const time = options.time === undefined ? undefined : zonedTime("--time", options.time, new Date());
  return withAgent(options, async ({ client, ...at }, progress) => {
    const { backups } = await client.history(source === undefined ? {} : { source });
    const chosen = chooseBackup(backups, { id, source, time });
    if (chosen.state === "failed" && !evenIfNotProven)
      throw new UsageError(
        `${chosen.id} could not be proven: ${chosen.verdict?.reasons.join("; ")}. Name another backup; if there is none, --even-if-not-proven restores what is in it`,
      );
    const target = targetOf(chosen, to, process.env);
    const name = nameOfTarget(chosen.source, target);
    const consequence = describeRestore({ backups, chosen, target, time, drop, now: new Date() }).join("\n");
    if (yes) progress.say(consequence);
    else await confirmByTyping(name, consequence);

    const order: RestoreOrder = {
      ...{ backupId: chosen.id, confirm: name, drop },
      ...(target === undefined ? {} : { target }),
      ...(time === undefined ? {} : { time }),
      ...(evenIfNotProven ? { evenIfNotProven } : {}),
    };
    const outcome = { backup: chosen, target: name, inPlace: target === undefined, time: time ?? null };
    const what = {
      ...{ command: "restore", asked: { backup: chosen.id, target: name, time, drop } },
      confirmed: { word: yes ? "--yes" : name, shown: consequence },
    };
    const work = () =>
      carryOut({ client, ...at }, progress, `restore ${chosen.id} into ${name}`, () => client.restore(order));
    const project = projectHere();
    if (!project) progress.say("no evidence is written: this folder is no project");
    try {
      const { head } = project
        ? await recorded({ project, progress }, what, work)
        : { head: await work().then(() => null) };
      progress.say(`ok: ${afterRestore(chosen, name, time).join("\n")}`);
      return { ok: true, ...outcome, failure: null, evidence: head };
    } catch (error) {
      if (!(error instanceof JobFailed)) throw error;
      progress.say(`NOT OK: ${error.message}`);
      return { ok: false, ...outcome, failure: error.message };
    }
  });
}
