import { holdServer } from "../servers";
import { lost, pause, planned, sitesNow } from "../stage";
import { ended, type Act } from "./act";

/** Switches that a person wants. Nothing may be lost by any of them. */
export const SWITCHES: readonly Act[] = [
  {
    name: "planned-switch",
    weight: 5,
    play: async (stage) => ended(await planned(stage)),
  },
  {
    name: "there-and-back",
    weight: 1,
    play: async (stage) => `${ended(await planned(stage))}, ${ended(await planned(stage))}`,
  },
  {
    name: "switch-while-replica-hangs",
    weight: 2,
    async play(stage, random) {
      const { other } = await sitesNow(stage);
      const switched = planned(stage);
      await pause(random.between(200, 4_000));
      const release = holdServer(stage.system, other);
      await pause(random.between(500, 3_000));
      release?.();
      return ended(await switched);
    },
  },
  {
    name: "kill-switch",
    weight: 3,
    async play({ operator }, random) {
      const typed = operator.type("pulumi-dr", "failover", "--yes", "--json");
      await pause(random.between(300, 9_000));
      typed.kill();
      return (await typed.said).code === 0 ? "was done before" : "cut off";
    },
  },
  {
    name: "failover-while-it-writes",
    weight: 3,
    async play(stage) {
      const { live } = await sitesNow(stage);
      return ended(await lost(stage, live));
    },
  },
  {
    name: "failback",
    weight: 2,
    play: async ({ operator }) => ended(await operator.run("pulumi-dr", "failback", "--yes", "--json")),
  },
];
