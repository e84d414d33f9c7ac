import type { Said } from "../operator";
import { pause, sitesNow, type Stage } from "../stage";
import { ended, type Act } from "./act";

const both = async (all: readonly Promise<Said>[]) => (await Promise.all(all)).map(ended).join(", ");
const dr = ({ operator }: Stage, ...words: string[]) => operator.run("pulumi-dr", ...words, "--yes", "--json");

/** Two operators who know nothing of each other. Nothing may be lost by any of it. */
export const CROWDS: readonly Act[] = [
  {
    name: "two-ups",
    weight: 1,
    async play(stage) {
      const { live } = await sitesNow(stage);
      return both([stage.operator.up(live, "--refresh"), stage.operator.up(live)]);
    },
  },
  {
    name: "ups-of-both-sites",
    weight: 1,
    async play(stage) {
      const { live, other } = await sitesNow(stage);
      return both([stage.operator.up(live, "--refresh"), stage.operator.up(other, "--refresh")]);
    },
  },
  {
    name: "two-switches",
    weight: 2,
    async play(stage, random) {
      const first = dr(stage, "failover");
      await pause(random.between(0, 3_000));
      return both([first, dr(stage, "failover")]);
    },
  },
  {
    name: "failover-and-failback",
    weight: 2,
    async play(stage, random) {
      const words = random.shuffled(["failover", "failback"]);
      const first = dr(stage, words[0]!);
      await pause(random.between(0, 2_000));
      return both([first, dr(stage, words[1]!)]);
    },
  },
  {
    name: "activate-other-site",
    weight: 2,
    async play(stage) {
      const { live, other } = await sitesNow(stage);
      const [first, second] = await Promise.all([
        stage.operator.up(other, "--config", "dr:activation=active"),
        stage.operator.up(live, "--refresh"),
      ]);
      // What the refusal says: it shall be standby.
      await stage.operator.run("pulumi", "config", "set", "dr:activation", "standby", "--stack", other);
      return `${ended(first)}, ${ended(second)}`;
    },
  },
];
